"""The exports of other programs are known by their columns, and what they say against mailing somebody counts."""

import io
import stat
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.address import Address
from newsletter.audience import (
    ImportReport,
    RejectedRows,
    RowStatus,
    import_file,
    inspect_file,
    open_import_files,
    read_subscriber_record,
)
from newsletter.audience.importer.zip_archive import MAX_RATIO
from newsletter.database import Database
from newsletter.errors import ContentError, UsageError
from newsletter.tokens import Keyring

EXPORTS = Path(__file__).with_name("exports")
NOW = datetime(2026, 11, 3, 8, tzinfo=UTC)
Bring = Callable[..., list[ImportReport]]
Standing = Callable[[], dict[str, str | None]]

EXPECTED = {
    "substack": {"left": "unsubscribed"},
    "ghost": {"left": "unsubscribed", "gone": "unsubscribed"},
    "buttondown": {
        "left": "unsubscribed",
        "dead": "suppressed",
        "angry": "suppressed",
        "wait": "pending",
        "odd": "pending",
    },
    "listmonk": {"dis": "unsubscribed", "block": "suppressed"},
    "kit": {"wait": "pending", "left": "unsubscribed", "dead": "suppressed", "angry": "suppressed"},
    "beehiiv": {"left": "unsubscribed", "wait": "pending", "dead": "suppressed"},
    "mailcoach": {"left": "unsubscribed", "wait": "pending"},
}


@pytest.fixture
def bring_in(database: Database, keyring: Keyring) -> Bring:
    def bring_in(path: Path, **options: object) -> list[ImportReport]:
        with open_import_files(path, **options) as sheets:  # type: ignore[arg-type]
            return [report for sheet in sheets for report in import_file(database, keyring, sheet, "weekly", now=NOW)]

    return bring_in


@pytest.mark.parametrize("program", EXPECTED)
def test_an_export_is_known_and_nobody_it_speaks_against_is_mailed(
    program: str, bring_in: Bring, standing: Standing
) -> None:
    path = EXPORTS / f"{program}.csv"
    known = inspect_file(path).format
    assert known is not None
    assert known.name.lower() == program
    bring_in(path)
    expected = {f"{name}@mail.example.org": why for name, why in EXPECTED[program].items()}
    assert standing() == {"ann@mail.example.org": None, **expected}


@pytest.mark.parametrize("program", [name for name in EXPECTED if name not in {"substack", "listmonk"}])
def test_tags_and_the_day_of_joining_come_along(
    program: str, bring_in: Bring, database: Database, keyring: Keyring
) -> None:
    bring_in(EXPORTS / f"{program}.csv")
    record = read_subscriber_record(database, keyring, Address.parse("ann@mail.example.org"))
    assert record is not None
    assert record.subscriber is not None
    assert record.subscriber.tags == ("Book club", "VIP")
    assert record.subscriber.fields["joined"].startswith("202")
    (_, (consent,)) = record.subscriptions[0]
    assert record.subscriber.fields["joined"] in consent.evidence


def test_attributes_become_fields(bring_in: Bring, database: Database, keyring: Keyring) -> None:
    bring_in(EXPORTS / "listmonk.csv")
    record = read_subscriber_record(database, keyring, Address.parse("ann@mail.example.org"))
    assert record is not None
    assert record.subscriber is not None
    assert record.subscriber.name == "Ann Archer"
    assert record.subscriber.fields["city"] == "Lisbon"
    assert record.subscriber.fields["likes"] == "tea, rain"


def test_a_status_that_is_not_known_leaves_somebody_pending_and_is_said(bring_in: Bring) -> None:
    reports = bring_in(EXPORTS / "buttondown.csv")
    (finding,) = [finding for report in reports for finding in report.findings]
    assert "snoozed" in finding.message
    assert finding.line == 7


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, content in members.items():
            bundle.writestr(name, content)
    return path


@pytest.mark.parametrize("is_backwards", [False, True])
def test_the_zip_of_mailchimp_brings_everybody_as_what_they_are(
    bring_in: Bring, standing: Standing, tmp_path: Path, is_backwards: bool
) -> None:
    files = sorted(EXPORTS.glob("*_members_export_*.csv"), reverse=is_backwards)
    assert len(files) == 4
    bring_in(zipped(tmp_path / "export.zip", {file.name: file.read_bytes() for file in files}))
    assert standing() == {
        "ann@mail.example.org": None,
        "left@mail.example.org": "unsubscribed",
        "dead@mail.example.org": "suppressed",
        "buyer@mail.example.org": "pending",
    }


def test_of_the_zip_of_substack_only_the_list_is_read(bring_in: Bring, standing: Standing, tmp_path: Path) -> None:
    members = {
        "posts.csv": b"post_id,title\n1,Hello\n",
        "posts/1.delivers.csv": b"email,timestamp\nold@mail.example.org,2024\n",
        "posts/1.hello.html": b"<p>Hello</p>",
        "email_list.mine.csv": (EXPORTS / "substack.csv").read_bytes(),
    }
    bring_in(zipped(tmp_path / "export.zip", members))
    assert set(standing()) == {"ann@mail.example.org", "left@mail.example.org"}


def test_a_zip_cannot_write_where_it_wants(bring_in: Bring, standing: Standing, tmp_path: Path) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    path = zipped(inner / "evil.zip", {"../../evil.csv": b"email\nann@mail.example.org\n"})
    bring_in(path)
    assert set(standing()) == {"ann@mail.example.org"}
    assert not list(tmp_path.rglob("*evil.csv"))


