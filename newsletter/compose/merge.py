"""Merge tags: places in a part where one reader's value goes, escaped for where they stand.

`{{ subscriber.first_name | default("friend") }}` is all there is: a name and a default. It
is not Jinja, and nothing a stranger wrote is ever evaluated.
"""

import html
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote


class Context(StrEnum):
    """What surrounds a slot, which decides how a value is escaped."""

    HTML = "html"
    """HTML text or a quoted attribute."""
    LINK = "link"
    """A whole link in an href: http, https, mailto or tel, or nothing at all."""
    URL = "url"
    """A piece of a URL, percent-encoded."""
    PLAIN = "plain"
    """The text part or a header: as it is, without control characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One place where a reader's value goes."""

    name: str
    """`subscriber.first_name`, `subscriber.city`, or one of ours: `links.unsubscribe`."""
    default: str = ""
    context: Context


_LINK = re.compile(r"(https?://|mailto:|tel:)", re.IGNORECASE)

Part = tuple[str | Slot, ...]
"""A text cut at its slots; static pieces and slots in order."""


def escaped(value: str, context: Context) -> str:
    """Return `value` safe to stand in `context`, on one line and without control characters."""
    if not value.isprintable():
        value = "".join(" " if unicodedata.category(char) in {"Cc", "Zl", "Zp"} else char for char in value)
    if context is Context.HTML:
        return html.escape(value, quote=True)
    if context is Context.LINK:
        return html.escape(value, quote=True) if _LINK.match(value) else ""
    if context is Context.URL:
        return quote(value, safe="")
    return value


def filled(part: Part, values: Mapping[str, str]) -> str:
    """Return the part with each slot's value, or its default where there is none."""
    return "".join(
        piece if isinstance(piece, str) else escaped(values.get(piece.name) or piece.default, piece.context)
        for piece in part
    )
