"""Subscriptions: adding, confirming, unsubscribing and erasing people, each change with its consent record.

Functions that take a `connection` run within the caller's transaction; those that take a `database` open their own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from newsletter.address import Address
from newsletter.audience.custom_fields import add_tags, delete_tags
from newsletter.audience.models import NO_PROOF, ConsentAct, ConsentProof, SubscriptionState, SuppressionReason
from newsletter.audience.suppressions import find_suppression, insert_suppression, suppress_subscriber
from newsletter.audience.tables import (
    consents,
    insert_missing,
    lists,
    subscribers,
    subscriptions,
    suppressions,
)
from newsletter.audience.text_cleanup import FIELD_LENGTH, cleaned, cleaned_name
from newsletter.database import Database
from newsletter.errors import DecisionRequired
from newsletter.tokens import Keyring


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscription:
    """One person's wish to end their subscription to a list, or to all lists if `list_name` is None."""

    subscriber_id: int
    list_name: str | None
    proof: ConsentProof = NO_PROOF


def add_subscriber(
    database: Database,
    keyring: Keyring,
    address: Address,
    list_name: str,
    *,
    first_name: str = "",
    last_name: str = "",
    fields: Mapping[str, str] | None = None,
    tags: Iterable[str] = (),
    origin: str,
    now: datetime,
) -> bool:
    """Put one person on a list, confirmed by the person or system that `origin` names; False if they are on it already.

    It brings back who unsubscribed, since it names one person. Raises DecisionRequired for a suppressed address: the
    suppression must be lifted first.
    """
    names = {"first_name": cleaned_name(first_name), "last_name": cleaned_name(last_name)}
    values = {name: cleaned(value, FIELD_LENGTH) for name, value in (fields or {}).items()}
    address_hash = keyring.address_hash(address.key)
    with database.write() as connection:
        if suppression := find_suppression(connection, address_hash):
            raise DecisionRequired(
                f"{address}: suppressed as {suppression.reason} since {suppression.at:%d %B %Y}, so not added. "
                f"If they asked for it: newsletter suppressions remove {address}"
            )
        connection.execute(
            insert_missing(connection, subscribers).values(
                address=str(address),
                address_key=address.key,
                address_hash=address_hash,
                **names,
                fields=values,
                created_at=now,
            )
        )
        person = connection.execute(select(subscribers).where(subscribers.c.address_key == address.key)).one()
        known = {name: value or getattr(person, name) for name, value in names.items()}
        connection.execute(
            update(subscribers).where(subscribers.c.id == person.id).values(**known, fields={**person.fields, **values})
        )
        add_tags(connection, person.id, tags)
        return confirm_subscription(connection, person.id, list_name, origin=origin, now=now)


def ensure_subscriber(connection: Connection, keyring: Keyring, address: Address, language: str, now: datetime) -> int:
    """Return the number of the subscriber with this address, who is created if they are new."""
    connection.execute(
        insert_missing(connection, subscribers).values(
            address=str(address),
            address_key=address.key,
            address_hash=keyring.address_hash(address.key),
            first_name="",
            last_name="",
            fields={},
            created_at=now,
        )
    )
    row = connection.execute(
        select(subscribers.c.id, subscribers.c.fields).where(subscribers.c.address_key == address.key)
    ).one()
    if language and not row.fields.get("language"):
        connection.execute(
            update(subscribers).where(subscribers.c.id == row.id).values(fields={**row.fields, "language": language})
        )
    return int(row.id)


def find_subscriber_id(database: Database, address: Address) -> int | None:
    """Return the number of the subscriber with this address, None if there is none."""
    with database.read() as connection:
        return connection.scalar(select(subscribers.c.id).where(subscribers.c.address_key == address.key))


def confirm_subscription(
    connection: Connection,
    subscriber_id: int,
    list_name: str,
    *,
    origin: str,
    now: datetime,
    proof: ConsentProof = NO_PROOF,
) -> bool:
    """Confirm a subscription, which is created if it is missing; False if it is confirmed already."""
    connection.execute(insert_missing(connection, lists).values(name=list_name))
    list_id = connection.execute(select(lists.c.id).where(lists.c.name == list_name)).scalar_one()
    existing = connection.execute(
        select(subscriptions.c.id, subscriptions.c.state)
        .where(subscriptions.c.list_id == list_id)
        .where(subscriptions.c.subscriber_id == subscriber_id)
    ).one_or_none()
    state = {"state": SubscriptionState.CONFIRMED, "changed_at": now}
    if existing is None:
        inserted = connection.execute(
            insert(subscriptions)
            .values(list_id=list_id, subscriber_id=subscriber_id, **state)
            .returning(subscriptions.c.id)
        )
        subscription_id = inserted.scalar_one()
    elif existing.state == SubscriptionState.CONFIRMED:
        return False
    else:
        subscription_id = existing.id
        connection.execute(update(subscriptions).where(subscriptions.c.id == subscription_id).values(**state))
    connection.execute(
        insert(consents).values(
            subscription_id=subscription_id, act=ConsentAct.CONFIRMED, at=now, origin=origin, **asdict(proof)
        )
    )
    return True


