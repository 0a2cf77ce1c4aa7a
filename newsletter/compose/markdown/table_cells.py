"""Table cells: marks the last cell of each row, and tables that fit a phone without breaking a word."""

import re
import unicodedata
from collections.abc import Iterator

from lxml import html

_PHONE = 290
"""The text width in CSS pixels on a phone that removes style sheets, with a margin for other fonts."""
_GAP = 16
"""The gap between two columns there."""
_MAX_COLUMNS = 10
"""A table with more columns gets smaller type and padding."""
_CODE = frozenset({"code", "kbd", "samp", "tt"})
_WIDE = "\u2e80-\ua4cf\uac00-\ud7af\uf900-\ufaff\uff00-\uffef"
_UNBROKEN = re.compile(rf"[^\s{_WIDE}]+|[{_WIDE}]")
"""Text that never wraps inside: a word, or one wide character."""


def mark_cells(table: html.HtmlElement) -> None:
    """Set the class `last` on each row's last cell, and `whole` on a table that fits a phone with no word broken."""
    rows = [list(row) for row in table.iter("tr") if len(row)]
    for heading in table.iterfind(".//thead//th"):
        heading.set("scope", "col")
    for cells in rows:
        cells[-1].set("class", f"{cells[-1].get('class') or ''} last".strip())
    count = max((len(cells) for cells in rows), default=0)
    if count > _MAX_COLUMNS:
        for cells in rows:
            for cell in cells:
                cell.set("style", "padding:4px 2px;font-size:12px;line-height:16px")
    widths = [
        max((_longest_word_width(cells[at]) for cells in rows if at < len(cells)), default=0.0) for at in range(count)
    ]
    if sum(widths) + _GAP * (count - 1) <= _PHONE:
        table.set("class", f"{table.get('class') or ''} whole".strip())


def _longest_word_width(cell: html.HtmlElement) -> float:
    """Return the approximate width of a cell's longest word in CSS pixels, at a font size of 16 px."""
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
    return 9.2 * len(word) + 8 if is_code else sum(map(_character_width, word))


def _character_width(char: str) -> float:
    if unicodedata.category(char) in {"Mn", "Me", "Cf"}:
        return 0
    if unicodedata.east_asian_width(char) in "WF":
        return 16
    return 10.5 if char.isupper() or char > "\u02ff" else 8.2
