"""Records: a CSV file's encoding, and its records with the lines they begin at, whatever is wrong with some."""

import codecs
import csv
import hashlib
import unicodedata
from collections.abc import Iterator, Sequence
from functools import partial
from io import TextIOBase
from itertools import islice
from pathlib import Path

from newsletter.audience.importer.csv_charset import guess_encoding, wide_encoding
from newsletter.audience.text_cleaning import FIELD_LENGTH

LINE_LENGTH = 1_000_000
_GROUP = 1000
"""Lines that are read at once where none of them is special."""
_FEW = 50
_GROUP_LENGTH = 4_000_000
_SAMPLE = 64_000
_RECORD_LINES = 100
"""More lines than this are no cell with line breaks but a quotation mark that nobody closed."""
_UNCLEAN = ("  ", ", ", " ,", ",'")
"""What a cell may hold that cells are cleaned of, with a comma before and after each cell."""
NEVER_CLOSED = "a quotation mark is opened and never closed"


class _Lines:
    """The lines of a file for the csv module, which can be asked to hand the last ones out again."""

    def __init__(self, file: TextIOBase) -> None:
        self._fresh = iter(partial(file.readline, LINE_LENGTH), "")
        self._again: list[str] = []
        self.number = 0
        self.held: list[str] = []

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if len(self.held) >= _RECORD_LINES:
            raise csv.Error(NEVER_CLOSED)
        line = self._again.pop() if self._again else next(self._fresh, "")
        if not line:
            raise StopIteration
        self.number += 1
        self.held.append(line)
        return line

    @property
    def has_again(self) -> bool:
        """Whether there are lines that were handed back."""
        return bool(self._again)

    def hand_out_again(self, lines: Sequence[str]) -> None:
        """Take lines back that were the last to be handed out."""
        self._again += reversed(lines)
        self.number -= len(lines)

    def group(self) -> list[str]:
        """Take the next lines at once."""
        lines: list[str] = []
        length = 0
        while len(lines) < _GROUP and length < _GROUP_LENGTH and (some := list(islice(self._fresh, _FEW))):
            lines += some
            length += sum(map(len, some))
        self.number += len(lines)
        return lines


def read_records(file: TextIOBase, separator: str) -> Iterator[tuple[int, list[str] | str, bool]]:
    """Read each record with the line it begins at: its cells, or what is wrong with that line.

    The third says whether every cell is as `cells` would have it, so that none needs cleaning.
    A quotation mark that nobody closes costs its own line, not the rest of the file.
    """
    for first, records, is_plain in read_groups(file, separator):
        for line, cells in enumerate(records, first):
            if cells:
                yield line, cells, is_plain


def read_groups(file: TextIOBase, separator: str) -> Iterator[tuple[int, Sequence[list[str] | str], bool]]:
    """Read the same in groups whose records are on lines that follow each other; a blank line has no cells.

    In a group whose cells need no cleaning there is nothing wrong with any line.
    """
    csv.field_size_limit(LINE_LENGTH)
    lines = _Lines(file)
    while group := lines.group():
        try:
            records = list(csv.reader(group, delimiter=separator, strict=True))
        except csv.Error:
            records = []
        if len(records) == len(group):  # so each line is one record
            yield lines.number - len(group) + 1, records, _is_plain(group, separator)
        else:
            lines.hand_out_again(group)
            for line, cells in _read_slowly(lines, separator):
                yield line, [cells], False


def _is_plain(lines: Sequence[str], separator: str) -> bool:
    """Return whether no cell of these lines needs cleaning; looking at many lines at once is what is fast."""
    if max(map(len, lines)) > FIELD_LENGTH:
        return False
    text = "".join(["\n", *lines, "\n"])
    if separator == "\t" and '"' in text:  # a quoted one may be in a cell
        return False
    for sign, meaning in (("\r\n", "\n"), ("\n", ","), (separator, ","), ('"', "")):
        if sign[0] in text:
            text = text.replace(sign, meaning)
    if any(sign in text for sign in _UNCLEAN) or ("?" in text and ("=?" in text or "?=" in text)):
        return False
    return text.isprintable() and (text.isascii() or unicodedata.is_normalized("NFC", text))


def _read_slowly(lines: _Lines, separator: str) -> Iterator[tuple[int, list[str] | str]]:
    """Read record by record until the lines that were handed back, and the record they end in, are over."""
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while lines.has_again:
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
                yield line, NEVER_CLOSED
            else:  # text after a closing quotation mark, which every spreadsheet forgives
                yield line, next(csv.reader([first], delimiter=separator), [])
        else:
            yield line, cells


def survey(path: Path) -> tuple[str, str, int | None]:
    """Return the file's digest, its encoding, and the first line that is not UTF-8 where that is why."""
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder("utf-8")()
    lines = 1
    broken: int | None = None
    sample = b""
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
            if broken is not None and len(sample) < _SAMPLE:
                sample += b"".join(line for line in chunk.splitlines(True) if not line.isascii())[:_SAMPLE]
    if wide := wide_encoding(head):
        return digest.hexdigest(), wide, None
    return digest.hexdigest(), "utf-8-sig" if broken is None else guess_encoding(sample), broken