def test_a_zip_bomb_is_refused(bring_in: Bring, tmp_path: Path, standing: Standing) -> None:
    bomb = b"email\nann@mail.example.org\n" + b"\n" * (30 << 20)
    path = zipped(tmp_path / "bomb.zip", {"list.csv": bomb})
    assert len(bomb) > path.stat().st_size * MAX_RATIO
    with pytest.raises(UsageError, match="far more"):
        bring_in(path)
    assert standing() == {}


def test_a_zip_of_something_else_a_damaged_and_a_locked_one_say_so(bring_in: Bring, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no table of people"):
        bring_in(zipped(tmp_path / "empty.zip", {"picture.png": b"x"}))
    with pytest.raises(ContentError, match="email"):
        bring_in(zipped(tmp_path / "other.zip", {"posts.csv": b"title,day\nHello,1\n"}))
    good = zipped(tmp_path / "good.zip", {"list.csv": b"email\n" + b"ann@mail.example.org\n" * 99}).read_bytes()
    (tmp_path / "cut.zip").write_bytes(good[:60])
    with pytest.raises(UsageError, match="damaged"):
        bring_in(tmp_path / "cut.zip")
    locked = bytearray(good)
    for start in (good.index(b"PK\x03\x04") + 6, good.index(b"PK\x01\x02") + 8):
        locked[start] |= 1
    (tmp_path / "locked.zip").write_bytes(locked)
    with pytest.raises(UsageError, match="password"):
        bring_in(tmp_path / "locked.zip")


def test_a_mapping_says_what_a_column_is(bring_in: Bring, database: Database, keyring: Keyring, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("Contact,Who,Town,Code,Since,Groups\nann@mail.example.org,Ann Archer,Lisbon,7,2020-01-02,a;b\n")
    mapping = {"contact": "email", "Who": "name", "Town": "City", "Code": "-", "Since": "joined", "Groups": "tags"}
    bring_in(path, mapping=mapping)
    record = read_subscriber_record(database, keyring, Address.parse("ann@mail.example.org"))
    assert record is not None
    assert record.subscriber is not None
    person = record.subscriber
    assert (person.first_name, person.last_name, person.tags) == ("Ann", "Archer", ("a", "b"))
    assert person.fields == {"city": "Lisbon", "joined": "2020-01-02"}
    with pytest.raises(UsageError, match="no column 'Twon'"):
        bring_in(path, mapping={"contact": "email", "Twon": "city"})


def test_rejected_rows_are_kept_with_the_reason_and_can_be_mended(
    database: Database, keyring: Keyring, bring_in: Bring, tmp_path: Path, standing: Standing
) -> None:
    path = tmp_path / "people.csv"
    path.write_text('email,name\nann@mail.example.org,Ann\nbob at mail,=Bob\n"x,Eve\ncat@mail.example.org,Cat\n')
    with RejectedRows(tmp_path / "bad" / "rejected.csv") as rejected:
        sheet = inspect_file(path)
        for report in import_file(database, keyring, sheet, "weekly", now=NOW):
            rejected.note(sheet, report.findings)
    assert rejected.count == 2
    assert stat.S_IMODE(rejected.path.stat().st_mode) == 0o600
    kept = rejected.path.read_text()
    assert kept.startswith("email,name,rejected_because\nbob at mail,'=Bob,")
    rejected.path.write_text(kept.replace("bob at mail", "bob@mail.example.org"))
    bring_in(rejected.path)
    assert set(standing()) == {f"{name}@mail.example.org" for name in ("ann", "bob", "cat")}


ENCODED = {
    "cp1252": "Zoë,François,Köln",
    "mac_roman": "Zoë,François,Köln",
    "gb18030": "王芳,李娜,上海",
    "cp932": "さくら,鈴木,大阪",
    "big5": "陳,美玲,台北",
    "euc_kr": "이영희,김,부산",
    "cp1251": "Анна,Смирнова,Москва",
    "koi8_r": "Анна,Смирнова,Москва",
    "utf-16": "Zoë,王芳,Łódź",
    "utf-32": "Zoë,王芳,Łódź",
    "utf-8-sig": "Zoë,王芳,Łódź",
}


@pytest.mark.parametrize("encoding", ENCODED)
def test_names_are_read_whatever_encoding_they_were_saved_in(
    encoding: str, bring_in: Bring, database: Database, keyring: Keyring, tmp_path: Path
) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(f"email,first name,last name,city\nann@mail.example.org,{ENCODED[encoding]}\n".encode(encoding))
    bring_in(path)
    record = read_subscriber_record(database, keyring, Address.parse("ann@mail.example.org"))
    assert record is not None
    assert record.subscriber is not None
    person = record.subscriber
    assert f"{person.first_name},{person.last_name},{person.fields['city']}" == ENCODED[encoding]


def test_long_lines_and_rows_between_special_ones_are_read_alike(bring_in: Bring, tmp_path: Path) -> None:
    out = io.StringIO()
    out.write("email,note\n")
    for number in range(3000):
        note = '"two\nlines"' if number % 700 == 3 else '"a ""quote"""' if number % 5 == 0 else "plain"
        out.write(f"reader{number}@mail.example.org,{note}\n")
    path = tmp_path / "people.csv"
    path.write_text(out.getvalue())
    reports = bring_in(path)
    assert sum(report.count(RowStatus.ADDED) for report in reports) == 3000
    assert not [finding for report in reports for finding in report.findings]
