"""Rows of files as people have them: the same person twice, names beside addresses, columns in any language."""

import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.address import Address
from newsletter.audience import new_subscribers, read_subscriber_record
from newsletter.audience.importer import ImportReport, RejectedRows, RowStatus, inspect_file, open_import_files
from newsletter.audience.importer.run import import_file
from newsletter.audience.models import Subscriber
from newsletter.database import Database
from newsletter.errors import ContentError, UsageError
from newsletter.tokens import Keyring

NOW = datetime(2026, 11, 3, 8, tzinfo=UTC)
Bring = Callable[..., ImportReport]
Standing = Callable[[], dict[str, str | None]]


@pytest.mark.parametrize("is_known", [False, True])
@pytest.mark.parametrize(
    ("word", "why"), [("unsubscribed", "unsubscribed"), ("bounced", "suppressed"), ("complained", "suppressed")]
)
def test_what_a_later_row_says_against_mailing_somebody_counts(
    bring: Bring, standing: Standing, word: str, why: str, is_known: bool
) -> None:
    if is_known:
        bring("email\nann@mail.example.org\n", "before.csv")
    report = bring(f"email,status\nann@mail.example.org,subscribed\nAnn@Mail.example.org,{word}\n")
    assert report.counts == {RowStatus.KEPT_OUT: 1, RowStatus.REPEATED: 1}
    assert standing() == {"ann@mail.example.org": why}


@pytest.mark.parametrize("word", ["bounced", "complained", "blocklisted", "unsubscribed"])
def test_a_subscriber_whom_only_the_status_speaks_against_is_not_mailed(
    bring: Bring, standing: Standing, word: str
) -> None:
    bring("email,name\nann@mail.example.org,Ann\n", "before.csv")
    assert bring(f"email,name,status\nann@mail.example.org,Ann,{word}\n").counts == {RowStatus.KEPT_OUT: 1}
    assert standing()["ann@mail.example.org"] is not None


def test_a_later_row_brings_its_tags_and_no_consent(
    bring: Bring, standing: Standing, database: Database, keyring: Keyring
) -> None:
    bring("email,tag,status\nann@mail.example.org,vip,pending\nann@mail.example.org,book club,confirmed\n")
    ann = told(database, keyring, "ann")
    assert ann.tags == ("book club", "vip")
    assert standing() == {"ann@mail.example.org": "pending"}


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("Ann Lee <ann@mail.example.org>", ("Ann", "Lee")),
        ('"""Lee, Ann"" <ann@mail.example.org>"', ("Ann", "Lee")),
        ("<ann@mail.example.org>", ("", "")),
        ("mailto:ann@mail.example.org", ("", "")),
    ],
)
def test_an_address_may_come_with_a_name_or_as_a_link(
    bring: Bring, database: Database, keyring: Keyring, cell: str, name: tuple[str, str]
) -> None:
    assert bring(f"email\n{cell}\n").counts == {RowStatus.ADDED: 1}
    ann = told(database, keyring, "ann")
    assert (ann.first_name, ann.last_name) == name


@pytest.mark.parametrize("heading", ["E-Mail-Adresse", "Correo electrónico", "メール", "E-mail 1 - Value"])
def test_the_column_of_addresses_is_recognised_by_its_cells(bring: Bring, standing: Standing, heading: str) -> None:
    bring(f"Nom;{heading};Ville\nAnn;ann@mail.example.org;Lyon\nBob;;Nice\n")
    assert standing() == {"ann@mail.example.org": None}


def test_two_columns_of_addresses_are_ambiguous(bring: Bring) -> None:
    with pytest.raises(ContentError, match="no column named 'email'"):
        bring("Privat;Arbeit\nann@mail.example.org;ann@work.example.org\n")


def test_a_rejected_row_with_line_breaks_is_kept_whole(database: Database, keyring: Keyring, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text('name,note,email\nAnn,"one\ntwo, more",ann at mail\nBob,"open,bob@mail\nCid,x,cid@mail\n')
    sheet = inspect_file(path)
    with RejectedRows(tmp_path / "rejected.csv") as rejected:
        for report in import_file(database, keyring, sheet, "weekly", now=NOW):
            rejected.note(sheet, report.findings)
    rows = rejected.path.read_text().splitlines()
    assert rows[1].startswith('Ann,"one two, more",ann at mail,')
    assert rows[2].startswith('Bob,"open,bob@mail",,')
    assert rows[3].startswith("Cid,x,cid@mail,")


@pytest.mark.parametrize("name", ["people.xlsx", "people.zip", "people.ods", "people.xls"])
def test_a_spreadsheet_file_is_refused_by_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith(".xls"):
        path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504))
    else:
        with zipfile.ZipFile(path, "w") as bundle:
            bundle.writestr("content.xml" if name.endswith(".ods") else "xl/workbook.xml", "<x/>")
    with pytest.raises(UsageError, match="save the sheet as CSV"), open_import_files(path):
        pass


def test_json_in_a_csv_file_is_refused_by_name(bring: Bring) -> None:
    with pytest.raises(ContentError, match="JSON, not a table"):
        bring('[{"email": "ann@mail.example.org"}]')


