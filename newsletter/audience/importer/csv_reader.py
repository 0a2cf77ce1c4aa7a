"""CSV reader: the records of a file, each with the line it begins at, whatever is wrong with some of them.

Python's csv module does the parsing. On top of it, a quotation mark that is never closed costs its own line and not
the rest of the file, and text after a closing quotation mark is read as spreadsheets read it.
"""

import csv
from collections.abc import Iterator, Sequence
from functools import partial
from io import TextIOBase

LINE_LENGTH = 1_000_000
"""Characters of a line; the rest of a longer one is read as the next line."""
UNCLOSED_QUOTE = "a quotation mark is never closed"
_MAX_RECORD_LINES = 100
"""A record with more lines than this is no cell with line breaks but a quotation mark that was never closed."""


class _Lines:
    """The lines of a file for the csv module; the lines of a broken record can be pushed back and read again."""

    def __init__(self, file: TextIOBase) -> None:
        self._unread = iter(partial(file.readline, LINE_LENGTH), "")
        self._pushed_back: list[str] = []
        self.number = 0
        self.record: list[str] = []
        """The lines of the current record."""

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.record) >= _MAX_RECORD_LINES:
            raise csv.Error(UNCLOSED_QUOTE)
        line = self._pushed_back.pop() if self._pushed_back else next(self._unread)
        self.number += 1
        self.record.append(line)
        return line

    def push_back(self, lines: Sequence[str]) -> None:
        """Take back lines that were the last to be read."""
        self._pushed_back += reversed(lines)
        self.number -= len(lines)


def read_records(file: TextIOBase, separator: str) -> Iterator[tuple[int, list[str] | str]]:
    """Yield each record with the line it begins at: its cells, or what is wrong with that line. Skips blank lines."""
    csv.field_size_limit(LINE_LENGTH)
    lines = _Lines(file)
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        lines.record.clear()
        line = lines.number + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            first, *others = lines.record
            lines.push_back(others)
            reader = csv.reader(lines, delimiter=separator, strict=True)
            if others or "end of data" in str(error):
                yield line, UNCLOSED_QUOTE
                continue
            # text after a closing quotation mark, which every spreadsheet forgives
            cells = next(csv.reader([first], delimiter=separator), [])
        if cells:
            yield line, cells
