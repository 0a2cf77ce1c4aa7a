"""Enquiries: what was asked at the web door for an address, and believed only once its mail is answered.

Whoever knows an address can ask, so an enquiry changes nothing but itself. It says neither at the door nor
by the time it takes whether the address is known: that is looked up later, when the enquiry is weighed.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, Row, Table, Text

from newsletter.address import Address
from newsletter.audience.tables import metadata
from newsletter.database import UtcDateTime

SIGNUP_VALID_FOR = timedelta(days=7)
"""How long a confirmation can be given; afterwards all that was noted of it is deleted."""
MY_DATA_VALID_FOR = timedelta(hours=24)
"""How long the mailed link to one's own page opens it."""
ONE_MAIL_WITHIN = timedelta(hours=24)
"""An address gets one mail of a kind within this time, however often it is given."""


class SignupRequestKind(StrEnum):
    """What is asked."""

    JOIN = "join"
    OWN = "own"
    """The link to a person's own page."""


class SignupRequestState(StrEnum):
    """How far an enquiry is."""

    NEW = "new"
    WEIGHED = "weighed"
    """The mail with its link is planned."""
    ANSWERED = "answered"
    """They are told that they have it already, so there is nothing to confirm."""
    CONFIRMED = "confirmed"


class SignupMailKind(StrEnum):
    """The mail that an enquiry calls for."""

    CONFIRM = "confirmation"
    KNOWN = "already subscribed"
    OWN_PAGE = "own page"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignupRequest:
    """One thing that was asked."""

    id: int
    kind: SignupRequestKind
    address: Address
    lists: tuple[str, ...]
    language: str
    evidence: str
    """What shows that it was asked: from which network, by which form."""
    words: str = ""
    """What the form said that they agreed to, and which version of it."""
    is_slow: bool
    """Whether it waits behind all others, since nothing speaks for a person behind it."""
    state: SignupRequestState
    created_at: datetime
    weighed_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessedSignup:
    """An enquiry, and the mail it calls for, if any."""

    enquiry: SignupRequest
    call: SignupMailKind | None


_Big = BigInteger().with_variant(Integer, "sqlite")

signup_requests = Table(
    "enquiries",
    metadata,
    Column("id", _Big, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("address_key", Text, nullable=False),
    Column("lists", JSON, nullable=False),
    Column("language", Text, nullable=False, server_default=""),
    Column("evidence", Text, nullable=False, server_default=""),
    Column("words", Text, nullable=False, server_default=""),
    Column("is_slow", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("weighed_at", UtcDateTime),
    Index("enquiries_by_state", "state", "is_slow", "id"),
    Index("enquiries_by_address", "address_key", "created_at"),
    Index("enquiries_by_weighing", "weighed_at"),
    sqlite_autoincrement=True,
)


def read_signup_request(row: Row[Any]) -> SignupRequest:
    """Return the enquiry in a row."""
    local, _, domain = row.address.rpartition("@")
    return SignupRequest(
        id=row.id,
        kind=SignupRequestKind(row.kind),
        address=Address(local, domain),
        lists=tuple(row.lists),
        language=row.language,
        evidence=row.evidence,
        words=row.words,
        is_slow=row.is_slow,
        state=SignupRequestState(row.state),
        created_at=row.created_at,
        weighed_at=row.weighed_at,
    )