LINES = {
    "not JSON": "not JSON: Expecting value, at column 1",
    "[]": "it is not an object",
    '{"email": "a@mail.example.org", "fields": 5}': "fields is not an object",
    '{"email": "a@mail.example.org", "tags": "x"}': "tags is not a list",
    '{"email": "a@mail.example.org", "state": "asleep"}': "unknown word 'asleep'. Known here: pending,",
    '{"email": "a@mail.example.org", "consents": [{"act": "imported"}]}': "'at' is missing",
    '{"email": "a@mail.example.org", "consents": [{"act": "imported", "at": 12}]}': "'12' is not a time such as",
    '{"suppressed_hash": "zz", "at": "2026-01-01", "reason": "bounced"}': "'zz' is not a hash of 32 hex digits",
    "[" * 100_000: "nested too deep",
}


@pytest.mark.parametrize("line", LINES, ids=LINES.values())
def test_an_invalid_json_line_is_explained(bring: Bring, line: str) -> None:
    good = json.dumps({"email": "ann@mail.example.org"})
    report = bring(f"{line}\n{good}\n", "people.jsonl")
    assert report.counts == {RowStatus.REJECTED: 1, RowStatus.ADDED: 1}
    assert LINES[line] in report.findings[0].message


def test_an_american_state_beside_a_status_is_a_field(
    bring: Bring, standing: Standing, database: Database, keyring: Keyring
) -> None:
    report = bring(
        "first_name,email,created_at,status,state,tags\n"
        "Ann,ann@mail.example.org,2022-01-01,cold,OR,\nBob,bob@mail.example.org,2022-01-01,cancelled,CA,\n"
    )
    assert not report.findings
    assert standing() == {"ann@mail.example.org": None, "bob@mail.example.org": "unsubscribed"}
    ann = told(database, keyring, "ann")
    assert ann.fields["state"] == "OR"


def test_attributes_of_an_unknown_program_are_fields_whatever_they_hold(
    bring: Bring, database: Database, keyring: Keyring
) -> None:
    bring('email,attributes,metadata\nann@mail.example.org,tall,"{""city"": ""Porto""}"\n')
    ann = told(database, keyring, "ann")
    assert ann.fields == {"attributes": "tall", "city": "Porto"}


@pytest.mark.parametrize("is_dry_run", [True, False])
def test_a_report_says_how_many_of_the_added_are_pending(bring: Bring, is_dry_run: bool) -> None:
    bring("email\nold@mail.example.org\n", "before.csv")
    rows = ("old,pending", "ann,pending", "bob,confirmed", "cid,unsubscribed")
    text = "\n".join(row.replace(",", "@mail.example.org,") for row in rows)
    report = bring(f"email,status\n{text}\n", dry_run=is_dry_run)
    assert report.counts == {RowStatus.ADDED: 2, RowStatus.KNOWN: 1, RowStatus.KEPT_OUT: 1}
    assert report.pending == 1


@pytest.mark.parametrize(
    "cell", ['"[""vip"", ""book club""]"', '"""vip"", ""book club"""', "vip;book club", "vip|book club"]
)
def test_tags_are_read_in_every_spelling(bring: Bring, database: Database, keyring: Keyring, cell: str) -> None:
    bring(f"email,tags\nann@mail.example.org,{cell}\nbob@mail.example.org,[]\n")
    assert told(database, keyring, "ann").tags == ("book club", "vip")
    assert told(database, keyring, "bob").tags == ()


def test_a_name_among_attributes_is_a_name_and_not_a_field(bring: Bring, database: Database, keyring: Keyring) -> None:
    attributes = json.dumps({"First name": "Ann", "last_name": "Lee", "email": "x", "Tags": "y"}).replace('"', '""')
    bring(f'email,metadata\nann@mail.example.org,"{attributes}"\n')
    ann = told(database, keyring, "ann")
    assert (ann.first_name, ann.last_name) == ("Ann", "Lee")
    assert ann.fields == {"email_2": "x", "tags_2": "y"}


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2024-01-05 10:00:00 UTC", "2024-01-05 10:00:00 UTC"),
        ('"Jan 5, 2024"', "2024-01-05"),
        ("5 January 2024", "2024-01-05"),
        ("1704448800", "2024-01-05"),
        ("1704448800123", "2024-01-05"),
        ("5.1.2024 10:00", "2024-01-05"),
        ("01/05/2024", "01/05/2024"),
        ("long ago", "long ago"),
    ],
)
def test_the_day_of_joining_is_stored_as_an_iso_day_for_segments(
    bring: Bring, database: Database, keyring: Keyring, cell: str, day: str
) -> None:
    bring(f"email,status,created,subscription_tier\nann@mail.example.org,active,{cell},free\n")
    assert told(database, keyring, "ann").fields["joined"] == day


def test_whoever_is_imported_with_a_history_is_not_a_new_subscriber(
    bring: Bring, database: Database, keyring: Keyring
) -> None:
    line = {
        "email": "ann@mail.example.org",
        "changed_at": "2026-11-02T07:59:00Z",
        "consents": [{"act": "confirmed", "at": "2026-11-02T07:59:00Z", "origin": "web"}],
    }
    bring(json.dumps(line), "people.jsonl")
    record = read_subscriber_record(database, keyring, Address.parse("ann@mail.example.org"))
    assert record is not None
    ((subscription, consents),) = record.subscriptions
    assert subscription.changed_at == datetime(2026, 11, 2, 7, 59, tzinfo=UTC)
    assert [consent.origin for consent in consents] == ["web"]
    with database.read() as connection:
        assert not list(new_subscribers(connection, "weekly", datetime(2026, 11, 1, tzinfo=UTC)))


def told(database: Database, keyring: Keyring, local: str) -> Subscriber:
    record = read_subscriber_record(database, keyring, Address.parse(f"{local}@mail.example.org"))
    assert record is not None
    assert record.subscriber is not None
    return record.subscriber
