"""A comment's words as HTML: paragraphs, lines and web addresses; never markup of the writer's own."""

import re
from itertools import pairwise

from markupsafe import Markup, escape

_STEERING = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")
"""Marks that turn the direction of writing; a name or a text could hide behind them."""
_LIST_MARK = re.compile(r"[ \t]*(?:[-*+•–>]|\d{1,3}[.)])[ \t]")
_ADDRESS = re.compile(r"\bhttps?://[^\W_][^\s<>\"]{0,2000}", re.IGNORECASE)
_AFTER_ADDRESS = ".,;:!?…'’”»*_"
"""What ends a sentence, not an address."""
_FULL_LINE = 56
"""From this many characters on, a line ended because a mail program wrapped it."""


def unsteered(text: str) -> str:
    """Return a stranger's text without the marks that turn the direction of writing."""
    return _STEERING.sub("", text)


def paragraphs(text: str) -> Markup:
    """Return plain text as HTML paragraphs; lines that were wrapped flow, short ones stay lines."""
    parts = re.split(r"\n[ \t]*\n\s*", unsteered(text).strip())
    return Markup("\n").join(Markup("<p>{}</p>").format(_lines(part)) for part in parts if part.strip())


def _lines(paragraph: str) -> Markup:
    lines = [line.rstrip() for line in paragraph.split("\n")]
    pieces = [_linked(lines[0])]
    for before, line in pairwise(lines):
        is_wrapped = len(before) >= _FULL_LINE and not _LIST_MARK.match(line)
        pieces += [Markup("\n") if is_wrapped else Markup("<br>\n"), _linked(line)]
    return Markup().join(pieces)


def _linked(line: str) -> Markup:
    """Link what begins with http:// or https://, and nothing else."""
    pieces: list[Markup] = []
    position = 0
    for match in _ADDRESS.finditer(line):
        address = _ended(match[0])
        pieces.append(escape(line[position : match.start()]))
        pieces.append(Markup('<a href="{0}" rel="nofollow ugc noopener">{0}</a>').format(address))
        position = match.start() + len(address)
    return Markup().join([*pieces, escape(line[position:])])


def _ended(address: str) -> str:
    """Return the address without the punctuation of the sentence it stands in; brackets of its own stay."""
    while address[-1] in _AFTER_ADDRESS or any(
        address.endswith(close) and address.count(close) > address.count(open_) for open_, close in ("()", "[]")
    ):
        address = address[:-1]
    return address
