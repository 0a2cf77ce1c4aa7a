"""A comment's words as HTML: paragraphs, lines and web addresses; never markup of the writer's own."""

import re
from itertools import pairwise

from linkify_it import LinkifyIt
from markupsafe import Markup, escape

_STEERING = re.compile("[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]")
"""Marks that turn the direction of writing; a name or a text could hide behind them."""
_LIST_MARK = re.compile(r"[ \t]*(?:[-*+•–>]|\d{1,3}[.)])[ \t]")
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
    html = _linked(lines[0])
    for before, line in pairwise(lines):
        is_wrapped = len(before) >= _FULL_LINE and not _LIST_MARK.match(line)
        html += (Markup("\n") if is_wrapped else Markup("<br>\n")) + _linked(line)
    return html


def _linked(line: str) -> Markup:
    """Link what begins with http:// or https://, and nothing else."""
    if "://" not in line:
        return escape(line)
    linkify = LinkifyIt(options={"fuzzy_link": False, "fuzzy_email": False, "fuzzy_ip": False})
    html, position = Markup(), 0
    for match in linkify.match(line) or ():
        if match.schema not in {"http:", "https:"}:
            continue
        link = Markup('<a href="{}" rel="nofollow ugc noopener">{}</a>').format(match.url, match.text)
        html += escape(line[position : match.index]) + link
        position = match.last_index
    return html + escape(line[position:])
