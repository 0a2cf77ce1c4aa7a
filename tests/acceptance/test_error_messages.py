"""Errors are one line with the next step, and leave nothing half done."""

import os
import resource
import socket
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.acceptance.publication_folder import COMMAND, PublicationFolder

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("---\ntitle: Never closed\n\nWords.\n", 1, "front matter"),
        ("---\n- a\n- list\n---\nWords.\n", 2, "front matter"),
        ("---\ntitle: Empty\nstatus: ready\n---\n\n", 5, "no text"),
    ],
)
def test_an_error_in_an_issue_names_file_and_line(
    publication: PublicationFolder, text: str, line: int, says: str
) -> None:
    publication.write("issues/broken/index.md", text)
    outcome = publication.run("send", "broken", "--yes")
    assert outcome.code == 1
    assert says in outcome.err
    assert "issues/broken/index.md" in outcome.err
    assert f"issues/broken/index.md:{line}" in outcome.err
    assert not (publication.folder / "var" / "outbox" / "new").exists() or not publication.messages()


def test_a_broken_issue_does_not_stop_another(publication: PublicationFolder) -> None:
    publication.write("issues/broken/index.md", "---\ntitle: Never closed\nstatus: ready\ndate: 2026-11-01\n\nWords.\n")
    sent = publication.run_ok("send", "--json")
    assert sent.json["submitted"] == 25
    assert "issues/broken/index.md" in sent.err


def test_an_unknown_list_in_the_front_matter_is_named(publication: PublicationFolder) -> None:
    publication.write("issues/lost/index.md", "---\ntitle: Lost\nlist: sampel\nstatus: ready\n---\nWords.\n")
    outcome = publication.run("send", "lost")
    assert outcome.code == 1
    assert "issues/lost/index.md:3" in outcome.err
    assert "Did you mean 'sample'?" in outcome.err


def test_unknown_names_are_usage_errors(publication: PublicationFolder) -> None:
    assert publication.run("send", "--list", "sampel").code == 2
    assert publication.run("send", "no-such-issue").code == 2
    slip = publication.run("sned")
    assert (slip.code, "'send'" in slip.err) == (2, True)
    assert publication.run("send", cwd=publication.folder.parent).code == 2


def test_an_error_says_that_an_event_file_is_a_folder(publication: PublicationFolder) -> None:
    publication.write("came/bounces.jsonl", "{}")
    for arguments in (("events", "ingest", "came"), ("events", "ingest", "came/bounces.jsonl", "came")):
        refused = publication.run(*arguments)
        assert (refused.code, "came: this is a folder. Name the files in it" in refused.err) == (2, True)
    assert "there is no such file" in publication.run("events", "ingest", "gone").err
    publication.run_ok("send", "the-winter-almanac", "--yes")
    assert "--events came: this is a folder" in publication.run("resolve", "the-winter-almanac", "--events", "came").err
    assert publication.run_ok("events", "list", "--json").out == ""


def test_a_mailing_id_given_as_issue_is_explained(publication: PublicationFolder) -> None:
    none = publication.run("status", "1")
    assert (none.code, "There is no mailing 1" in none.err) == (2, True)
    publication.run_ok("send", "the-winter-almanac", "--yes")
    number = publication.run("status", "1")
    assert number.code == 2
    assert "status takes an issue, not a mailing's number. Mailing 1 is of 'the-winter-almanac'" in number.err
    assert "status the-winter-almanac" in number.err
    publication.write("issues/1.md", "---\ntitle: One\n---\nIt burns.\n")
    assert publication.run_ok("status", "1", "--json").json["issue"] == "1"


def test_a_very_large_number_is_an_unknown_mailing(publication: PublicationFolder) -> None:
    number = "9" * 30
    for arguments in (("status",), ("pause",), ("events", "show")):
        refused = publication.run(*arguments, number)
        assert (refused.code, f"no {'event' if 'show' in arguments else 'mailing'} {number}" in refused.err) == (
            2,
            True,
        )
    assert "there are no events to retry" in publication.run_ok("events", "retry", number).err


