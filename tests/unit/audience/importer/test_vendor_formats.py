"""The exports of other programs are known by their columns, and what they say against mailing somebody counts."""

import io
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.address import Address
from newsletter.audience import read_subscriber_record
from newsletter.audience.importer import ImportReport, RejectedRows, RowStatus, import_file, inspect_file
from newsletter.database import Database
from newsletter.errors import UsageError
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


@pytest.mark.parametrize("program", EXPECTED)
def test_an_export_is_recognised_and_nobody_it_speaks_against_is_mailed(
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
def test_tags_and_the_day_of_joining_are_imported(
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


def test_an_unknown_status_leaves_somebody_pending_with_a_warning(bring_in: Bring) -> None:
    reports = bring_in(EXPORTS / "buttondown.csv")
    (finding,) = [finding for report in reports for finding in report.findings]
    assert "snoozed" in finding.message
    assert finding.line == 7


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


def test_rejected_rows_are_written_with_the_reason_and_can_be_imported_after_correction(
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


def test_quoted_and_multi_line_cells_are_read_among_plain_ones(bring_in: Bring, tmp_path: Path) -> None:
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
