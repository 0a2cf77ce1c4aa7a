"""SQL functions on text that mean the same on SQLite and PostgreSQL, under the names that SQL calls them by.

Each SQLite connection gets these; PostgreSQL has its own, which a migration creates.
"""

import re
from collections.abc import Callable
from typing import Any

_DAY = re.compile(r"([0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01]))(?:[T ].*)?")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?")


def fold_case(text: Any) -> str | None:
    """Return a text in lower case, character by character, in any script."""
    if text is None:
        return None
    whole = str(text)
    return whole.lower() if whole.isascii() else "".join(map(_lower, whole))


def number_in(text: Any) -> float | None:
    """Return a text as a number; None if the whole text is not a number."""
    return float(text) if text is not None and _NUMBER.fullmatch(str(text)) else None


def domain_in(text: Any) -> str | None:
    """Return the domain of an address: what follows its last @."""
    return None if text is None else str(text).rpartition("@")[2]


def day_in(text: Any) -> str | None:
    """Return the ISO 8601 date that a text begins with; None if there is none."""
    match = None if text is None else _DAY.fullmatch(str(text))
    return match[1] if match else None


SQLITE_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "newsletter_folded": fold_case,
    "newsletter_number": number_in,
    "newsletter_domain": domain_in,
    "newsletter_day": day_in,
}


def _lower(char: str) -> str:
    """Return one character for one: a dotted capital I becomes i, and a final sigma a sigma."""
    if char in "İς":
        return "i" if char == "İ" else "σ"
    lower = char.lower()
    return lower if len(lower) == 1 else char
