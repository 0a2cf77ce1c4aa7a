"""Headings: what the columns of somebody's CSV file mean, and their words for a person's standing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from newsletter.audience.cells import cleaned
from newsletter.audience.subscriber import SubscriptionState, SuppressionReason


class Meaning(StrEnum):
    """What a column says of a person."""

    EMAIL = "email"
    FIRST_NAME = "first name"
    LAST_NAME = "last name"
    WHOLE_NAME = "whole name"
    STATE = "state"
    SUPPRESSION = "suppression"
    STATUS = "status"
    """Perhaps another program's word for either, perhaps an American state."""
    CONSENT = "consent"
    FIELD = "field"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its meaning, and the name under which a field is kept."""

    meaning: Meaning
    field: str


_MEANINGS = {
    **dict.fromkeys(("email", "emailaddress", "mail", "mailaddress", "subscriberemail"), Meaning.EMAIL),
    **dict.fromkeys(("firstname", "givenname", "forename", "fname"), Meaning.FIRST_NAME),
    **dict.fromkeys(("lastname", "surname", "familyname", "lname"), Meaning.LAST_NAME),
    **dict.fromkeys(("name", "fullname"), Meaning.WHOLE_NAME),
    "subscriptionstate": Meaning.STATE,
    "suppressed": Meaning.SUPPRESSION,
    **dict.fromkeys(("status", "state", "subscriptionstatus", "emailstatus"), Meaning.STATUS),
    "consent": Meaning.CONSENT,
}
_RESERVED = {"email", "first_name", "last_name", "name"}
_OFTEN = {Meaning.STATUS, Meaning.FIELD}
"""Meanings that several columns may have; of the others the first column counts."""

_WORDS: tuple[tuple[SubscriptionState | SuppressionReason, str], ...] = (
    (SuppressionReason.ERASED, "erased|forgotten"),
    (SuppressionReason.COMPLAINED, "complain|spam|abuse"),
    (SuppressionReason.BOUNCED, "bounc|cleaned|undeliverable"),
    (SuppressionReason.MANUAL, "block|blacklist|suppress|disabled|banned"),
    (SubscriptionState.ENDED, "unsub|opt(ed)?[ -]?out|ended|removed|inactive"),
    (SubscriptionState.PENDING, "pending|unconfirmed|not confirmed|unactivated"),
    (SubscriptionState.CONFIRMED, "confirmed|subscribed|active|enabled"),
)
"""What other programs call a person's status, the gravest first: `unsubscribed` holds `subscribed`."""


def read_headings(cells: Sequence[str]) -> tuple[Column, ...]:
    """Say what each column means; case, spaces and underscores in headings do not matter."""
    columns: list[Column] = []
    for number, cell in enumerate(cells, 1):
        letters = re.sub(r"[\W_]+", "", cell.casefold())
        meaning = _MEANINGS.get(letters, Meaning.FIELD)
        if meaning not in _OFTEN and meaning in {column.meaning for column in columns}:
            meaning = Meaning.FIELD
        taken = _RESERVED | {column.field for column in columns}
        columns.append(Column(meaning=meaning, field=_field_name(cell, number, taken)))
    return tuple(columns)


def read_status(word: str) -> SubscriptionState | SuppressionReason | None:
    """Return what another program's `word` for a status means to us, if anything."""
    word = word.casefold()
    return next((meaning for meaning, pattern in _WORDS if re.search(pattern, word)), None)


def _field_name(cell: str, number: int, taken: set[str]) -> str:
    name = re.sub(r"\W+", "_", cleaned(cell, 60).casefold()).strip("_") or f"column_{number}"
    unique, count = name, 2
    while unique in taken:
        unique, count = f"{name}_{count}", count + 1
    return unique
