"""Stretches: rows in a row that say of each person no more than that they join, read column by column.

Most of a million rows are of that kind. Whatever is not plain about one is left to `rows`, by whose rules all are
read: what a stretch holds is what its rows would say one by one.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from json.encoder import encode_basestring_ascii as json_text
from typing import NamedTuple, TypeGuard

from newsletter.address import parse_simple
from newsletter.audience.custom_fields import FieldKind
from newsletter.audience.importer.cell_values import day_first
from newsletter.audience.importer.csv_file import ImportFile
from newsletter.audience.importer.csv_reader import read_groups
from newsletter.audience.importer.places import places_of
from newsletter.audience.importer.rows import Row, RowReader
from newsletter.audience.models import SubscriptionState
from newsletter.audience.text_cleaning import FIELD_LENGTH, NAME_LENGTH, cleaned, name_of_cell
from newsletter.finding import Finding

_NO_ADDRESS = ("", "")
_day_first = lru_cache(65_536)(day_first)
_Cells = Sequence[str]


class Stretch(NamedTuple):
    """Confirmed people, column by column."""

    lines: Sequence[int]
    parts: Sequence[tuple[str, str]]
    """Their addresses, as `read_plain` has them."""
    first_names: _Cells
    last_names: _Cells
    fields: _Cells
    """As JSON."""
    consents: _Cells

    def part(self, start: int, end: int) -> "Stretch":
        """Return some of the people who follow each other, numbered from 0."""
        return Stretch(*(column[start:end] for column in self))  # type: ignore[arg-type]

    def without(self, numbers: Collection[int]) -> "Stretch":
        """Return the others than those of some numbers."""
        return Stretch(*([each for n, each in enumerate(column) if n not in numbers] for column in self))  # type: ignore[arg-type]


def read_stretches(sheet: ImportFile, kinds: Mapping[str, FieldKind]) -> Iterator[Row | Finding | Stretch]:
    """Read a table's people as `read_rows` does, in stretches wherever that can be."""
    reader = RowReader(sheet, kinds)
    columns = _Columns(sheet, reader) if _has_stretches(sheet, kinds) else None
    to_skip = sheet.header_records
    with sheet.path.open(encoding=sheet.encoding, errors="replace", newline="") as file:
        for first, group, is_plain in read_groups(file, sheet.separator):
            line, records = first, group
            while to_skip and records:
                to_skip -= bool(records[0])
                line, records = line + 1, records[1:]
            if columns is not None and is_plain and columns.can_read(records):
                yield from columns.read(line, records)
            else:
                for number, record in enumerate(records, line):
                    yield from reader.take(number, record, is_plain=is_plain)


def _has_stretches(sheet: ImportFile, kinds: Mapping[str, FieldKind]) -> bool:
    """Return whether a sheet is of columns that can be read without looking at the others of a row."""
    places = places_of(sheet.columns)
    names = [name for _, name in places.fields] + ["joined"] * bool(places.joined)
    return (
        places.email >= 0
        and not places.has_states
        and sheet.standing in {None, SubscriptionState.CONFIRMED}
        and len(set(names)) == len(names)
        and all(kinds.get(name, FieldKind.TEXT) is FieldKind.TEXT for name in names)
        and all(heading for _, heading in places.proofs)
    )


class _Columns:
    """Reads the columns of a sheet's plain records."""

    def __init__(self, sheet: ImportFile, reader: RowReader) -> None:
        self._width = len(sheet.columns)
        self._reader = reader
        self._places = places_of(sheet.columns)

    def can_read(self, records: Sequence[list[str] | str]) -> TypeGuard[Sequence[list[str]]]:
        """Return whether every one of some plain records has all columns."""
        return set(map(len, records)) == {self._width}

    def read(self, line: int, records: Sequence[list[str]]) -> Iterator[Row | Finding | Stretch]:
        """Read records, the first of them on `line`."""
        columns: list[_Cells] = [*zip(*records, strict=True), ("",) * len(records)]  # what a column at -1 says
        parts = [parse_simple(email) or _NO_ADDRESS for email in columns[self._places.email]]
        lines = range(line, line + len(records))
        stretch = Stretch(lines, parts, *self._names(columns), self._fields(columns), self._consents(columns))
        start = 0
        for number in sorted(self._remarkable(columns, parts)):
            if start < number:
                yield stretch.part(start, number)
            yield from self._reader.take(line + number, records[number], is_plain=True)
            start = number + 1
        if start < len(records):
            yield stretch.part(start, len(records))

    def _remarkable(self, columns: Sequence[_Cells], parts: Sequence[tuple[str, str]]) -> set[int]:
        """Return the numbers of the records that say more than a stretch can."""
        found = {number for number, part in enumerate(parts) if part is _NO_ADDRESS}
        for index, column in self._places.judged:
            told = {cell for cell in set(columns[index]) if not self._reader.is_harmless(column, cell)}
            if told:
                found.update(number for number, cell in enumerate(columns[index]) if cell in told)
        for index in (*self._places.tags, *self._places.attributes):
            if any(columns[index]):
                found.update(number for number, cell in enumerate(columns[index]) if cell)
        return found

    def _names(self, columns: Sequence[_Cells]) -> tuple[_Cells, _Cells]:
        places = self._places
        first, last, whole = (
            _shortened(columns[index]) for index in (places.first_name, places.last_name, places.whole_name)
        )
        if not any(whole):
            return first, last
        pairs = [
            (name, family) if name or family else told.partition(" ")[::2]
            for name, family, told in zip(first, last, whole, strict=True)
        ]
        return tuple(name for name, _ in pairs), tuple(family for _, family in pairs)

    def _fields(self, columns: Sequence[_Cells]) -> _Cells:
        told = [(name, columns[index]) for index, name in self._places.fields]
        if joined := [columns[index] for index in self._places.joined]:
            days = [next(filter(None, cells), "") for cells in zip(*joined, strict=True)]
            told.append(("joined", [day and _day_first(day) for day in days]))
        if not told:
            return ("{}",) * len(columns[0])
        written = []
        for name, cells in told:
            begin = f"{json_text(name)}: "
            written.append([begin + json_text(cell) if cell else "" for cell in cells])
        return [f"{{{', '.join(filter(None, pairs))}}}" for pairs in zip(*written, strict=True)]

    def _consents(self, columns: Sequence[_Cells]) -> _Cells:
        told = columns[self._places.consent]
        if not self._places.proofs:
            return told
        proofs = [
            [f"{heading} {cell}" if cell else "" for cell in columns[index]] for index, heading in self._places.proofs
        ]
        consents = ["; ".join(filter(None, each)) for each in zip(told, *proofs, strict=True)]
        return [each if len(each) <= FIELD_LENGTH else cleaned(each, FIELD_LENGTH) for each in consents]


def _shortened(names: _Cells) -> _Cells:
    return list(map(name_of_cell, names)) if max(map(len, names)) > NAME_LENGTH else names
