"""The cells of a table: which is the last of its row, and whether their words fit a phone unbroken."""

import re
import unicodedata
from collections.abc import Iterator

from lxml import html

_PHONE = 290
"""The text's width in CSS pixels on a phone where every style sheet is removed, less what fonts differ by."""
_GAP = 16
"""Between two columns, there."""
_MANY = 10
"""Columns beyond this number stand closer, and are set smaller."""
_CODE = frozenset({"code", "kbd", "samp", "tt"})
_WIDE = "\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\uff00-\uffef"
_UNBROKEN = re.compile(rf"[^\s{_WIDE}]+|[{_WIDE}]")
"""What no line breaks within: a word, or one wide character."""


def mark_cells(table: html.HtmlElement) -> None:
    """Mark the last cell of each row, and a table whose words need no breaking on a phone."""
    rows = [list(row) for row in table.iter("tr") if len(row)]
    for heading in table.iterfind(".//thead//th"):
        heading.set("scope", "col")
    for cells in rows:
        cells[-1].set("class", f"{cells[-1].get('class') or ''} last".strip())
    count = max((len(cells) for cells in rows), default=0)
    if count > _MANY:
        for cells in rows:
            for cell in cells:
                cell.set("style", "padding:4px 2px;font-size:12px;line-height:16px")
    needed = [max((_needed(cells[at]) for cells in rows if at < len(cells)), default=0.0) for at in range(count)]
    if sum(needed) + _GAP * (count - 1) <= _PHONE:
        table.set("class", f"{table.get('class') or ''} whole".strip())


def _needed(cell: html.HtmlElement) -> float:
    """Return about how many CSS pixels the longest word of a cell takes, at 16 px."""
    return max((_width(word, is_code=is_code) for word, is_code in _words(cell)), default=0.0)


def _words(cell: html.HtmlElement) -> Iterator[tuple[str, bool]]:
    """Yield each word of a cell, and whether it is set as code."""
    for element in cell.iter():
        is_code = element.tag in _CODE or next(element.iterancestors(*_CODE), None) is not None
        if isinstance(element.tag, str):
            yield from ((word, is_code) for word in _UNBROKEN.findall(element.text or ""))
        if element is not cell:
            is_inside = next(element.iterancestors(*_CODE), None) is not None
            yield from ((word, is_inside) for word in _UNBROKEN.findall(element.tail or ""))


def _width(word: str, *, is_code: bool) -> float:
    return 9.2 * len(word) + 8 if is_code else sum(map(_letter, word))


def _letter(char: str) -> float:
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    if unicodedata.east_asian_width(char) in "WF":
        return 16
    return 10.5 if char.isupper() or char > "\u02ff" else 8.2
