"""A sheet: somebody's CSV file whose encoding, separator and columns are recognised, whatever program wrote it.

Memory stays flat: the file is read once for its digest and encoding, and once row by row.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from newsletter.audience.importer.columns import Column, Headings, letters_of, read_headings
from newsletter.audience.importer.csv_charset import spoken
from newsletter.audience.importer.csv_reader import LINE_LENGTH, read_records, survey
from newsletter.audience.importer.vendor_formats import Format, Standing, standing_of_file
from newsletter.audience.text_cleaning import cleaned
from newsletter.errors import ContentError, UsageError
from newsletter.finding import Finding, Level

_SAMPLE = 20
_LOOKS_LIKE_AN_ADDRESS = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;.]+").fullmatch


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFile:
    """A CSV file whose encoding, separator and columns are known."""

    path: Path
    name: str
    """How messages and consents name the file."""
    digest: str
    """SHA-256 of its bytes, in hex."""
    encoding: str
    separator: str
    columns: tuple[Column, ...]
    header_records: int
    findings: tuple[Finding, ...]
    format: Format | None = None
    """The program whose export it is, where that is known."""
    standing: Standing | None = None
    """How everybody in it stands at least, which the name of a program's file says."""
    is_json: bool = False
    """JSON Lines of our own; then there are no columns."""


def inspect_file(
    path: Path, *, encoding: str | None = None, mapping: Mapping[str, str] | None = None, name: str = ""
) -> ImportFile:
    """Look at a CSV file; UsageError if it cannot be read, ContentError if no column holds addresses.

    `mapping` says of headings what their columns mean, or the field they become.
    """
    name = name or path.name
    try:
        digest, found, broken_line = survey(path)
        if path.suffix.lower() in {".jsonl", ".ndjson"}:
            return _json_sheet(path, name, digest)
        with path.open(encoding=encoding or found, errors="replace", newline="") as file:
            first = file.readline(LINE_LENGTH)
            told = re.fullmatch(r'"?sep=([,;\t|])"?\s*', first)  # how Excel is told
            header = file.readline(LINE_LENGTH) if told else first
            file.seek(0)
            separator = told[1] if told else _separator(header)
            skipped = 2 if told else 1
            records = islice(read_records(file, separator), skipped - 1, None)
            line, cells, _ = next(records, (1, [], False))
            sample = [row for _, row, _ in islice(records, _SAMPLE) if not isinstance(row, str)]
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except LookupError as error:
        raise UsageError(f"unknown encoding '{encoding}'. Try utf-8, cp1252 or utf-16") from error
    headings = read_headings(cells, mapping) if isinstance(cells, list) else Headings(columns=())
    if not headings.has_addresses and (heading := _heading_of_addresses(cells, sample)) is not None:
        headings = read_headings(cells, {heading: "email", **(mapping or {})})
    if not headings.has_addresses:
        raise ContentError([_headless(name, line, cells)])
    doubt = [_not_utf8(name, broken_line, found)] if broken_line and encoding is None else []
    is_part = headings.format is not None and headings.format.name == "Mailchimp"
    return ImportFile(
        path=path,
        name=name,
        digest=digest,
        encoding=encoding or found,
        separator=separator,
        columns=headings.columns,
        header_records=skipped,
        findings=tuple(doubt),
        format=headings.format,
        standing=standing_of_file(path.name) if is_part else None,
    )


def _json_sheet(path: Path, name: str, digest: str) -> ImportFile:
    return ImportFile(
        path=path,
        name=name,
        digest=digest,
        encoding="utf-8-sig",
        separator="",
        columns=(),
        header_records=0,
        findings=(),
        is_json=True,
    )


def row_finding(name: str, line: int, message: str, remedy: str, level: Level = Level.ERROR) -> Finding:
    """Return what is wrong with a line of a sheet."""
    return Finding(rule="import", level=level, file=name, line=line, message=message, remedy=remedy)


def _separator(header: str) -> str:
    """Return the separator under which the headings make most sense."""

    def sense(separator: str) -> tuple[bool, int]:
        cells = next(csv.reader([header], delimiter=separator), [])
        return read_headings(cells).has_addresses, len(cells)

    return max((",", ";", "\t", "|"), key=sense)


def _heading_of_addresses(cells: Sequence[str] | str, rows: Sequence[Sequence[str]]) -> str | None:
    """Return the heading of the one column that holds addresses alone, in whatever language it is called so."""
    if isinstance(cells, str) or any("@" in cell for cell in cells):
        return None
    found = [
        heading
        for index, heading in enumerate(cells)
        if (told := [row[index].strip() for row in rows if index < len(row) and row[index].strip()])
        and all(map(_LOOKS_LIKE_AN_ADDRESS, told))
    ]
    return found[0] if len(found) == 1 and letters_of(found[0]) else None


def _headless(name: str, line: int, cells: Sequence[str] | str) -> Finding:
    found = ", ".join(cleaned(cell, 40) for cell in cells[:6]) if not isinstance(cells, str) else ""
    if found.startswith(("[", "{")):
        message = "JSON, and not a table"
        return row_finding(name, line, message, "Save it as CSV, or as JSON Lines, an object a line, in a .jsonl file")
    if "@" in found:
        message = "the first line names no columns"
        return row_finding(name, line, message, "Put 'email,first_name,last_name' above it")
    reads = f"; it reads '{found}'" if found else ", for there is none"
    message = f"no column named 'email' in the first line{reads}"
    return row_finding(name, line, message, "Name one of the columns email, or say --map COLUMN=email")


def _not_utf8(name: str, line: int, encoding: str) -> Finding:
    message = f"not UTF-8 from here on, so the whole file was read as {spoken(encoding)}"
    remedy = "If names look wrong, save it as UTF-8 or name its encoding"
    return row_finding(name, line, message, remedy, Level.WARNING)
