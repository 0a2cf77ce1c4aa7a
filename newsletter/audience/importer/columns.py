"""Columns of an imported CSV file: what each heading means, whatever program wrote it, and where each meaning is.

`read_header` maps headings to meanings: first what `--map` says, then the known export formats (`vendor_formats`),
then common headings in several languages. Every other column becomes a custom field. `column_positions` turns the
result into indexes, which the row reader uses.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from newsletter.audience.importer.vendor_formats import ColumnMeaning, VendorFormat, recognise_format
from newsletter.audience.text_cleanup import cleaned
from newsletter.errors import UsageError
from newsletter.finding import suggest

IGNORE = "-"
"""What `--map` says of a column that is not wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its meaning, and the name of the custom field that it may become."""

    meaning: ColumnMeaning
    field: str
    heading: str = ""
    """As it is written in the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The columns of a file, and the program whose export it is, where that is known."""

    columns: tuple[Column, ...]
    format: VendorFormat | None = None

    @property
    def has_addresses(self) -> bool:
        """Whether a column holds addresses."""
        return any(column.meaning is ColumnMeaning.EMAIL for column in self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnPositions:
    """The indexes of the columns of each meaning; -1 means that the file has no such column."""

    email: int
    first_name: int
    last_name: int
    whole_name: int
    consent: int
    fields: tuple[tuple[int, str], ...]
    statuses: tuple[tuple[int, Column], ...]
    """Columns that may say something against mailing the person."""
    proofs: tuple[tuple[int, str], ...]
    joined: tuple[int, ...]
    tags: tuple[int, ...]
    attributes: tuple[int, ...]
    has_states: bool
    """Whether the file is one of our own exports."""


_MEANINGS = {
    **dict.fromkeys(
        ("email", "emailaddress", "mail", "mailaddress", "subscriberemail", "courriel", "correo", "eposta"),
        ColumnMeaning.EMAIL,
    ),
    **dict.fromkeys(("firstname", "givenname", "forename", "fname", "prénom", "vorname"), ColumnMeaning.FIRST_NAME),
    **dict.fromkeys(("lastname", "surname", "familyname", "lname", "nachname"), ColumnMeaning.LAST_NAME),
    **dict.fromkeys(("name", "fullname"), ColumnMeaning.WHOLE_NAME),
    "subscriptionstate": ColumnMeaning.STATE,
    "suppressed": ColumnMeaning.SUPPRESSION,
    **dict.fromkeys(("status", "state", "subscriptionstatus", "emailstatus"), ColumnMeaning.STATUS),
    **dict.fromkeys(
        ("unsubscribedat", "unsubtime", "unsubscribed", "optedout", "optouttime", "unsubscribedate", "optoutdate"),
        ColumnMeaning.UNSUBSCRIBED,
    ),
    **dict.fromkeys(("cleantime", "bouncedat", "bounced", "hardbounced"), ColumnMeaning.BOUNCED),
    **dict.fromkeys(("complainedat", "markedasspamat"), ColumnMeaning.COMPLAINED),
    "consent": ColumnMeaning.CONSENT,
    "rejectedbecause": ColumnMeaning.IGNORED,
    **dict.fromkeys(("tags", "tag"), ColumnMeaning.TAGS),
    **dict.fromkeys(("attributes", "metadata", "extraattributes", "customfields"), ColumnMeaning.ATTRIBUTES),
}
_MAPPABLE = {
    **{name: meaning for name, meaning in _MEANINGS.items() if meaning is not ColumnMeaning.STATE},
    "consent": ColumnMeaning.PROOF,
}
"""What `--map` may name besides a custom field."""
RESERVED_NAMES = {"email", "first_name", "last_name", "name", "domain", "tags"}
"""Names that no custom field can have, since every subscriber has these."""
_REPEATABLE = frozenset(ColumnMeaning) - {
    ColumnMeaning.EMAIL,
    ColumnMeaning.FIRST_NAME,
    ColumnMeaning.LAST_NAME,
    ColumnMeaning.WHOLE_NAME,
    ColumnMeaning.STATE,
    ColumnMeaning.SUPPRESSION,
    ColumnMeaning.CONSENT,
    ColumnMeaning.JOINED,
}
"""Meanings that several columns may have; of the others only the first column counts."""
_BECOMES_FIELD = {ColumnMeaning.FIELD, ColumnMeaning.STATUS, ColumnMeaning.ATTRIBUTES}
"""Meanings of columns that may become a field of their own name."""
_STATUSES = frozenset({
    ColumnMeaning.STATE, ColumnMeaning.SUPPRESSION, ColumnMeaning.STATUS, ColumnMeaning.WANTED,
    ColumnMeaning.UNSUBSCRIBED, ColumnMeaning.BOUNCED, ColumnMeaning.COMPLAINED, ColumnMeaning.CONFIRMED,
})  # fmt: skip


def read_header(cells: Sequence[str], mapping: Mapping[str, str] | None = None) -> Header:
    """Return what each column means; case, spaces and punctuation in headings are ignored.

    `mapping` (from `--map`) takes precedence: it maps a heading to a meaning or to a field's name. Raises UsageError
    where it names a column that the file does not have.
    """
    mapped = _resolve_mapping(cells, mapping or {})
    keys = [heading_key(cell) for cell in cells]
    format = recognise_format(keys)
    columns: list[Column] = []
    for number, (cell, key) in enumerate(zip(cells, keys, strict=True), 1):
        if cell in mapped:
            meaning, field = mapped[cell]
        else:
            vendor_meaning = format.meanings.get(key) if format else None
            meaning, field = vendor_meaning or _MEANINGS.get(key, ColumnMeaning.FIELD), ""
            if any(chosen is meaning for chosen, _ in mapped.values()) and meaning not in _REPEATABLE:
                meaning = ColumnMeaning.FIELD
        if meaning not in _REPEATABLE and meaning in {column.meaning for column in columns}:
            meaning = ColumnMeaning.FIELD
        taken = RESERVED_NAMES | {column.field for column in columns if column.meaning in _BECOMES_FIELD}
        name = field or _field_name(cell, number, taken)
        columns.append(Column(meaning=meaning, field=name, heading=cleaned(cell, 60)))
    return Header(columns=tuple(columns), format=format)


def column_positions(columns: Sequence[Column]) -> ColumnPositions:
    """Return where the columns of each meaning are."""

    def all_of(*meanings: ColumnMeaning) -> tuple[int, ...]:
        return tuple(index for index, column in enumerate(columns) if column.meaning in meanings)

    def first_of(meaning: ColumnMeaning) -> int:
        return next(iter(all_of(meaning)), -1)

    return ColumnPositions(
        email=first_of(ColumnMeaning.EMAIL),
        first_name=first_of(ColumnMeaning.FIRST_NAME),
        last_name=first_of(ColumnMeaning.LAST_NAME),
        whole_name=first_of(ColumnMeaning.WHOLE_NAME),
        consent=first_of(ColumnMeaning.CONSENT),
        fields=tuple((index, columns[index].field) for index in all_of(ColumnMeaning.FIELD)),
        statuses=tuple((index, columns[index]) for index in all_of(*_STATUSES)),
        proofs=tuple(
            (index, columns[index].heading)
            for index in all_of(ColumnMeaning.PROOF, ColumnMeaning.JOINED, ColumnMeaning.CONFIRMED)
        ),
        joined=all_of(ColumnMeaning.JOINED, ColumnMeaning.CONFIRMED),
        tags=all_of(ColumnMeaning.TAGS),
        attributes=all_of(ColumnMeaning.ATTRIBUTES),
        has_states=first_of(ColumnMeaning.STATE) >= 0,
    )


def meaning_of(heading: str) -> ColumnMeaning | None:
    """Return what a heading means in the file of an unknown program, None if it names a custom field."""
    return _MEANINGS.get(heading_key(heading))


def heading_key(heading: str) -> str:
    """Return a heading reduced to its letters and digits in lower case, by which headings are compared."""
    return re.sub(r"[\W_]+", "", heading.casefold())


def _resolve_mapping(cells: Sequence[str], mapping: Mapping[str, str]) -> dict[str, tuple[ColumnMeaning, str]]:
    """Return meaning and field name by heading for what `--map` names."""
    resolved: dict[str, tuple[ColumnMeaning, str]] = {}
    for heading, target in mapping.items():
        cell = next((cell for cell in cells if heading_key(cell) == heading_key(heading)), None)
        if cell is None:
            raise UsageError(f"--map {heading}={target}: no column '{heading}'. {suggest(heading, cells)}")
        if target.strip() in {IGNORE, ""}:
            resolved[cell] = (ColumnMeaning.IGNORED, "")
        elif target.strip().casefold() == "joined":
            resolved[cell] = (ColumnMeaning.JOINED, "joined")
        else:
            meaning = _MAPPABLE.get(heading_key(target), ColumnMeaning.FIELD)
            resolved[cell] = (meaning, _field_name(target, 0, set()) if meaning is ColumnMeaning.FIELD else "")
    return resolved


def _field_name(cell: str, number: int, taken: set[str]) -> str:
    name = re.sub(r"\W+", "_", cleaned(cell, 60).casefold()).strip("_") or f"column_{number}"
    unique, count = name, 2
    while unique in taken:
        unique, count = f"{name}_{count}", count + 1
    return unique
