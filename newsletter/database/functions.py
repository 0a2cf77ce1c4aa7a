"""Functions on texts that mean the same on every database, under the names that SQL calls them by.

SQLite gets them with each connection, from here; PostgreSQL keeps its own, which a migration makes.
"""

import re
from collections.abc import Callable
from typing import Any

_DAY = re.compile(r"([0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01]))(?:[T ].*)?")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?")


def fold_case(text: Any) -> str | None:
    """Return a text in small letters, letter by letter, whatever its script."""
    if text is None:
        return None
    whole = str(text)
    return whole.lower() if whole.isascii() else "".join(map(_small, whole))


def number_in(text: Any) -> float | None:
    """Return the number that a whole text is, None if it is none."""
    return float(text) if text is not None and _NUMBER.fullmatch(str(text)) else None


def domain_in(text: Any) -> str | None:
    """Return what follows the last @ of an address."""
    return None if text is None else str(text).rpartition("@")[2]


def day_in(text: Any) -> str | None:
    """Return the day that a text begins with, as ISO 8601 writes days, so that they sort; None if it has none."""
    found = None if text is None else _DAY.fullmatch(str(text))
    return found[1] if found else None


SQLITE_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "newsletter_folded": fold_case,
    "newsletter_number": number_in,
    "newsletter_domain": domain_in,
    "newsletter_day": day_in,
}


def _small(char: str) -> str:
    """Return one letter for one: a dotted I is an i, and a sigma is the same at a word's end."""
    if char in "İς":
        return "i" if char == "İ" else "σ"
    small = char.lower()
    return small if len(small) == 1 else char
