"""Suppressing: addresses that are not to be mailed, kept as keyed hashes that outlive the person's record."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, insert, literal, select

from newsletter.address import Address
from newsletter.audience.roster import consents, insert_missing, subscribers, subscriptions, suppressions
from newsletter.audience.subscriber import ConsentAct, Suppression, SuppressionReason
from newsletter.database import Database, Moment
from newsletter.tokens import Keyring


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
    address_hash = keyring.address_hash(address.key)
    with database.write() as connection:
        if find_suppression(connection, address_hash):
            return False
        write_suppression(connection, address_hash, reason, origin=origin, now=now)
    return True


def suppress_hash(
    connection: Connection, address_hash: bytes, reason: SuppressionReason, *, origin: str, now: datetime
) -> bool:
    """Suppress the address with this hash within a transaction; False if it is suppressed already."""
    if find_suppression(connection, address_hash):
        return False
    write_suppression(connection, address_hash, reason, origin=origin, now=now)
    return True


def hash_of_subscriber(connection: Connection, subscriber_id: int) -> bytes | None:
    """Return the hash of a person's address; None once their record is erased."""
    return connection.scalar(select(subscribers.c.address_hash).where(subscribers.c.id == subscriber_id))


def last_lifted(connection: Connection, address_hash: bytes) -> datetime | None:
    """Return when the suppression of the address with this hash was last lifted, of whoever is on a list."""
    lifted: datetime | None = connection.scalar(
        select(func.max(consents.c.at))
        .join(subscriptions, subscriptions.c.id == consents.c.subscription_id)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .where(subscribers.c.address_hash == address_hash, consents.c.act == ConsentAct.LIFTED.value)
    )
    return lifted


def lift_suppression(
    database: Database, keyring: Keyring, address: Address, *, origin: str, now: datetime
) -> Suppression | None:
    """Allow an address to be mailed again; returns what was lifted, None if there was nothing."""
    address_hash = keyring.address_hash(address.key)
    with database.write() as connection:
        lifted = find_suppression(connection, address_hash)
        if lifted:
            lift(connection, address_hash, lifted.reason, origin=origin, now=now)
    return lifted


def lift(
    connection: Connection, address_hash: bytes, reason: SuppressionReason, *, origin: str, now: datetime
) -> None:
    """Take a suppression away, and say so in the consents of the person's subscriptions."""
    connection.execute(delete(suppressions).where(suppressions.c.address_hash == address_hash))
    _write_consents(connection, address_hash, ConsentAct.LIFTED, reason, origin=origin, now=now)


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


def suppression_of(connection: Connection, keyring: Keyring, address: Address) -> SuppressionReason | None:
    """Return why an address is not to be mailed, or None."""
    found = find_suppression(connection, keyring.address_hash(address.key))
    return found.reason if found else None


def write_suppression(
    connection: Connection, address_hash: bytes, reason: SuppressionReason, *, origin: str, now: datetime
) -> None:
    """Write a suppression that is not there yet, and say so in the consents of the person's subscriptions."""
    connection.execute(
        insert_missing(connection, suppressions).values(
            address_hash=address_hash, reason=reason.value, at=now, origin=origin
        )
    )
    _write_consents(connection, address_hash, ConsentAct.SUPPRESSED, reason, origin=origin, now=now)


def _write_consents(
    connection: Connection,
    address_hash: bytes,
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
                literal(now, Moment),
                literal(origin),
                literal(reason.value),
            )
            .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
            .where(subscribers.c.address_hash == address_hash),
        )
    )