def unsubscribe(
    database: Database,
    subscriber_id: int,
    list_name: str | None,
    *,
    origin: str,
    now: datetime,
    proof: ConsentProof = NO_PROOF,
) -> tuple[str, ...]:
    """End a subscription to a list; with None to all lists, and then the address is suppressed too.

    Returns the lists whose subscription ended; a second call changes nothing and returns none.
    """
    wish = Unsubscription(subscriber_id=subscriber_id, list_name=list_name, proof=proof)
    return unsubscribe_many(database, (wish,), origin=origin, now=now)[0]


def unsubscribe_many(
    database: Database, wishes: Sequence[Unsubscription], *, origin: str, now: datetime
) -> tuple[tuple[str, ...], ...]:
    """End the subscriptions of several people in one transaction; returns for each the lists that ended."""
    with database.write() as connection:
        ended = _end_by_list(connection, [wish for wish in wishes if wish.list_name is not None], origin, now)
        results: list[tuple[str, ...]] = []
        for wish in wishes:
            if wish.list_name is None:
                results.append(_end(connection, wish, origin=origin, now=now))
                suppress_subscriber(
                    connection, wish.subscriber_id, SuppressionReason.UNSUBSCRIBED, origin=origin, now=now
                )
            else:
                name = ended.pop((wish.subscriber_id, wish.list_name), None)
                results.append(() if name is None else (name,))
    return tuple(results)


def unsubscribe_in_transaction(
    connection: Connection,
    subscriber_id: int,
    list_name: str,
    *,
    origin: str,
    now: datetime,
    proof: ConsentProof = NO_PROOF,
) -> tuple[str, ...]:
    """End a subscription to one list; a second call changes nothing."""
    wish = Unsubscription(subscriber_id=subscriber_id, list_name=list_name, proof=proof)
    return _end(connection, wish, origin=origin, now=now)


def erase_subscriber(
    database: Database, keyring: Keyring, address: Address, *, origin: str, now: datetime
) -> int | None:
    """Delete a person; a keyed hash stays, which keeps the address from coming back, even if it was not known.

    Returns the number under which other packages know them, None if they were no subscriber.
    """
    address_hash = keyring.address_hash(address.key)
    with database.write() as connection:
        subscriber_id = connection.scalar(select(subscribers.c.id).where(subscribers.c.address_key == address.key))
        subscription_ids = select(subscriptions.c.id).where(subscriptions.c.subscriber_id == subscriber_id)
        connection.execute(delete(consents).where(consents.c.subscription_id.in_(subscription_ids)))
        connection.execute(delete(subscriptions).where(subscriptions.c.subscriber_id == subscriber_id))
        delete_tags(connection, subscriber_id)
        connection.execute(delete(subscribers).where(subscribers.c.id == subscriber_id))
        connection.execute(delete(suppressions).where(suppressions.c.address_hash == address_hash))
        insert_suppression(connection, address_hash, SuppressionReason.ERASED, origin=origin, at=now)
    return subscriber_id


def _end_by_list(
    connection: Connection, wishes: Sequence[Unsubscription], origin: str, now: datetime
) -> dict[tuple[int, str], str]:
    """End subscriptions to one list each, with three statements a list; returns those that ended by person and list."""
    proofs = {(wish.subscriber_id, wish.list_name): wish.proof for wish in wishes}
    ended: dict[tuple[int, str], str] = {}
    for list_name in {wish.list_name for wish in wishes}:
        people = {wish.subscriber_id for wish in wishes if wish.list_name == list_name}
        rows = connection.execute(
            select(subscriptions.c.id, subscriptions.c.subscriber_id)
            .join(lists, lists.c.id == subscriptions.c.list_id)
            .where(lists.c.name == list_name, subscriptions.c.subscriber_id.in_(people))
            .where(subscriptions.c.state != SubscriptionState.ENDED)
        ).all()
        if not rows:
            continue
        connection.execute(
            update(subscriptions)
            .where(subscriptions.c.id.in_([row.id for row in rows]))
            .values(state=SubscriptionState.ENDED, changed_at=now)
        )
        act = {"act": ConsentAct.ENDED, "at": now, "origin": origin}
        connection.execute(
            insert(consents),
            [{**act, "subscription_id": row.id, **asdict(proofs[row.subscriber_id, list_name])} for row in rows],
        )
        ended |= {(row.subscriber_id, str(list_name)): str(list_name) for row in rows}
    return ended


def _end(connection: Connection, wish: Unsubscription, *, origin: str, now: datetime) -> tuple[str, ...]:
    open_subscriptions = (
        select(subscriptions.c.id, lists.c.name)
        .join(lists, lists.c.id == subscriptions.c.list_id)
        .where(subscriptions.c.subscriber_id == wish.subscriber_id)
        .where(subscriptions.c.state != SubscriptionState.ENDED)
        .order_by(lists.c.name)
    )
    if wish.list_name is not None:
        open_subscriptions = open_subscriptions.where(lists.c.name == wish.list_name)
    rows = connection.execute(open_subscriptions).all()
    for row in rows:
        connection.execute(
            update(subscriptions)
            .where(subscriptions.c.id == row.id)
            .values(state=SubscriptionState.ENDED, changed_at=now)
        )
        connection.execute(
            insert(consents).values(
                subscription_id=row.id, act=ConsentAct.ENDED, at=now, origin=origin, **asdict(wish.proof)
            )
        )
    return tuple(row.name for row in rows)
