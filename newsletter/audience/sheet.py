"""A sheet: somebody's CSV file, read as rows about people whatever program wrote it.

Encoding, separator and headings are recognised, cells are cleaned. Memory stays flat: the file is read
once for its digest and encoding, and once row by row.
"""

import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from newsletter.audience.cells import FIELD_LENGTH, cleaned, cleaned_name, unguarded
from newsletter.audience.headings import Column, Meaning, read_headings, read_status
from newsletter.audience.records import LINE_LENGTH, read_records, survey
from newsletter.audience.subscriber import SubscriptionState, SuppressionReason
from newsletter.errors import EditFile, WrongUse
from newsletter.finding import Finding, Level

_JUDGED = {Meaning.STATE, Meaning.SUPPRESSION, Meaning.STATUS}
_GRAVITY = (SubscriptionState.CONFIRMED, SubscriptionState.PENDING, SubscriptionState.ENDED)


class Row(NamedTuple):
    """One person as a sheet has them, the address not looked at yet. A tuple, for an import makes a million."""

    line: int
    email: str
    first_name: str
    last_name: str
    fields: dict[str, str]
    state: SubscriptionState
    suppression: SuppressionReason | None
    consent: str
    """What the sheet says of an earlier consent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A CSV file whose encoding, separator and columns are known."""

    path: Path
    digest: str
    """SHA-256 of its bytes, in hex."""
    encoding: str
    separator: str
    columns: tuple[Column, ...]
    header_records: int
    findings: tuple[Finding, ...]

    @property
    def name(self) -> str:
        """How messages and consents name the file."""
        return self.path.name


def read_sheet(path: Path, *, encoding: str | None = None) -> Sheet:
    """Look at a CSV file; WrongUse if it cannot be read, EditFile if no column holds addresses."""
    try:
        digest, found, broken_line = survey(path)
        with path.open(encoding=encoding or found, errors="replace", newline="") as file:
            first = file.readline(LINE_LENGTH)
            told = re.fullmatch(r'"?sep=([,;\t|])"?\s*', first)  # how Excel is told
            header = file.readline(LINE_LENGTH) if told else first
            file.seek(0)
            separator = told[1] if told else _separator(header)
            skipped = 2 if told else 1
            line, cells = next(islice(read_records(file, separator), skipped - 1, None), (1, []))
    except OSError as error:
        raise WrongUse(f"{path}: cannot be read: {error.strerror}") from error
    except LookupError as error:
        raise WrongUse(f"unknown encoding '{encoding}'. Try utf-8, cp1252 or utf-16") from error
    columns = read_headings(cells) if isinstance(cells, list) else ()
    if Meaning.EMAIL not in {column.meaning for column in columns}:
        raise EditFile([_headless(path.name, line, cells)])
    doubt = [_not_utf8(path.name, broken_line)] if broken_line and encoding is None else []
    return Sheet(
        path=path,
        digest=digest,
        encoding=encoding or found,
        separator=separator,
        columns=columns,
        header_records=skipped,
        findings=tuple(doubt),
    )


def read_rows(sheet: Sheet) -> Iterator[Row | Finding]:
    """Read a sheet's people in order; what cannot be read as one is a finding, and the next row follows."""
    with sheet.path.open(encoding=sheet.encoding, errors="replace", newline="") as file:
        records = read_records(file, sheet.separator)
        for _ in range(sheet.header_records):
            next(records, None)
        places = _places(sheet.columns)
        for line, record in records:
            if isinstance(record, str):
                yield _finding(sheet.name, line, record, "Mend the line and import again; the rest was read")
                continue
            cells = _cleaned_cells(record)
            if not any(cells):
                continue
            if len(cells) > len(sheet.columns) and any(cells[len(sheet.columns) :]):
                yield _surplus(sheet, line, len(cells))
            cells += [""] * (len(sheet.columns) - len(cells))
            yield _read_row(sheet, places, line, cells)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """Where the columns of each meaning stand; -1 is a column that is not there."""

    email: int
    first_name: int
    last_name: int
    whole_name: int
    consent: int
    fields: tuple[tuple[int, str], ...]
    judged: tuple[tuple[int, Column], ...]
    """Columns that may say something against mailing the person."""


