"""An import brings people in, never back; whatever program wrote the file."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.address import Address
from newsletter.audience import (
    SubscriberRecord,
    SuppressionReason,
    erase_subscriber,
    find_subscriber_id,
    lift_suppression,
    read_subscriber_record,
    suppress,
    unsubscribe,
)
from newsletter.audience.importer import ImportReport, RowStatus, import_list_source, inspect_file
from newsletter.database import Database
from newsletter.errors import ContentError, SettingsError, UsageError
from newsletter.settings import Settings, read_settings
from newsletter.tokens import Keyring

NOW = datetime(2026, 11, 3, 8, tzinfo=UTC)
Bring = Callable[..., ImportReport]
Standing = Callable[[], dict[str, str | None]]


@pytest.fixture
def show(database: Database, keyring: Keyring) -> Callable[[str], SubscriberRecord]:
    def show(address: str) -> SubscriberRecord:
        record = read_subscriber_record(database, keyring, Address.parse(address))
        assert record is not None
        return record

    return show


@pytest.mark.parametrize(
    "file",
    [
        "email,first_name,city\nada@example.org,Ådá,Łódź\n".encode(),
        b"\xef\xbb\xbf" + "Email Address;First Name;City\r\nada@example.org;Ådá;Łódź\r\n".encode(),
        "E-Mail\tFIRSTNAME\tCITY\nada@example.org\tÅdá\tŁódź\n".encode("utf-16"),
        "email,first name,city\rada@example.org,Ådá,Łódź\r".encode("utf-16-le"),
        'sep=;\n"e-mail";"First_Name";"City"\n"ada@example.org";"Ådá";"Łódź"\n'.encode(),
        "City|first-name|mail\n\n Łódź | Ådá | ada@example.org \n\n".encode(),
    ],
    ids=["plain", "bom", "utf-16", "utf-16 without mark", "excel", "pipes"],
)
def test_every_kind_of_file_gives_the_same_person(
    bring: Bring, show: Callable[[str], SubscriberRecord], file: bytes
) -> None:
    report = bring(file)
    assert report.counts == {RowStatus.ADDED: 1}
    person = show("ada@example.org").subscriber
    assert person is not None
    assert (person.first_name, person.fields) == ("Ådá", {"city": "Łódź"})


def test_a_file_that_is_not_utf_8_is_read_as_windows_1252_with_a_warning(
    bring: Bring, show: Callable[[str], SubscriberRecord]
) -> None:
    report = bring("email,first_name\nada@example.org,Ada\nzoe@example.org,Zoë\n".encode("cp1252"))
    (finding,) = report.findings
    assert (finding.line, finding.level) == (3, "warning")
    person = show("zoe@example.org").subscriber
    assert person is not None
    assert person.first_name == "Zoë"


def test_bad_rows_are_reported_with_their_line_and_the_rest_is_imported(bring: Bring, standing: Standing) -> None:
    report = bring(
        "email,first_name\n"
        "ann@example.org,Ann\n"
        ",Nobody\n"
        "not-an-address,Bob\n"
        'bad@example.org,"never closed\n'
        '"two\nlines@example.org",Two\n'
        'cat@example.org,"Cat" Stevens\n'
        "dan@example.org,Dan,and,more\n"
        "zoe@example.org,Zoë\n"
    )
    assert [(finding.line, finding.level) for finding in report.findings] == [
        (3, "error"),
        (4, "error"),
        (5, "error"),
        (6, "error"),
        (9, "warning"),
    ]
    assert all(finding.remedy for finding in report.findings)
    assert set(standing()) == {"ann@example.org", "cat@example.org", "dan@example.org", "zoe@example.org"}
    assert report.counts == {RowStatus.ADDED: 4, RowStatus.REJECTED: 4}


def test_repeating_an_import_changes_nothing(bring: Bring, show: Callable[[str], SubscriberRecord]) -> None:
    file = "email,first_name\nada@example.org,Ada\nADA@example.org,Again\nbob@example.org,Bob\n"
    assert bring(file).counts == {RowStatus.ADDED: 2, RowStatus.REPEATED: 1}
    before = show("ada@example.org")
    assert bring(file).counts == {RowStatus.KNOWN: 2, RowStatus.REPEATED: 1}
    assert show("ada@example.org") == before


def test_new_details_of_a_subscriber_are_stored_and_an_empty_cell_deletes_nothing(
    bring: Bring, show: Callable[[str], SubscriberRecord]
) -> None:
    bring("email,first_name,last_name,city,age\nada@example.org,Ada,Okafor,Lagos,40\n")
    assert bring("email,first_name,city\nada@example.org,,Ghent\n").counts == {RowStatus.UPDATED: 1}
    person = show("ada@example.org").subscriber
    assert person is not None
    assert (person.name, person.fields) == ("Ada Okafor", {"city": "Ghent", "age": "40"})


def test_nobody_who_unsubscribed_bounced_complained_or_was_erased_comes_back(
    bring: Bring, database: Database, keyring: Keyring, standing: Standing
) -> None:
    file = "\n".join(f"{name}@example.org" for name in ("email", "left", "bounced", "complained", "erased", "ada"))
    file = file.replace("email@example.org", "email")
    bring(file)
    number = find_subscriber_id(database, Address.parse("left@example.org"))
    assert number is not None
    unsubscribe(database, number, "weekly", origin="mail", now=NOW)
    for reason in (SuppressionReason.BOUNCED, SuppressionReason.COMPLAINED):
        suppress(database, keyring, Address.parse(f"{reason}@example.org"), reason, origin="report", now=NOW)
    erase_subscriber(database, keyring, Address.parse("erased@example.org"), origin="command line", now=NOW)
    expected = {
        "left@example.org": "unsubscribed",
        "bounced@example.org": "suppressed",
        "complained@example.org": "suppressed",
        "ada@example.org": None,
    }
    assert standing() == expected
    report = bring(file, name="another.csv")
    assert standing() == expected
    assert report.counts == {RowStatus.KEPT_OUT: 4, RowStatus.KNOWN: 1}
    assert report.kept_out == {"unsubscribed": 1, "bounced": 1, "complained": 1, "erased": 1}
    assert {(outcome.address, outcome.reason) for outcome in report.results} == {
        ("left@example.org", "unsubscribed"),
        ("bounced@example.org", "bounced"),
        ("complained@example.org", "complained"),
        ("erased@example.org", "erased"),
    }


def test_whoever_unsubscribed_from_everything_is_added_to_no_list(
    bring: Bring, database: Database, keyring: Keyring, tmp_path: Path, standing: Standing
) -> None:
    bring("email\nada@example.org\n")
    number = find_subscriber_id(database, Address.parse("ada@example.org"))
    assert number is not None
    assert unsubscribe(database, number, None, origin="mail", now=NOW) == ("weekly",)
    assert unsubscribe(database, number, None, origin="mail", now=NOW) == ()
    assert bring("email\nada@example.org\n").kept_out == {"unsubscribed": 1}
    lift_suppression(database, keyring, Address.parse("ada@example.org"), origin="command line", now=NOW)
    assert standing() == {"ada@example.org": "unsubscribed"}


def test_what_a_file_says_against_mailing_somebody_counts(bring: Bring, standing: Standing) -> None:
    bring("email\nwas-here@example.org\n")
    report = bring(
        "email,Status\nwas-here@example.org,Unsubscribed\nnew@example.org,opted out\n"
        "hard@example.org,hard bounced\n"
        "angry@example.org,complained\ngone@example.org,erased\nwait@example.org,pending\nfine@example.org,active\n"
        "texan@example.org,TX\n"
    )
    assert standing() == {
        "was-here@example.org": "unsubscribed",
        "new@example.org": "unsubscribed",
        "hard@example.org": "suppressed",
        "angry@example.org": "suppressed",
        "wait@example.org": "pending",
        "fine@example.org": None,
        "texan@example.org": None,
    }
    assert report.kept_out == {"unsubscribed": 2, "bounced": 1, "complained": 1, "erased": 1}


def test_a_pending_person_is_confirmed_by_an_import_but_not_the_other_way_round(
    bring: Bring, standing: Standing
) -> None:
    bring("email,status\nada@example.org,pending\n")
    assert standing() == {"ada@example.org": "pending"}
    assert bring("email\nada@example.org\n").counts == {RowStatus.ADDED: 1}
    bring("email,status\nada@example.org,pending\n")
    assert standing() == {"ada@example.org": None}


def test_every_row_has_a_consent_record(bring: Bring, show: Callable[[str], SubscriberRecord]) -> None:
    bring("email\nada@example.org\n", name="june.csv")
    ((subscription, consents),) = show("ada@example.org").subscriptions
    assert subscription.state == "confirmed"
    (consent,) = consents
    assert (consent.act, consent.origin, consent.evidence) == ("imported", "import june.csv", "line 2")


def test_a_dry_run_reports_every_row_and_writes_nothing(bring: Bring, standing: Standing) -> None:
    bring("email\nada@example.org\n")
    report = bring("email,status\nada@example.org,\nbob@example.org,\ngone@example.org,unsubscribed\n", dry_run=True)
    assert [(outcome.line, outcome.status) for outcome in report.results] == [
        (2, RowStatus.KNOWN),
        (3, RowStatus.ADDED),
        (4, RowStatus.KEPT_OUT),
    ]
    assert standing() == {"ada@example.org": None}


def test_reports_of_batches_are_merged(bring: Bring, standing: Standing) -> None:
    many = [f"reader{number}@example.org" for number in range(12_000)]
    report = bring("\n".join(["email", *many, many[0], many[-1]]))
    assert report.counts == {RowStatus.ADDED: 12_000, RowStatus.REPEATED: 2}
    assert len(standing()) == 12_000


@pytest.mark.parametrize("text", ["", "\n", "name,city\nAda,Lagos\n", "ada@example.org\nbob@example.org\n"])
def test_a_file_without_a_column_of_addresses_is_refused_with_a_remedy(bring: Bring, text: str) -> None:
    with pytest.raises(ContentError, match=r"people\.csv:1: .*email"):
        bring(text)


def test_a_missing_file_is_a_usage_error(database: Database, keyring: Keyring, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"nope\.csv"):
        inspect_file(tmp_path / "nope.csv")
    with pytest.raises(UsageError, match="cannot be read"):
        inspect_file(tmp_path)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "newsletter.toml").write_text(
        '[publication]\ntitle = "T"\n[lists.weekly]\ntitle = "W"\nfrom = "a@example.org"\n'
        'list_id = "w.example.org"\nsource = "people.csv"\n'
    )
    return read_settings(tmp_path, {})


def test_a_list_source_is_imported_only_when_it_changed(
    database: Database, keyring: Keyring, settings: Settings, tmp_path: Path, standing: Standing
) -> None:
    source = tmp_path / "people.csv"
    source.write_text("email\nada@example.org\n")
    first = import_list_source(database, keyring, settings, "weekly", now=NOW)
    assert first is not None
    assert first.count(RowStatus.ADDED) == 1
    assert import_list_source(database, keyring, settings, "weekly", now=NOW) is None
    source.write_text("email\nada@example.org\nbob@example.org\n")
    assert import_list_source(database, keyring, settings, "weekly", now=NOW) is not None
    assert len(standing()) == 2


def test_a_missing_list_source_names_its_setting(database: Database, keyring: Keyring, settings: Settings) -> None:
    with pytest.raises(SettingsError, match=r"newsletter\.toml: \[lists\.weekly\] source = 'people\.csv'"):
        import_list_source(database, keyring, settings, "weekly", now=NOW)
