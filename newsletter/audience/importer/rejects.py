"""Rejects: the rows that an import could not take, as a file to mend and import again."""

import csv
from collections.abc import Iterable, Iterator
from io import TextIOBase
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from newsletter.atomic_file import make_private_folder
from newsletter.audience.importer.csv_file import ImportFile
from newsletter.audience.importer.csv_reader import LINE_LENGTH, NEVER_CLOSED
from newsletter.audience.text_cleaning import cleaned, guarded
from newsletter.finding import Finding, Level

WHY = "rejected_because"
"""The column that says why; an import passes over it."""


class RejectedRows:
    """The file of rejected rows; it is made with the first of them, readable by its owner alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._file: TextIO | None = None
        self._sheet: ImportFile | None = None
        self._source: TextIOBase | None = None
        self._line = 0

    def note(self, sheet: ImportFile, findings: Iterable[Finding]) -> None:
        """Write the rows of which these findings are errors; their lines must come in order."""
        for finding in findings:
            if finding.level is Level.ERROR and finding.line:
                if sheet is not self._sheet:
                    self._begin(sheet)
                self._write(sheet, finding.line, finding.message)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in (self._file, self._source):
            if file is not None:
                file.close()

    def _begin(self, sheet: ImportFile) -> None:
        if self._file is None:
            make_private_folder(self.path.parent)
            self._file = self.path.open("w", encoding="utf-8", newline="")
            self.path.chmod(0o600)
        if self._source is not None:
            self._source.close()
        self._sheet, self._line = sheet, 0
        self._source = sheet.path.open(encoding=sheet.encoding, errors="replace", newline="")
        headings = [column.heading for column in sheet.columns] or ["row"]
        csv.writer(self._file).writerow([*map(guarded, headings), WHY])

    def _write(self, sheet: ImportFile, line: int, reason: str) -> None:
        assert self._file is not None
        lines = islice(self._lines(), max(line - self._line - 1, 0), None)
        if sheet.is_json:
            cells = [next(lines, "").strip()]
        else:  # a cell may have line breaks, unless that is what is wrong with the line
            record = islice(lines, 1) if reason == NEVER_CLOSED else lines
            cells = next(csv.reader(record, delimiter=sheet.separator), [])
        width = len(sheet.columns) or 1
        cells = [cleaned(cell, LINE_LENGTH) for cell in [*cells, *[""] * width][:width]]
        csv.writer(self._file).writerow([*map(guarded, cells), reason])
        self.count += 1

    def _lines(self) -> Iterator[str]:
        while self._source is not None and (text := self._source.readline(LINE_LENGTH)):
            self._line += 1
            yield text
