"""Suppressing: addresses that are not to be mailed, kept as keyed hashes that outlive the person's record."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, func, insert, literal, select

from newsletter.address import Address
from newsletter.audience.models import ConsentAct, Suppression, SuppressionReason
from newsletter.audience.tables import consents, insert_missing, subscribers, subscriptions, suppressions
from newsletter.database import Database, UtcDateTime
from newsletter.tokens import Keyring

LIFTED_BY_CONFIRMATION = frozenset({SuppressionReason.UNSUBSCRIBED, SuppressionReason.ERASED})
"""Reasons that a person's own confirmation overrides; a bounce, a complaint or the author's decision stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSuppression:
    """A suppression, with the address where a subscriber's record still tells it."""

    suppression: Suppression
    address: str | None


def suppress(
    database: Database,
    keyring: Keyring,
    address: Address,
    reason: SuppressionReason,
    *,
    origin: str,
    now: datetime,
) -> bool:
    """Never mail an address again; False if it is suppressed already, which keeps the first reason."""
    with database.write() as connection:
        return suppress_address(connection, keyring, address, reason, origin=origin, now=now)


def suppress_address(
    connection: Connection,
    keyring: Keyring,
    address: Address,
    reason: SuppressionReason,
    *,
    origin: str,
    now: datetime,
) -> bool:
    """Do so within a transaction."""
    address_hash = keyring.address_hash(address.key)
    if find_suppression(connection, address_hash):
        return False
    _write_suppression(connection, address_hash, reason, theirs=_is_at(address), origin=origin, now=now)
    return True


def suppress_subscriber(
    connection: Connection, subscriber_id: int, reason: SuppressionReason, *, origin: str, now: datetime
) -> bool:
    """Suppress a subscriber's address; False if it is suppressed already, or their record is erased."""
    is_theirs = subscribers.c.id == subscriber_id
    address_hash = connection.scalar(select(subscribers.c.address_hash).where(is_theirs))
    if address_hash is None or find_suppression(connection, address_hash):
        return False
    _write_suppression(connection, address_hash, reason, theirs=is_theirs, origin=origin, now=now)
    return True


def last_lifted_at(connection: Connection, address: Address) -> datetime | None:
    """Return when the suppression of an address was last lifted, of whoever is on a list."""
    lifted: datetime | None = connection.scalar(
        select(func.max(consents.c.at))
        .join(subscriptions, subscriptions.c.id == consents.c.subscription_id)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .where(_is_at(address), consents.c.act == ConsentAct.LIFTED.value)
    )
    return lifted


def lift_suppression(
    database: Database, keyring: Keyring, address: Address, *, origin: str, now: datetime
) -> Suppression | None:
    """Allow an address to be mailed again; returns what was lifted, None if there was nothing."""
    with database.write() as connection:
        found = find_suppression(connection, keyring.address_hash(address.key))
        if found:
            lift(connection, found, address, origin=origin, now=now)
    return found


def lift(connection: Connection, found: Suppression, address: Address, *, origin: str, now: datetime) -> None:
    """Take an address's suppression away, and say so in the consents of the person's subscriptions."""
    connection.execute(delete(suppressions).where(suppressions.c.address_hash == found.address_hash))
    _write_consents(connection, _is_at(address), ConsentAct.LIFTED, found.reason, origin=origin, now=now)


def list_suppressions(database: Database) -> Iterator[ListedSuppression]:
    """Read every suppression, the newest first."""
    with database.read() as connection:
        rows = connection.execution_options(yield_per=1000).execute(
            select(suppressions, subscribers.c.address)
            .outerjoin_from(suppressions, subscribers, subscribers.c.address_hash == suppressions.c.address_hash)
            .order_by(suppressions.c.at.desc(), suppressions.c.address_hash)
        )
        for row in rows:
            yield ListedSuppression(
                suppression=Suppression(
                    address_hash=row.address_hash,
                    reason=SuppressionReason(row.reason),
                    at=row.at,
                    origin=row.origin,
                ),
                address=row.address,
            )


def find_suppression(connection: Connection, address_hash: bytes) -> Suppression | None:
    """Return the suppression of the address with this hash, if there is one."""
    row = connection.execute(select(suppressions).where(suppressions.c.address_hash == address_hash)).one_or_none()
    if row is None:
        return None
    return Suppression(
        address_hash=row.address_hash, reason=SuppressionReason(row.reason), at=row.at, origin=row.origin
    )


def suppression_reason(connection: Connection, keyring: Keyring, address: Address) -> SuppressionReason | None:
    """Return why an address is not to be mailed, or None."""
    found = find_suppression(connection, keyring.address_hash(address.key))
    return found.reason if found else None


def _write_suppression(
    connection: Connection,
    address_hash: bytes,
    reason: SuppressionReason,
    *,
    theirs: ColumnElement[bool],
    origin: str,
    now: datetime,
) -> None:
    """Write a suppression that is not there yet, and say so in the consents of the subscriber who is `theirs`.

    They are found by number or address: to find a million by their hashes would want an index that costs every
    import more than all else.
    """
    insert_suppression(connection, address_hash, reason, origin=origin, at=now)
    _write_consents(connection, theirs, ConsentAct.SUPPRESSED, reason, origin=origin, now=now)


def insert_suppression(
    connection: Connection, address_hash: bytes, reason: SuppressionReason, *, origin: str, at: datetime
) -> bool:
    """Write the suppression alone, of whoever it is; False if it is there already."""
    statement = insert_missing(connection, suppressions).values(
        address_hash=address_hash, reason=reason.value, at=at, origin=origin
    )
    return connection.execute(statement).rowcount > 0


def _is_at(address: Address) -> ColumnElement[bool]:
    return subscribers.c.address_key == address.key


def _write_consents(
    connection: Connection,
    theirs: ColumnElement[bool],
    act: ConsentAct,
    reason: SuppressionReason,
    *,
    origin: str,
    now: datetime,
) -> None:
    connection.execute(
        insert(consents).from_select(
            ["subscription_id", "act", "at", "origin", "evidence"],
            select(
                subscriptions.c.id,
                literal(act.value),
                literal(now, UtcDateTime),
                literal(origin),
                literal(reason.value),
            )
            .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
            .where(theirs),
        )
    )
