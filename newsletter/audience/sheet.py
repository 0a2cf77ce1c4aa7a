"""A sheet: somebody's CSV file, read as rows about people whatever program wrote it.

Encoding, separator and headings are recognised, cells are cleaned. Memory stays flat: the file is read
once for its digest and encoding, and once row by row.
"""

import codecs
import csv
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import TextIOBase
from itertools import islice
from pathlib import Path

from newsletter.audience.cells import FIELD_LENGTH, cleaned, cleaned_name, unguarded
from newsletter.audience.headings import Column, Meaning, read_headings, read_status
from newsletter.audience.subscriber import SubscriptionState, SuppressionReason
from newsletter.errors import EditFile, WrongUse
from newsletter.finding import Finding, Level

_LINE_LENGTH = 1_000_000
_RECORD_LINES = 100
"""More lines than this are no cell with line breaks but a quotation mark that nobody closed."""
_JUDGED = {Meaning.FIELD, Meaning.STATE, Meaning.SUPPRESSION, Meaning.STATUS}
_GRAVITY = (SubscriptionState.CONFIRMED, SubscriptionState.PENDING, SubscriptionState.ENDED)
_NEVER_CLOSED = "a quotation mark is opened and never closed"


@dataclass(frozen=True, slots=True)
class Row:
    """One person as a sheet has them; the address is not looked at yet."""

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
        digest, found, broken_line = _survey(path)
        with path.open(encoding=encoding or found, errors="replace", newline="") as file:
            first = file.readline(_LINE_LENGTH)
            told = re.fullmatch(r'"?sep=([,;\t|])"?\s*', first)  # how Excel is told
            header = file.readline(_LINE_LENGTH) if told else first
            file.seek(0)
            separator = told[1] if told else _separator(header)
            skipped = 2 if told else 1
            line, cells = next(islice(_records(file, separator), skipped - 1, None), (1, []))
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
    places = {
        meaning: next((index for index, column in enumerate(sheet.columns) if column.meaning is meaning), None)
        for meaning in Meaning
    }
    with sheet.path.open(encoding=sheet.encoding, errors="replace", newline="") as file:
        records = _records(file, sheet.separator)
        for _ in range(sheet.header_records):
            next(records, None)
        for line, record in records:
            if isinstance(record, str):
                yield _finding(sheet.name, line, record, "Mend the line and import again; the rest was read")
            elif any(cells := [unguarded(cell.strip()) for cell in record]):
                yield from _read_row(sheet, places, line, cells)


def _read_row(
    sheet: Sheet, places: dict[Meaning, int | None], line: int, cells: list[str]
) -> Iterator[Row | Finding]:
    surplus = len(cells) - len(sheet.columns)
    if surplus > 0 and any(cells[len(sheet.columns) :]):
        yield _finding(
            sheet.name,
            line,
            f"{len(cells)} cells where the headings name {len(sheet.columns)}, so the last were left out",
            "A comma inside a cell needs quotation marks around the cell",
            Level.WARNING,
        )
    cells += [""] * -surplus
    fields: dict[str, str] = {}
    state, suppression = SubscriptionState.CONFIRMED, None
    for cell, column in zip(cells, sheet.columns, strict=False):
        if not cell or column.meaning not in _JUDGED:
            continue
        status = None if column.meaning is Meaning.FIELD else read_status(cell)
        if column.meaning is Meaning.SUPPRESSION and cell in set(SuppressionReason):
            status = SuppressionReason(cell)
        if isinstance(status, SuppressionReason):
            suppression = suppression or status
        elif status is not None:
            state = max(state, status, key=_GRAVITY.index)
        elif column.meaning in {Meaning.STATE, Meaning.SUPPRESSION}:
            yield _finding(
                sheet.name, line, f"unknown {column.field} '{cell}'", "Known: confirmed, pending, ended"
            )
            return
        else:
            fields[column.field] = cleaned(cell, FIELD_LENGTH)

    def cell_of(meaning: Meaning) -> str:
        place = places[meaning]
        return "" if place is None else cells[place]

    first, last = cleaned_name(cell_of(Meaning.FIRST_NAME)), cleaned_name(cell_of(Meaning.LAST_NAME))
    if not first and not last:
        first, _, last = cleaned_name(cell_of(Meaning.WHOLE_NAME)).partition(" ")
    consent = cleaned(cell_of(Meaning.CONSENT), FIELD_LENGTH)
    yield Row(line, cell_of(Meaning.EMAIL), first, last, fields, state, suppression, consent)


class _Lines:
    """The lines of a file for the csv module, which can be asked to hand the last ones out again."""

    def __init__(self, file: TextIOBase) -> None:
        self._file = file
        self._again: list[str] = []
        self.number = 0
        self.held: list[str] = []

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.held) >= _RECORD_LINES:
            raise csv.Error(_NEVER_CLOSED)
        line = self._again.pop() if self._again else self._file.readline(_LINE_LENGTH)
        if not line:
            raise StopIteration
        self.number += 1
        self.held.append(line)
        return line

    def hand_out_again(self, lines: Sequence[str]) -> None:
        self._again += reversed(lines)
        self.number -= len(lines)


def _records(file: TextIOBase, separator: str) -> Iterator[tuple[int, list[str] | str]]:
    """Read each record with the line it begins at: its cells, or what is wrong with that line.

    A quotation mark that nobody closes costs its own line, not the rest of the file.
    """
    csv.field_size_limit(_LINE_LENGTH)
    lines = _Lines(file)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        lines.held.clear()
        line = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            first, *rest = lines.held
            lines.hand_out_again(rest)
            reader = csv.reader(lines, delimiter=separator, strict=True)
            if rest or "end of data" in str(error):
                yield line, _NEVER_CLOSED
            else:  # text after a closing quotation mark, which every spreadsheet forgives
                yield line, next(csv.reader([first], delimiter=separator), [])
        else:
            if cells:
                yield line, cells


def _survey(path: Path) -> tuple[str, str, int | None]:
    """Return the file's digest, its encoding, and the first line that is not UTF-8 where that is why."""
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = 1
    broken: int | None = None
    with path.open("rb") as file:
        head = file.read(4096)
        file.seek(0)
        while chunk := file.read(1 << 20):
            digest.update(chunk)
            if broken is None:
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError as error:
                    broken = lines + error.object[: error.start].count(b"\n")
                lines += chunk.count(b"\n")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return digest.hexdigest(), "utf-16", None
    if head[1::2].count(0) > len(head) // 4:
        return digest.hexdigest(), "utf-16-le", None
    if head[::2].count(0) > len(head) // 4:
        return digest.hexdigest(), "utf-16-be", None
    return digest.hexdigest(), "utf-8-sig" if broken is None else "cp1252", broken


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
