"""Fields: what the author knows of people besides their names, as text, numbers, dates, or yes and no.

Values are kept as text in one spelling of their kind, so that the segment language compares them as it does any.
"""

import re
from datetime import date
from enum import StrEnum


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
    """Return a value in the spelling of its kind, None if it is not of that kind; twice is once.

    A comma is a decimal sign but before three digits, where it may be another; of a date whose day and month may
    be either, only the one with dots is read, as day first.
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
    """What a field may hold, as far as its values tell: the narrowest kind that all of them are of."""

    def __init__(self) -> None:
        self._left = [FieldKind.YES_NO, FieldKind.NUMBER, FieldKind.DATE]
        self.count = 0
        self.example = ""

    def see(self, value: str) -> None:
        """Take one more value into account."""
        self.count += 1
        self.example = self.example or value
        if self._left:
            self._left = [kind for kind in self._left if read_value(kind, value) is not None]

    @property
    def kind(self) -> FieldKind:
        """Yes/no, then number, then date, else text."""
        return self._left[0] if self._left and self.count else FieldKind.TEXT


def is_no(text: str) -> bool:
    """Return whether a cell says no, or nothing."""
    return text.casefold() in _NO or text.casefold() in {"", "-", "null", "none", "never", "n/a"}


def _number(text: str) -> str | None:
    found = _NUMBER.fullmatch(text)
    if not found or (found[3] == "," and len(found[4]) == 3):
        return None
    sign = "-" if found[1] == "-" else ""
    return f"{sign}{found[2]}.{found[4]}" if found[3] else f"{sign}{found[2]}"


def _date(text: str) -> str | None:
    if found := _ISO.fullmatch(text):
        year, month, day = int(found[1]), int(found[2]), int(found[3])
    elif found := _DAY_FIRST.fullmatch(text):
        day, month, year = int(found[1]), int(found[3]), int(found[4])
        if month > 12 >= day:
            day, month = month, day
        elif found[2] != "." and day <= 12 and day != month:
            return None
    elif found := _SPELLED.fullmatch(text):
        year, month, day = (
            int(found[5]),
            _MONTHS.index((found[1] or found[4]).lower()) + 1,
            int(found[2] or found[3]),
        )
    else:
        return None
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
