"""Stretches: what is read by column is what would have been read row by row."""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from newsletter.audience import inspect_file
from newsletter.audience.custom_fields import FieldKind
from newsletter.audience.importer.batch_db import TABLES, rows_of
from newsletter.audience.importer.csv_file import ImportFile
from newsletter.audience.importer.dedupe import Batch, sort_out
from newsletter.audience.importer.meaning import Meaning
from newsletter.audience.importer.rows import Row, read_rows
from newsletter.audience.importer.stretches import Stretch, read_stretches
from newsletter.audience.models import SubscriptionState
from newsletter.errors import ContentError
from newsletter.finding import Finding
from newsletter.tokens import Keyring

KEYRING = Keyring((b"k" * 32,))
MEANINGS = {
    "joined at": Meaning.JOINED, "created": Meaning.JOINED, "confirmed at": Meaning.CONFIRMED,
    "ip": Meaning.PROOF, "form": Meaning.PROOF, "wanted": Meaning.WANTED, "left at": Meaning.LEFT,
}  # fmt: skip
"""What columns mean that only the exports of some programs have."""
HEADINGS = [
    "email", "first_name", "last_name", "name", "status", "state", "tags", "attributes", "country", "joined",
    "Età", "consent", "suppressed", *MEANINGS,
]  # fmt: skip
ORDINARY = {
    "email": "p{}@x.org", "status": "subscribed", "state": "confirmed", "confirmed at": "2024-01-02",
    "joined at": "0{}/02/2024", "created": "1{}/12/2023", "wanted": "yes", "tags": "", "attributes": "",
    "left at": "", "suppressed": "", "first_name": "", "name": "Ann Lee",
}  # fmt: skip
_ADDRESSES = st.sampled_from([
    "ada@example.org", "Ada@Example.org", "info@gmial.com", "sales+eu@x.example", "nobody", "", "a.b@x--y.org",
    "INFO@x.org", "eve@example.com", "old@example.org", "Bob <bob@example.org>",
])  # fmt: skip
_CELLS = st.sampled_from([
    "", "Zoë", "Ann Lee", "subscribed", "unsubscribed", "pending", "cleaned", "confirmed", "ended", "yes", "no",
    "2024-01-02", "01/02/2024", "1700000000", "7", "VIP", "{}", "O'Brien", "x" * 250, "bounced", "张伟",
])  # fmt: skip
_DIRTY_CELLS = st.sampled_from([
    '"', "=1+1", "'=1", " edge", "two  spaces", "=?utf-8?q?x?=", '{"first_name": "Al", "city": "Rome"}', "a,b",
])  # fmt: skip
_STANDINGS = st.sampled_from([None, None, *SubscriptionState])
_Read = Iterable[Row | Finding | Stretch]


@st.composite
def _tables(draw: st.DrawFn) -> list[list[str]]:
    """Draw a table of people most of whom are ordinary, and some not."""
    headings = ["email", *draw(st.lists(st.sampled_from(HEADINGS[1:]), max_size=8, unique=True))]
    cells = draw(st.sampled_from([_CELLS, _CELLS, _CELLS, _CELLS | _DIRTY_CELLS]))
    has_odd_widths = draw(st.integers(0, 4)) == 0
    rows = []
    for number in range(1, draw(st.integers(2, 9))):
        row = [ORDINARY.get(heading, f"{heading[:2]}{{}}").format(number) for heading in headings]
        for place in draw(st.sets(st.integers(0, len(row) - 1), max_size=2)):
            row[place] = draw(_ADDRESSES if place == 0 else cells)
        if has_odd_widths:
            row = row[: draw(st.integers(0, len(row)))] + draw(st.lists(cells, max_size=2))
        rows.append(row)
    return [headings, *rows]


NAMES = [
    ["email", "first_name", "last_name", "name"],
    ["p1@x.org", "Ann", "", "Bob Lee"],
    ["p2@x.org", "", "Lee", "Bob Lee"],
    ["p3@x.org", "", "", "Bob Ray Lee"],
    ["p4@x.org", "x" * 250, "y" * 250, ""],
    ["p5@x.org", "", "", "z" * 250],
]


@example(NAMES, {}, None)
@settings(max_examples=300)
@given(_tables(), st.sampled_from([{}, {}, {"joined": FieldKind.DATE}, {"country": FieldKind.NUMBER}]), _STANDINGS)
def test_stretches_hold_what_their_rows_say(
    tmp_path_factory: pytest.TempPathFactory,
    table: list[list[str]],
    kinds: Mapping[str, FieldKind],
    standing: SubscriptionState | None,
) -> None:
    path = tmp_path_factory.mktemp("stretches") / "people.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(table)
    try:
        sheet = inspect_file(path)
    except ContentError:
        return
    told = [replace(each, meaning=MEANINGS.get(each.heading, each.meaning)) for each in sheet.columns]
    sheet = replace(sheet, columns=tuple(told), standing=standing)
    assert _sorted(sheet, read_stretches(sheet, kinds)) == _sorted(sheet, read_rows(sheet, kinds))


def _sorted(sheet: ImportFile, read: _Read) -> object:
    report, batch = sort_out(KEYRING, sheet, "weekly", read)
    return report, replace(batch, image=b""), [list(rows_of(batch.image, table)) for table in TABLES]


def test_a_long_list_is_read_in_stretches_whatever_stands_between(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    lines = [f"ada{n}@example.org,Zoë,{n},subscribed" for n in range(5000)]
    lines[::500] = ["nobody,,,"] * 10
    path.write_text("\n".join(["email,first_name,country,status", *lines]) + "\n")
    read = list(read_stretches(inspect_file(path), {}))
    assert sum(len(each.lines) for each in read if isinstance(each, Stretch)) > 4000
    assert sum(isinstance(each, Row) for each in read) < 20


def test_a_stretch_loses_no_line_to_the_headings(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("sep=;\n\nemail;first_name\nada@example.org;Ada\n\nbob@example.org;Bob\n")
    sheet = inspect_file(path)
    rows = [each for each in read_rows(sheet) if isinstance(each, Row)]
    assert [(row.line, row.email) for row in rows] == [(4, "ada@example.org"), (6, "bob@example.org")]
    assert _sorted(sheet, read_stretches(sheet, {})) == _sorted(sheet, iter(rows))


def test_of_two_rows_of_one_person_what_is_said_against_mailing_counts_in_a_stretch_too(tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text("email,status\nada@example.org,subscribed\nADA@example.org,unsubscribed\n")
    sheet = inspect_file(path)
    _, batch = sort_out(KEYRING, sheet, "weekly", read_stretches(sheet, {}))
    (row,) = islice(_arrivals(batch), 2)
    assert (row["state"], list(batch.remarkable)) == ("ended", [2])


def _arrivals(batch: Batch) -> Iterable[Mapping[str, object]]:
    return rows_of(batch.image, TABLES[0])
