"""Suppressions: addresses that must not be mailed, kept as keyed hashes that outlive the subscriber's record."""

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
    """A suppression, with its address if a subscriber still has it."""

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
    """Suppress an address; False if it is suppressed already, and then the first reason stays."""
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
    """Suppress an address within the caller's transaction."""
    address_hash = keyring.address_hash(address.key)
    if find_suppression(connection, address_hash):
        return False
    _suppress(connection, address_hash, reason, subscriber=_has_address(address), origin=origin, now=now)
    return True


def suppress_subscriber(
    connection: Connection, subscriber_id: int, reason: SuppressionReason, *, origin: str, now: datetime
) -> bool:
    """Suppress a subscriber's address; False if it is suppressed already, or the subscriber was erased."""
    is_this_subscriber = subscribers.c.id == subscriber_id
    address_hash = connection.scalar(select(subscribers.c.address_hash).where(is_this_subscriber))
    if address_hash is None or find_suppression(connection, address_hash):
        return False
    _suppress(connection, address_hash, reason, subscriber=is_this_subscriber, origin=origin, now=now)
    return True


def last_lifted_at(connection: Connection, address: Address) -> datetime | None:
    """Return when the suppression of a subscriber's address was last lifted, None if it never was."""
    lifted: datetime | None = connection.scalar(
        select(func.max(consents.c.at))
        .join(subscriptions, subscriptions.c.id == consents.c.subscription_id)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .where(_has_address(address), consents.c.act == ConsentAct.LIFTED.value)
    )
    return lifted


def lift_suppression(
    database: Database, keyring: Keyring, address: Address, *, origin: str, now: datetime
) -> Suppression | None:
    """Lift the suppression of an address; returns it, None if there was none."""
    with database.write() as connection:
        suppression = find_suppression(connection, keyring.address_hash(address.key))
        if suppression:
            lift(connection, suppression, address, origin=origin, now=now)
    return suppression


def lift(connection: Connection, suppression: Suppression, address: Address, *, origin: str, now: datetime) -> None:
    """Delete the suppression of an address, and add that to the consent records of the person's subscriptions."""
    connection.execute(delete(suppressions).where(suppressions.c.address_hash == suppression.address_hash))
    _add_consents(connection, _has_address(address), ConsentAct.LIFTED, suppression.reason, origin=origin, now=now)


def list_suppressions(database: Database) -> Iterator[ListedSuppression]:
    """Yield every suppression, the newest first."""
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
    """Return why an address must not be mailed, None if it may be."""
    suppression = find_suppression(connection, keyring.address_hash(address.key))
    return suppression.reason if suppression else None


def _suppress(
    connection: Connection,
    address_hash: bytes,
    reason: SuppressionReason,
    *,
    subscriber: ColumnElement[bool],
    origin: str,
    now: datetime,
) -> None:
    """Insert a suppression, and add it to the consent records of the subscriber that matches `subscriber`.

    They are found by number or address: finding them by hash would need an index, which would cost an import of a
    million rows more than everything else.
    """
    insert_suppression(connection, address_hash, reason, origin=origin, at=now)
    _add_consents(connection, subscriber, ConsentAct.SUPPRESSED, reason, origin=origin, now=now)


def insert_suppression(
    connection: Connection, address_hash: bytes, reason: SuppressionReason, *, origin: str, at: datetime
) -> bool:
    """Insert the suppression alone; False if the address is suppressed already."""
    statement = insert_missing(connection, suppressions).values(
        address_hash=address_hash, reason=reason.value, at=at, origin=origin
    )
    return connection.execute(statement).rowcount > 0


def _has_address(address: Address) -> ColumnElement[bool]:
    return subscribers.c.address_key == address.key


def _add_consents(
    connection: Connection,
    subscriber: ColumnElement[bool],
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
            .where(subscriber),
        )
    )
