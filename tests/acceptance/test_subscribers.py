"""Importing, exporting and erasing subscribers with the real command."""

import os
import signal
import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.publication_folder import COMMAND, PublicationFolder

EXPORTS = Path(__file__).parents[1] / "unit" / "audience" / "importer" / "exports"
LIST = ("--list", "sample")


def write_people(path: Path, number: int) -> None:
    rows = (f"reader{n}@mail{n % 50}.org,Reader {n},PT" for n in range(number))
    path.write_text("email,name,country\n" + "\n".join(rows) + "\n")


def counted(publication: PublicationFolder, table: str) -> int:
    with closing(sqlite3.connect(publication.folder / "var" / "newsletter.db")) as database:
        return int(database.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


@pytest.mark.slow
def test_a_killed_import_can_be_repeated(publication: PublicationFolder) -> None:
    publication.run_ok("lists")
    before = counted(publication, "consents")
    write_people(publication.folder / "many.csv", 30_000)
    arguments = [str(COMMAND), "subscribers", "import", "many.csv", *LIST]
    for number in range(3):
        process = subprocess.Popen(
            arguments,
            cwd=publication.folder,
            env=publication.environment(),
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        while counted(publication, "consents") <= before + number * 5_000 and process.poll() is None:
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert before < counted(publication, "consents") < before + 30_000
    done = publication.run_ok("subscribers", "import", "many.csv", *LIST, "--json").json
    assert done["rows"] == 30_000
    assert done["rejected"] == 0
    assert counted(publication, "consents") == before + 30_000
    assert counted(publication, "subscriptions") == counted(publication, "subscribers")
    again = publication.run_ok("subscribers", "import", "many.csv", *LIST, "--json").json
    assert again["known"] == 30_000
    assert counted(publication, "consents") == before + 30_000


def test_a_locked_database_is_a_one_line_error(publication: PublicationFolder) -> None:
    publication.run_ok("lists")
    write_people(publication.folder / "few.csv", 3)
    with closing(sqlite3.connect(publication.folder / "var" / "newsletter.db", isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        results = publication.run("subscribers", "import", "few.csv", *LIST)
        database.execute("ROLLBACK")
    assert results.code == 75
    (line,) = [line for line in results.err.splitlines() if line.startswith("newsletter:")]
    assert "another process is writing to it" in line
    publication.run_ok("subscribers", "import", "few.csv", *LIST)


def test_a_dry_run_reports_every_row_and_writes_nothing(publication: PublicationFolder) -> None:
    publication.run_ok("lists")
    before = counted(publication, "subscribers")
    results = publication.run_ok("subscribers", "import", str(EXPORTS / "buttondown.csv"), *LIST, "--dry-run")
    assert "an export of Buttondown" in results.err
    assert "left@mail.example.org: unsubscribed" in results.out
    assert "ann@mail.example.org" in results.out
    assert counted(publication, "subscribers") == before


def test_bad_rows_go_to_a_file_and_a_mapping_reads_any_table(publication: PublicationFolder) -> None:
    (publication.folder / "odd.csv").write_text(
        "Kontaktadresse;Ort\nann@mail.org;Köln\nnobody;Ulm\n", encoding="cp1252"
    )
    maps = ("--map", "Kontaktadresse=email", "--map", "ort=city")
    results = publication.run_ok("subscribers", "import", "odd.csv", *LIST, *maps)
    assert "1 row could not be read: var/imports/odd.rejected.csv has them" in results.err
    kept = (publication.folder / "var" / "imports" / "odd.rejected.csv").read_text()
    assert kept.splitlines()[1].startswith("nobody,Ulm,")
    assert publication.run_ok("subscribers", "show", "ann@mail.org", "--json").json["fields"] == {"city": "Köln"}
    assert publication.run("subscribers", "import", "odd.csv", *LIST, "--map", "Ort").code == 2


def test_a_list_moves_to_another_publication_with_all_that_is_known(
    publication: PublicationFolder, tmp_path: Path
) -> None:
    publication.run_ok("subscribers", "import", str(EXPORTS / "kit.csv"), *LIST)
    publication.run_ok("subscribers", "tag", "ann@mail.example.org", "Patron", "--remove", "Book club")
    publication.run_ok("subscribers", "erase", "left@mail.example.org", "--yes")
    publication.run_ok("subscribers", "export", *LIST, "--out", "list.jsonl")
    publication.run_ok("suppressions", "export", "--out", "suppressed.jsonl")
    text = (publication.folder / "list.jsonl").read_text()
    assert "left@mail.example.org" not in text
    other = PublicationFolder(tmp_path / "other")
    other.folder.mkdir()
    other.run_ok("init", ".")
    other.run_ok("lists")
    foreign = other.run("suppressions", "import", str(publication.folder / "suppressed.jsonl"))
    assert (foreign.code, "another key" in foreign.err) == (1, True)
    (other.folder / "var" / "secret.key").write_bytes((publication.folder / "var" / "secret.key").read_bytes())
    other.run_ok("subscribers", "import", str(publication.folder / "list.jsonl"), *LIST)
    ann = other.run_ok("subscribers", "show", "ann@mail.example.org", "--json").json
    assert ann["tags"] == ["Patron", "VIP"]
    assert [consent["origin"] for consent in ann["subscriptions"][0]["consents"]] == ["import kit.csv"]
    other.run_ok("subscribers", "export", *LIST, "--out", "list.jsonl")
    assert (other.folder / "list.jsonl").read_text() == text
    gone = other.run_ok("subscribers", "show", "left@mail.example.org", "--json").json
    assert gone["suppression"]["reason"] == "erased"
    assert other.run("subscribers", "add", "left@mail.example.org", *LIST).code == 1


def test_suppressions_come_from_any_list(publication: PublicationFolder) -> None:
    (publication.folder / "bare.txt").write_text("# from the old system\nann@mail.org\n\nbob@mail.org,\nnobody\n")
    results = publication.run_ok("suppressions", "import", "bare.txt", "--reason", "bounced")
    assert "2 addresses suppressed" in results.out
    assert "bare.txt:5" in results.err
    (publication.folder / "table.csv").write_text("EmailAddress,Reason\ncat@mail.org,COMPLAINT\nann@mail.org,BOUNCE\n")
    assert "1 address suppressed, 1 were already" in publication.run_ok("suppressions", "import", "table.csv").out
    listed = {
        item["address"] or item["hash"]: item["reason"]
        for item in publication.run_ok("suppressions", "list", "--json").json_lines
    }
    assert sorted(listed.values()) == ["bounced", "bounced", "complained"]


def test_fields_list_their_types_and_values(publication: PublicationFolder) -> None:
    settings = publication.folder / "newsletter.toml"
    settings.write_text(settings.read_text() + '\n[fields]\nborn = "date"\n')
    (publication.folder / "more.csv").write_text("email,born,age\nann@mail.org,1.2.1980,40\nbob@mail.org,never,7\n")
    results = publication.run_ok("subscribers", "import", "more.csv", *LIST)
    assert "born 'never' is not a date" in results.err
    result = {item["field"]: item for item in publication.run_ok("subscribers", "fields", *LIST, "--json").json_lines}
    assert (result["born"]["kind"], result["born"]["inferred"], result["born"]["known_of"]) == ("date", False, 1)
    assert (result["age"]["kind"], result["age"]["inferred"]) == ("number", True)
    shown = publication.run_ok("segments", "show", "born before 1990-01-01 and age >= 40", *LIST, "--json").json
    assert shown["inside"] == 1


def test_keys_rotate_and_a_backup_comes_back(publication: PublicationFolder) -> None:
    publication.run_ok("subscribers", "add", "ann@mail.org", *LIST)
    publication.run_ok("suppressions", "add", "gone@mail.org")
    publication.run_ok("keys", "rotate")
    assert "already" in publication.run_ok("suppressions", "add", "gone@mail.org").out
    saved = publication.run_ok("database", "backup", "--out", "copy.db")
    assert "complete and checked" in saved.out
    publication.run_ok("subscribers", "erase", "ann@mail.org", "--yes")
    for name in ("newsletter.db-wal", "newsletter.db-shm"):
        (publication.folder / "var" / name).unlink(missing_ok=True)
    (publication.folder / "copy.db").replace(publication.folder / "var" / "newsletter.db")
    assert publication.run_ok("subscribers", "show", "ann@mail.org", "--json").json["address"] == "ann@mail.org"
    assert "already" in publication.run_ok("suppressions", "add", "gone@mail.org").out
    assert "already up to date" in publication.run_ok("database", "upgrade").out


@pytest.mark.parametrize("cell", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"])
def test_an_export_runs_nothing_in_a_spreadsheet(publication: PublicationFolder, cell: str) -> None:
    (publication.folder / "evil.csv").write_text(f'email,first_name,note\nann@mail.org,"{cell}","{cell}"\n')
    publication.run_ok("subscribers", "import", "evil.csv", *LIST)
    out = publication.run_ok("subscribers", "export", *LIST).out
    (line,) = [line for line in out.splitlines() if "ann@mail.org" in line]
    assert f"'{cell.strip()}" in line
