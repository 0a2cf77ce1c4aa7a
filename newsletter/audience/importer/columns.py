"""Headings: what the columns of somebody's CSV file mean, whatever program wrote them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter.audience.importer.meaning import Meaning
from newsletter.audience.importer.vendor_formats import Format, recognise
from newsletter.audience.text_cleaning import cleaned
from newsletter.errors import UsageError
from newsletter.finding import suggest

LEFT_OUT = "-"
"""What a mapping says of a column that is not wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its meaning, and the name under which a field is kept."""

    meaning: Meaning
    field: str
    heading: str = ""
    """As the file has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Headings:
    """The columns of a file, and the program whose export it is, where that is known."""

    columns: tuple[Column, ...]
    format: Format | None = None

    @property
    def has_addresses(self) -> bool:
        """Whether a column holds addresses."""
        return any(column.meaning is Meaning.EMAIL for column in self.columns)


_MEANINGS = {
    **dict.fromkeys(
        ("email", "emailaddress", "mail", "mailaddress", "subscriberemail", "courriel", "correo", "eposta"),
        Meaning.EMAIL,
    ),
    **dict.fromkeys(("firstname", "givenname", "forename", "fname", "prénom", "vorname"), Meaning.FIRST_NAME),
    **dict.fromkeys(("lastname", "surname", "familyname", "lname", "nachname"), Meaning.LAST_NAME),
    **dict.fromkeys(("name", "fullname"), Meaning.WHOLE_NAME),
    "subscriptionstate": Meaning.STATE,
    "suppressed": Meaning.SUPPRESSION,
    **dict.fromkeys(("status", "state", "subscriptionstatus", "emailstatus"), Meaning.STATUS),
    **dict.fromkeys(
        ("unsubscribedat", "unsubtime", "unsubscribed", "optedout", "optouttime", "unsubscribedate", "optoutdate"),
        Meaning.LEFT,
    ),
    **dict.fromkeys(("cleantime", "bouncedat", "bounced", "hardbounced"), Meaning.BOUNCED),
    **dict.fromkeys(("complainedat", "markedasspamat"), Meaning.COMPLAINED),
    "consent": Meaning.CONSENT,
    "rejectedbecause": Meaning.NOTHING,
    **dict.fromkeys(("tags", "tag"), Meaning.TAGS),
    **dict.fromkeys(("attributes", "metadata", "extraattributes", "customfields"), Meaning.ATTRIBUTES),
}
_CHOICES = {
    **{name: meaning for name, meaning in _MEANINGS.items() if meaning is not Meaning.STATE},
    "consent": Meaning.PROOF,
}
"""What a mapping may name besides a field of its own."""
RESERVED = {"email", "first_name", "last_name", "name", "domain", "tags"}
"""What a field cannot be called, since it is known of everybody."""
_OFTEN = frozenset(Meaning) - {
    Meaning.EMAIL,
    Meaning.FIRST_NAME,
    Meaning.LAST_NAME,
    Meaning.WHOLE_NAME,
    Meaning.STATE,
    Meaning.SUPPRESSION,
    Meaning.CONSENT,
    Meaning.JOINED,
}
"""Meanings that several columns may have; of the others the first column counts."""
_KEPT = {Meaning.FIELD, Meaning.STATUS, Meaning.ATTRIBUTES}
"""Meanings of columns that may become a field of their own name."""


def read_headings(cells: Sequence[str], mapping: Mapping[str, str] | None = None) -> Headings:
    """Say what each column means; case, spaces and underscores in headings do not matter.

    A mapping from headings to what they mean, or to a field's name, goes before what is recognised; UsageError
    where it names a column that is not there.
    """
    wanted = _mapped(cells, mapping or {})
    letters = [letters_of(cell) for cell in cells]
    format = recognise(letters)
    columns: list[Column] = []
    for number, (cell, word) in enumerate(zip(cells, letters, strict=True), 1):
        if cell in wanted:
            meaning, field = wanted[cell]
        else:
            known = format.meanings.get(word) if format else None
            meaning, field = known or _MEANINGS.get(word, Meaning.FIELD), ""
            if any(known is meaning for known, _ in wanted.values()) and meaning not in _OFTEN:
                meaning = Meaning.FIELD
        if meaning not in _OFTEN and meaning in {column.meaning for column in columns}:
            meaning = Meaning.FIELD
        taken = RESERVED | {column.field for column in columns if column.meaning in _KEPT}
        name = field or _field_name(cell, number, taken)
        columns.append(Column(meaning=meaning, field=name, heading=cleaned(cell, 60)))
    return Headings(columns=tuple(columns), format=format)


def meaning_of(heading: str) -> Meaning | None:
    """Return what a heading means in a file of an unknown program, None if it is a field's name."""
    return _MEANINGS.get(letters_of(heading))


def letters_of(heading: str) -> str:
    """Return what of a heading matters."""
    return re.sub(r"[\W_]+", "", heading.casefold())


def _mapped(cells: Sequence[str], mapping: Mapping[str, str]) -> dict[str, tuple[Meaning, str]]:
    wanted: dict[str, tuple[Meaning, str]] = {}
    for heading, told in mapping.items():
        cell = next((cell for cell in cells if letters_of(cell) == letters_of(heading)), None)
        if cell is None:
            raise UsageError(f"--map {heading}={told}: no column '{heading}'. {suggest(heading, cells)}")
        if told.strip() in {LEFT_OUT, ""}:
            wanted[cell] = (Meaning.NOTHING, "")
        elif told.strip().casefold() == "joined":
            wanted[cell] = (Meaning.JOINED, "joined")
        else:
            meaning = _CHOICES.get(letters_of(told), Meaning.FIELD)
            wanted[cell] = (meaning, _field_name(told, 0, set()) if meaning is Meaning.FIELD else "")
    return wanted


def _field_name(cell: str, number: int, taken: set[str]) -> str:
    name = re.sub(r"\W+", "_", cleaned(cell, 60).casefold()).strip("_") or f"column_{number}"
    unique, count = name, 2
    while unique in taken:
        unique, count = f"{name}_{count}", count + 1
    return unique
