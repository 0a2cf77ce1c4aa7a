"""Custom fields and tags: what the author knows of subscribers besides their names.

A field holds text, a number, a date, or yes or no. Values are kept as text in one spelling of their kind, so that
segments compare them like any other text.
"""

import re
from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from sqlalchemy import Connection, delete

from newsletter.audience.tables import insert_missing, tags
from newsletter.audience.text_cleanup import cleaned_tag
from newsletter.database import Database


class FieldKind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    YES_NO = "yes/no"


_YES = frozenset({"yes", "y", "true", "t", "1", "on", "ja", "oui", "si", "sí", "sim", "да", "是", "はい"})
_NO = frozenset({"no", "n", "false", "f", "0", "off", "nein", "non", "não", "нет", "否", "いいえ"})
_NUMBER = re.compile(r"([+-]?)([0-9]{1,15})(?:([.,])([0-9]{1,15}))?")
_ISO = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})[-/.]([0-9]{1,2})(?:[T ].*)?")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"({'|'.join(_MONTHS)})[a-z]{{0,6}}\.?"
_SPELLED = re.compile(rf"(?:{_MONTH} ([0-9]{{1,2}})|([0-9]{{1,2}}) {_MONTH}),? ([0-9]{{4}})(?:[ ,].*)?", re.IGNORECASE)
"""`Jan 5, 2024` and `5 January 2024`, which no two people read differently."""
_DAY_FIRST = re.compile(r"([0-9]{1,2})([./-])([0-9]{1,2})\2([0-9]{4})(?:[T ,].*)?")


def read_value(kind: FieldKind, text: str) -> str | None:
    """Return a value in the spelling of its kind, None if it is not of that kind. Idempotent.

    A comma is a decimal sign, except before three digits, where it may separate thousands. Of a date whose day and
    month could be swapped, only the spelling with dots is read, day first.
    """
    match kind:
        case FieldKind.NUMBER:
            return _number(text)
        case FieldKind.DATE:
            return _date(text)
        case FieldKind.YES_NO:
            word = text.casefold()
            return "yes" if word in _YES else "no" if word in _NO else None
        case FieldKind.TEXT:
            return text


class KindGuess:
    """A guess at what a field holds: the narrowest kind that all values seen so far have."""

    def __init__(self) -> None:
        self._candidates = [FieldKind.YES_NO, FieldKind.NUMBER, FieldKind.DATE]
        self.count = 0
        self.example = ""

    def add(self, value: str) -> None:
        """Take one more value into account."""
        self.count += 1
        self.example = self.example or value
        if self._candidates:
            self._candidates = [kind for kind in self._candidates if read_value(kind, value) is not None]

    @property
    def kind(self) -> FieldKind:
        """Yes/no, then number, then date, else text."""
        return self._candidates[0] if self._candidates and self.count else FieldKind.TEXT


def is_no(text: str) -> bool:
    """Return whether a cell says no, or nothing."""
    return text.casefold() in _NO or text.casefold() in {"", "-", "null", "none", "never", "n/a"}


def _number(text: str) -> str | None:
    match = _NUMBER.fullmatch(text)
    if not match or (match[3] == "," and len(match[4]) == 3):
        return None
    sign = "-" if match[1] == "-" else ""
    return f"{sign}{match[2]}.{match[4]}" if match[3] else f"{sign}{match[2]}"


def _date(text: str) -> str | None:
    if match := _ISO.fullmatch(text):
        year, month, day = int(match[1]), int(match[2]), int(match[3])
    elif match := _DAY_FIRST.fullmatch(text):
        day, month, year = int(match[1]), int(match[3]), int(match[4])
        if month > 12 >= day:
            day, month = month, day
        elif match[2] != "." and day <= 12 and day != month:
            return None
    elif match := _SPELLED.fullmatch(text):
        year, month, day = (
            int(match[5]),
            _MONTHS.index((match[1] or match[4]).lower()) + 1,
            int(match[2] or match[3]),
        )
    else:
        return None
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def change_tags(
    database: Database, subscriber_id: int, *, added: Iterable[str] = (), removed: Iterable[str] = ()
) -> None:
    """Add tags to a subscriber and remove others."""
    removed_tags = [cleaned_tag(name) for name in removed]
    with database.write() as connection:
        connection.execute(delete(tags).where(tags.c.subscriber_id == subscriber_id, tags.c.tag.in_(removed_tags)))
        add_tags(connection, subscriber_id, added)


def add_tags(connection: Connection, subscriber_id: int, names: Iterable[str]) -> None:
    """Add tags to a subscriber within the caller's transaction; existing tags stay."""
    rows = [{"subscriber_id": subscriber_id, "tag": tag} for tag in dict.fromkeys(map(cleaned_tag, names)) if tag]
    if rows:
        connection.execute(insert_missing(connection, tags), rows)


def delete_tags(connection: Connection, subscriber_id: int | None) -> None:
    """Delete all tags of a subscriber within the caller's transaction."""
    connection.execute(delete(tags).where(tags.c.subscriber_id == subscriber_id))