def test_an_unknown_setting_is_named_with_a_suggestion(publication: PublicationFolder) -> None:
    publication.change_settings("[delivery]\n", "[delivery]\ntransprot = 'smtp'\n")
    outcome = publication.run("send")
    assert outcome.code == 1
    assert "newsletter.toml:" in outcome.err
    assert "Did you mean 'transport'?" in outcome.err


def test_a_row_without_an_address_is_named_and_the_rest_imported(publication: PublicationFolder) -> None:
    publication.write(
        "people.csv", "email,first_name\nann@example.org,Ann\n,Nobody\nnot-an-address,Bob\nzoe@example.org,Zoë\n"
    )
    outcome = publication.run("subscribers", "import", "people.csv", "--list", "sample")
    assert outcome.code == 0
    assert "people.csv:3" in outcome.err
    assert "people.csv:4" in outcome.err
    assert publication.run_ok("subscribers", "show", "zoe@example.org", "--json").json["first_name"] == "Zoë"


def test_a_locked_database_exits_with_75(publication: PublicationFolder) -> None:
    publication.run_ok("lists")
    holder = sqlite3.connect(publication.folder / "var" / "newsletter.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    outcome = publication.run("send")
    assert outcome.code == 75
    assert "another process" in outcome.err
    holder.rollback()
    holder.close()
    assert publication.run_ok("send", "--json").json["submitted"] == 25


def test_a_full_disk_stops_a_send_that_continues_when_there_is_room(publication: PublicationFolder) -> None:
    publication.run_ok("lists")
    limit = 100_000  # less than the messages take in the database's journal
    outcome = publication.run("send", limits=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit)))
    assert outcome.code == 75, outcome
    assert "Free some space" in outcome.err
    sent = publication.run_ok("send", "--json").json
    assert sent["submitted"] + sent["uncertain"] == 25
    assert len(publication.messages()) <= 25


def test_an_unreachable_relay_sends_nothing_and_names_the_next_step(publication: PublicationFolder) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        publication.change_settings('transport = "outbox"', 'transport = "smtp"')
        publication.change_settings(
            "[replies]",
            f'[delivery.smtp]\nhost = "127.0.0.1"\nport = {port}\n\n[archive]\nurl = "https://a.example"\n\n[replies]',
        )
        outcome = publication.run("send", "--yes", "--json")
    assert outcome.code == 75, outcome
    assert f"127.0.0.1:{port}" in outcome.err
    assert outcome.json["planned"] == 25


def test_real_sending_asks_first(publication: PublicationFolder) -> None:
    publication.change_settings('transport = "outbox"', 'transport = "smtp"')
    outcome = publication.run("send")
    assert outcome.code == 1
    assert "--yes" in outcome.err


def test_a_pipe_that_closes_early_is_no_error(publication: PublicationFolder) -> None:
    publication.run_ok("send")
    first = subprocess.run(
        f"{COMMAND} outbox list | head -n 1",
        shell=True,
        cwd=publication.folder,
        env=publication.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert not first.stderr


def test_init_overwrites_nothing(tmp_path: Path) -> None:
    server = PublicationFolder(tmp_path)
    server.run_ok("init", "mine")
    (tmp_path / "mine" / "newsletter.toml").write_text("mine")
    assert server.run("init", "mine").code == 2
    assert (tmp_path / "mine" / "newsletter.toml").read_text() == "mine"


def test_a_named_pipe_among_the_issues_does_not_block(publication: PublicationFolder) -> None:
    os.mkfifo(publication.folder / "issues" / "pipe.md")
    sent = publication.run_ok("send", "--json")
    assert sent.json["submitted"] == 25
    assert "issues/pipe.md: is not an ordinary file" in sent.err


def test_private_files_are_unreadable_for_other_users(publication: PublicationFolder) -> None:
    publication.run_ok("send")
    assert (publication.folder / "var").stat().st_mode & 0o077 == 0
