"""Import report: what an import did, or would do, with every row, and the file of the rows that it rejected."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from io import TextIOBase
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from newsletter.atomic_file import make_private_folder
from newsletter.audience.importer.csv_file import ImportFile
from newsletter.audience.importer.csv_reader import LINE_LENGTH, UNCLOSED_QUOTE
from newsletter.audience.text_cleanup import cleaned, guarded
from newsletter.finding import Finding, Level

NAMED_AT_MOST = 1000
"""How many results and findings a merged report holds at most; its counts count all rows."""
REASON_COLUMN = "rejected_because"
"""The column with the reason; an import ignores it."""


class RowStatus(StrEnum):
    """What became of one row."""

    ADDED = "added"
    UPDATED = "updated"
    KNOWN = "already there"
    REPEATED = "repeated"
    """The same address is further up in the file."""
    KEPT_OUT = "kept out"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowResult:
    """What became of one row; the reason says why the person is kept out."""

    line: int
    address: str
    status: RowStatus
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What became of the rows of one batch, or of a whole import."""

    file: str
    list_name: str
    counts: Mapping[RowStatus, int] = field(default_factory=dict)
    kept_out: Mapping[str, int] = field(default_factory=dict)
    """By reason: unsubscribed, bounced, complained, erased, manual."""
    pending: int = 0
    """How many of the added are pending, and so get no email."""
    reserved: int = 0
    """Addresses reserved for documentation and tests (RFC 2606), which reach nobody."""
    flagged: Mapping[str, int] = field(default_factory=dict)
    """By suspected problem of an address: a role address, a disposable domain, a likely typo."""
    results: tuple[RowResult, ...] = ()
    """Who was kept out; in a dry run, everybody."""
    findings: tuple[Finding, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows were read, including rejected ones."""
        return sum(self.counts.values())

    def count(self, status: RowStatus) -> int:
        """How many rows have this status."""
        return self.counts.get(status, 0)

    def merged(self, later: "ImportReport") -> "ImportReport":
        """Return this report with the next batch's counted in."""
        return replace(
            self,
            counts=Counter(self.counts) + Counter(later.counts),
            kept_out=Counter(self.kept_out) + Counter(later.kept_out),
            flagged=Counter(self.flagged) + Counter(later.flagged),
            pending=self.pending + later.pending,
            reserved=self.reserved + later.reserved,
            results=(self.results + later.results)[:NAMED_AT_MOST],
            findings=(self.findings + later.findings)[:NAMED_AT_MOST],
        )


class RejectedRows:
    """The CSV file of rejected rows with reasons; created with the first one, and readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._file: TextIO | None = None
        self._source: ImportFile | None = None
        self._input: TextIOBase | None = None
        self._line = 0

    def note(self, source: ImportFile, findings: Iterable[Finding]) -> None:
        """Write the rows whose findings are errors; findings must be in line order."""
        for finding in findings:
            if finding.level is Level.ERROR and finding.line:
                if source is not self._source:
                    self._begin(source)
                self._write(source, finding.line, finding.message)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in (self._file, self._input):
            if file is not None:
                file.close()

    def _begin(self, source: ImportFile) -> None:
        if self._file is None:
            make_private_folder(self.path.parent)
            self._file = self.path.open("w", encoding="utf-8", newline="")
            self.path.chmod(0o600)
        if self._input is not None:
            self._input.close()
        self._source, self._line = source, 0
        self._input = source.path.open(encoding=source.encoding, errors="replace", newline="")
        headings = [column.heading for column in source.columns] or ["row"]
        csv.writer(self._file).writerow([*map(guarded, headings), REASON_COLUMN])

    def _write(self, source: ImportFile, line: int, reason: str) -> None:
        assert self._file is not None
        lines = islice(self._lines(), max(line - self._line - 1, 0), None)
        if source.is_json:
            cells = [next(lines, "").strip()]
        else:  # a cell may have line breaks, unless that is what is wrong with the line
            record = islice(lines, 1) if reason == UNCLOSED_QUOTE else lines
            cells = next(csv.reader(record, delimiter=source.separator), [])
        width = len(source.columns) or 1
        cells = [cleaned(cell, LINE_LENGTH) for cell in [*cells, *[""] * width][:width]]
        csv.writer(self._file).writerow([*map(guarded, cells), reason])
        self.count += 1

    def _lines(self) -> Iterator[str]:
        while self._input is not None and (text := self._input.readline(LINE_LENGTH)):
            self._line += 1
            yield text
