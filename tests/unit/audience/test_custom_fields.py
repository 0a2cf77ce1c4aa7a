"""Typed fields have one spelling, and a value of another kind costs itself, not its row."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.address import Address
from newsletter.audience import read_subscriber_record
from newsletter.audience.custom_fields import FieldKind, KindGuess, read_value
from newsletter.audience.importer import import_file, inspect_file
from newsletter.database import Database
from newsletter.tokens import Keyring


@pytest.mark.parametrize(
    ("kind", "written", "read"),
    [
        (FieldKind.NUMBER, "40", "40"),
        (FieldKind.NUMBER, "+3,5", "3.5"),
        (FieldKind.NUMBER, "1,234", None),
        (FieldKind.NUMBER, "forty", None),
        (FieldKind.DATE, "2025-3-1", "2025-03-01"),
        (FieldKind.DATE, "2025-03-01T10:00:00Z", "2025-03-01"),
        (FieldKind.DATE, "31/12/2025", "2025-12-31"),
        (FieldKind.DATE, "12/31/2025", "2025-12-31"),
        (FieldKind.DATE, "1.2.2025", "2025-02-01"),
        (FieldKind.DATE, "01/02/2025", None),
        (FieldKind.DATE, "2025-02-30", None),
        (FieldKind.YES_NO, "TRUE", "yes"),
        (FieldKind.YES_NO, "Nein", "no"),
        (FieldKind.YES_NO, "maybe", None),
        (FieldKind.TEXT, "anything", "anything"),
    ],
)
def test_a_value_is_read_as_its_kind_or_not_at_all(kind: FieldKind, written: str, read: str | None) -> None:
    assert read_value(kind, written) == read


@given(st.sampled_from(FieldKind), st.text(max_size=12) | st.dates().map(str) | st.floats().map(str))
def test_reading_a_value_is_idempotent(kind: FieldKind, text: str) -> None:
    once = read_value(kind, text)
    assert once is None or read_value(kind, once) == once


def guessed(*values: str) -> FieldKind:
    guess = KindGuess()
    for value in values:
        guess.add(value)
    return guess.kind


def test_the_narrowest_kind_is_inferred() -> None:
    assert guessed("yes", "no") is FieldKind.YES_NO
    assert guessed("1", "0", "7") is FieldKind.NUMBER
    assert guessed("2025-01-01", "1.2.2025") is FieldKind.DATE
    assert guessed("7", "x") is FieldKind.TEXT
    assert guessed() is FieldKind.TEXT


def test_a_value_of_another_kind_is_left_out_and_named(
    database: Database, keyring: Keyring, tmp_path: Path, standing: Callable[[], dict[str, str | None]]
) -> None:
    path = tmp_path / "people.csv"
    path.write_text("email,born,donor\nada@example.org,1.2.1980,TRUE\nbob@example.org,soon,no\n")
    sheet = inspect_file(path)
    kinds = {"born": "date", "donor": "yes/no"}
    now = datetime(2026, 11, 3, tzinfo=UTC)
    reports = list(import_file(database, keyring, sheet, "weekly", now=now, kinds=kinds))
    (finding,) = [finding for report in reports for finding in report.findings]
    assert (finding.line, finding.level) == (3, "warning")
    assert "born 'soon' is not a date" in finding.message
    assert set(standing()) == {"ada@example.org", "bob@example.org"}
    record = read_subscriber_record(database, keyring, Address.parse("ada@example.org"))
    assert record is not None
    assert record.subscriber is not None
    assert record.subscriber.fields == {"born": "1980-02-01", "donor": "yes"}
