"""Alerts: quotations that begin with `[!NOTE]`, as GitHub and Obsidian write callouts."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it.token import Token

_MARK = re.compile(r"\[!(?P<kind>[A-Za-z][\w-]*)\][+-]?[ \t]*(?P<title>.*)")
_STYLES = {
    **dict.fromkeys(("note", "tip", "info", "important", "warning", "danger", "caution"), ""),
    **dict.fromkeys(("hint", "success", "check", "done"), "tip"),
    **dict.fromkeys(("error", "bug", "failure", "fail", "missing"), "danger"),
    "attention": "warning",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A quotation that is a callout."""

    style: str
    title: str
    tokens: Sequence[Token]
    """What it says, without its first line."""


def alert_in(chunk: Sequence[Token]) -> Alert | None:
    """Read a quotation's tokens; None for one that only quotes."""
    if len(chunk) < 5 or chunk[1].type != "paragraph_open" or not chunk[2].children:
        return None
    first, *rest = chunk[2].children
    mark = _MARK.fullmatch(first.content) if first.type == "text" else None
    if mark is None:
        return None
    title = mark["title"].strip()
    while rest and rest[0].type not in {"softbreak", "hardbreak"}:
        title += rest.pop(0).content
    kind = mark["kind"].lower()
    inner = list(chunk[1:-1])
    if rest:
        chunk[2].children = rest[1:]
        chunk[2].map = [chunk[2].map[0] + 1, chunk[2].map[1]] if chunk[2].map else None
    else:
        inner = inner[3:]
    return Alert(style=_STYLES.get(kind, "note") or kind, title=title.strip(), tokens=inner)