def _places(columns: Sequence[Column]) -> _Places:
    def of(meaning: Meaning) -> int:
        return next((index for index, column in enumerate(columns) if column.meaning is meaning), -1)

    return _Places(
        email=of(Meaning.EMAIL),
        first_name=of(Meaning.FIRST_NAME),
        last_name=of(Meaning.LAST_NAME),
        whole_name=of(Meaning.WHOLE_NAME),
        consent=of(Meaning.CONSENT),
        fields=tuple(
            (index, column.field) for index, column in enumerate(columns) if column.meaning is Meaning.FIELD
        ),
        judged=tuple((index, column) for index, column in enumerate(columns) if column.meaning in _JUDGED),
    )


def _cleaned_cells(record: Sequence[str]) -> list[str]:
    """Return the cells cleaned and without their guards; looking at the whole row at once is what is fast."""
    row = ",".join(record)
    is_clean = row.isprintable() and "  " not in row and "'" not in row and len(row) <= FIELD_LENGTH
    if is_clean and unicodedata.is_normalized("NFC", row):
        return [cell.strip() for cell in record]
    return [cleaned(unguarded(cell.strip()), FIELD_LENGTH) for cell in record]


def _read_row(sheet: Sheet, places: _Places, line: int, cells: list[str]) -> Row | Finding:
    fields = {name: cells[index] for index, name in places.fields if cells[index]}
    state, suppression = SubscriptionState.CONFIRMED, None
    for index, column in places.judged:
        if not (cell := cells[index]):
            continue
        status = read_status(cell)
        if column.meaning is Meaning.SUPPRESSION and cell in set(SuppressionReason):
            status = SuppressionReason(cell)
        if isinstance(status, SuppressionReason):
            suppression = suppression or status
        elif status is not None:
            state = max(state, status, key=_GRAVITY.index)
        elif column.meaning is Meaning.STATUS:
            fields[column.field] = cell
        else:
            return _finding(
                sheet.name, line, f"unknown {column.field} '{cell}'", "Known: confirmed, pending, ended"
            )
    cells.append("")  # what a column at -1 says
    first, last = cleaned_name(cells[places.first_name]), cleaned_name(cells[places.last_name])
    if not first and not last and cells[places.whole_name]:
        first, _, last = cleaned_name(cells[places.whole_name]).partition(" ")
    return Row(line, cells[places.email], first, last, fields, state, suppression, cells[places.consent])


def _surplus(sheet: Sheet, line: int, count: int) -> Finding:
    return _finding(
        sheet.name,
        line,
        f"{count} cells where the headings name {len(sheet.columns)}, so the last were left out",
        "A comma inside a cell needs quotation marks around the cell",
        Level.WARNING,
    )


def _separator(header: str) -> str:
    """Return the separator under which the headings make most sense."""

    def sense(separator: str) -> tuple[bool, int]:
        cells = next(csv.reader([header], delimiter=separator), [])
        return Meaning.EMAIL in {column.meaning for column in read_headings(cells)}, len(cells)

    return max((",", ";", "\t", "|"), key=sense)


def _headless(name: str, line: int, cells: list[str] | str) -> Finding:
    found = ", ".join(cleaned(cell, 40) for cell in cells[:6]) if isinstance(cells, list) else ""
    if "@" in found:
        return _finding(name, line, "the first line names no columns", "Put 'email,first_name,last_name' above it")
    reads = f"; it reads '{found}'" if found else ", for there is none"
    return _finding(
        name, line, f"no column named 'email' in the first line{reads}", "Name one of the columns email"
    )


def _not_utf8(name: str, line: int) -> Finding:
    return _finding(
        name,
        line,
        "not UTF-8 from here on, so the whole file was read as Windows-1252",
        "If names look wrong, save it as UTF-8 or name its encoding",
        Level.WARNING,
    )


def _finding(name: str, line: int, message: str, remedy: str, level: Level = Level.ERROR) -> Finding:
    return Finding(rule="import", level=level, file=name, line=line, message=message, remedy=remedy)
