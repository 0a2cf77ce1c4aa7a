"""Import file: a CSV file whose charset, separator, header and columns are recognised, whatever program wrote it.

`inspect_file` reads the file once for its digest and charset, and then its first lines. The rows are read later, one
by one (`rows`), so memory stays flat. A JSON Lines file is one of our own exports and has no columns.
"""

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from newsletter.audience.importer.columns import Column, Header, heading_key, read_header
from newsletter.audience.importer.csv_charset import FileSurvey, charset_name, survey
from newsletter.audience.importer.csv_reader import LINE_LENGTH, read_records
from newsletter.audience.importer.vendor_formats import ImportedStatus, VendorFormat, status_of_file
from newsletter.audience.text_cleanup import cleaned
from newsletter.errors import ContentError, UsageError
from newsletter.finding import Finding, Level

_SAMPLE_ROWS = 20
_looks_like_an_address = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^@\s,;.]+").fullmatch
_SEPARATOR_LINE = re.compile(r'"?sep=([,;\t|])"?\s*')
"""The line that tells Excel the separator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportFile:
    """A file of people whose charset, separator and columns are known."""

    path: Path
    name: str
    """How messages and consent records name the file."""
    digest: str
    """SHA-256 of its bytes, in hex."""
    encoding: str
    separator: str
    columns: tuple[Column, ...]
    header_records: int
    findings: tuple[Finding, ...]
    format: VendorFormat | None = None
    """The program whose export it is, where that is known."""
    status: ImportedStatus | None = None
    """What the file's name says against mailing everybody in it."""
    is_json: bool = False
    """Whether it is JSON Lines of our own; then there are no columns."""


def inspect_file(
    path: Path, *, encoding: str | None = None, mapping: Mapping[str, str] | None = None, name: str = ""
) -> ImportFile:
    """Recognise a file's charset, separator and columns.

    `mapping` says what columns mean, by their headings, or which field they become. Raises UsageError if the file
    cannot be read, ContentError if no column holds addresses.
    """
    name = name or path.name
    try:
        surveyed = survey(path)
        if path.suffix.lower() in {".jsonl", ".ndjson"}:
            return _json_file(path, name, surveyed)
        with path.open(encoding=encoding or surveyed.encoding, errors="replace", newline="") as file:
            first = file.readline(LINE_LENGTH)
            separator_line = _SEPARATOR_LINE.fullmatch(first)
            header_line = file.readline(LINE_LENGTH) if separator_line else first
            file.seek(0)
            separator = separator_line[1] if separator_line else _guess_separator(header_line)
            header_records = 2 if separator_line else 1
            records = islice(read_records(file, separator), header_records - 1, None)
            line, cells = next(records, (1, []))
            sample = [row for _, row in islice(records, _SAMPLE_ROWS) if not isinstance(row, str)]
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}") from error
    except LookupError as error:
        raise UsageError(f"unknown encoding '{encoding}'. Try utf-8, cp1252 or utf-16") from error
    header = read_header(cells, mapping) if isinstance(cells, list) else Header(columns=())
    if not header.has_addresses and (heading := _heading_of_addresses(cells, sample)) is not None:
        header = read_header(cells, {heading: "email", **(mapping or {})})
    if not header.has_addresses:
        raise ContentError([_no_address_column(name, line, cells)])
    is_mailchimp = header.format is not None and header.format.name == "Mailchimp"
    return ImportFile(
        path=path,
        name=name,
        digest=surveyed.digest,
        encoding=encoding or surveyed.encoding,
        separator=separator,
        columns=header.columns,
        header_records=header_records,
        findings=() if encoding else tuple(_not_utf8(name, surveyed)),
        format=header.format,
        status=status_of_file(path.name) if is_mailchimp else None,
    )


def row_finding(name: str, line: int, message: str, remedy: str, level: Level = Level.ERROR) -> Finding:
    """Return a finding about one line of an import file."""
    return Finding(rule="import", level=level, file=name, line=line, message=message, remedy=remedy)


def _json_file(path: Path, name: str, surveyed: FileSurvey) -> ImportFile:
    return ImportFile(
        path=path,
        name=name,
        digest=surveyed.digest,
        encoding="utf-8-sig",
        separator="",
        columns=(),
        header_records=0,
        findings=(),
        is_json=True,
    )


def _guess_separator(header_line: str) -> str:
    """Return the separator with which the header makes most sense: a column of addresses, then most columns."""

    def rank(separator: str) -> tuple[bool, int]:
        cells = next(csv.reader([header_line], delimiter=separator), [])
        return read_header(cells).has_addresses, len(cells)

    return max((",", ";", "\t", "|"), key=rank)


def _heading_of_addresses(cells: Sequence[str] | str, rows: Sequence[Sequence[str]]) -> str | None:
    """Return the heading of the only column whose cells all are addresses, in whatever language it is named."""
    if isinstance(cells, str) or any("@" in cell for cell in cells):
        return None
    headings = [
        heading
        for index, heading in enumerate(cells)
        if (values := [row[index].strip() for row in rows if index < len(row) and row[index].strip()])
        and all(map(_looks_like_an_address, values))
    ]
    return headings[0] if len(headings) == 1 and heading_key(headings[0]) else None


def _no_address_column(name: str, line: int, cells: Sequence[str] | str) -> Finding:
    shown = ", ".join(cleaned(cell, 40) for cell in cells[:6]) if not isinstance(cells, str) else ""
    if shown.startswith(("[", "{")):
        remedy = "Save it as CSV, or as JSON Lines (one object a line) in a .jsonl file"
        return row_finding(name, line, "this is JSON, not a table", remedy)
    if "@" in shown:
        message = "the first line has no column names"
        return row_finding(name, line, message, "Add a first line such as 'email,first_name,last_name'")
    reads = f"; it reads '{shown}'" if shown else ", which is empty"
    message = f"no column named 'email' in the first line{reads}"
    return row_finding(name, line, message, "Name one of the columns email, or use --map COLUMN=email")


def _not_utf8(name: str, surveyed: FileSurvey) -> list[Finding]:
    if surveyed.not_utf8_line is None:
        return []
    message = f"not UTF-8 from here on, so the whole file was read as {charset_name(surveyed.encoding)}"
    remedy = "If names look wrong, save it as UTF-8 or name its charset with --encoding"
    return [row_finding(name, surveyed.not_utf8_line, message, remedy, Level.WARNING)]
