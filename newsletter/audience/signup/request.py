"""Sign-up request: what was asked on the web for an address, believed only once the email sent there is answered.

Anybody who knows an address can make a request, so a request changes nothing but its own table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, Index, Integer, Row, Table, Text, insert

from newsletter.address import Address
from newsletter.audience.models import NO_PROOF, ConsentProof
from newsletter.audience.tables import metadata
from newsletter.database import Database, UtcDateTime

SIGNUP_VALID_FOR = timedelta(days=7)
"""How long a confirmation link works; afterwards everything recorded of the request is deleted."""
MY_DATA_VALID_FOR = timedelta(hours=24)
"""How long the link to "my data" works."""


class SignupRequestKind(StrEnum):
    """What is asked for."""

    SIGNUP = "signup"
    MY_DATA = "my_data"
    """The link to the person's own page, with their preferences and data."""


class SignupRequestState(StrEnum):
    """How far a request has been processed."""

    NEW = "new"
    MAILED = "mailed"
    """The email with the link is planned."""
    ALREADY_SUBSCRIBED = "already_subscribed"
    """They are told that they are subscribed already, so there is nothing to confirm."""
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignupRequest:
    """One request for an address."""

    id: int
    kind: SignupRequestKind
    address: Address
    lists: tuple[str, ...]
    language: str
    evidence: str
    """What shows that it was made: from which network, by which form."""
    consent_text: str = ""
    """The consent text on the form, and its version."""
    is_low_priority: bool
    """Whether it is processed after all others, since nothing shows that a person made it."""
    state: SignupRequestState
    created_at: datetime
    processed_at: datetime | None = None


_BigId = BigInteger().with_variant(Integer, "sqlite")

signup_requests = Table(
    "signup_requests",
    metadata,
    Column("id", _BigId, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("address_key", Text, nullable=False),
    Column("lists", JSON, nullable=False),
    Column("language", Text, nullable=False, server_default=""),
    Column("evidence", Text, nullable=False, server_default=""),
    Column("consent_text", Text, nullable=False, server_default=""),
    Column("is_low_priority", Boolean, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("processed_at", UtcDateTime),
    Index("signup_requests_by_state", "state", "is_low_priority", "id"),
    Index("signup_requests_by_address", "address_key", "created_at"),
    Index("signup_requests_by_processing", "processed_at"),
    sqlite_autoincrement=True,
)


def record_signup_request(
    database: Database,
    kind: SignupRequestKind,
    address: Address,
    list_names: Sequence[str] = (),
    *,
    language: str = "",
    proof: ConsentProof = NO_PROOF,
    is_low_priority: bool = False,
    now: datetime,
) -> None:
    """Record a request. The steps are the same for every address, so timing reveals nothing."""
    with database.write() as connection:
        connection.execute(
            insert(signup_requests).values(
                kind=kind.value,
                address=str(address),
                address_key=address.key,
                lists=list(list_names),
                language=language,
                evidence=proof.evidence,
                consent_text=proof.consent_text,
                is_low_priority=is_low_priority,
                state=SignupRequestState.NEW.value,
                created_at=now,
            )
        )


def request_from_row(row: Row[Any]) -> SignupRequest:
    """Return the request in a row of its table."""
    local, _, domain = row.address.rpartition("@")
    return SignupRequest(
        id=row.id,
        kind=SignupRequestKind(row.kind),
        address=Address(local, domain),
        lists=tuple(row.lists),
        language=row.language,
        evidence=row.evidence,
        consent_text=row.consent_text,
        is_low_priority=row.is_low_priority,
        state=SignupRequestState(row.state),
        created_at=row.created_at,
        processed_at=row.processed_at,
    )
