"""Joining, leaving and erasure: one person at a time, each change with its line of consent."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select, update

from newsletter.address import Address
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
from newsletter.audience.tagging import add_tags, forget_tags
from newsletter.audience.text_cleaning import FIELD_LENGTH, cleaned, cleaned_name
from newsletter.database import Database
from newsletter.errors import DecisionRequired
from newsletter.tokens import Keyring


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsubscription:
    """One person's word that they want no more of a list, or with None of any."""

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
    """Put a person on a list, confirmed by whoever `origin` names; False if they are on it already.

    It brings back who left, for it is said of one person by name. Raises DecisionRequired for a suppressed
    address: that is lifted first, by itself.
    """
    names = {"first_name": cleaned_name(first_name), "last_name": cleaned_name(last_name)}
    told = {name: cleaned(value, FIELD_LENGTH) for name, value in (fields or {}).items()}
    address_hash = keyring.address_hash(address.key)
    with database.write() as connection:
        if found := find_suppression(connection, address_hash):
            raise DecisionRequired(
                f"{address}: suppressed as {found.reason} since {found.at:%d %B %Y}, so not added. "
                f"If they asked for it: newsletter suppressions remove {address}"
            )
        connection.execute(
            insert_missing(connection, subscribers).values(
                address=str(address),
                address_key=address.key,
                address_hash=address_hash,
                **names,
                fields=told,
                created_at=now,
            )
        )
        person = connection.execute(select(subscribers).where(subscribers.c.address_key == address.key)).one()
        known = {name: value or getattr(person, name) for name, value in names.items()}
        connection.execute(
            update(subscribers).where(subscribers.c.id == person.id).values(**known, fields={**person.fields, **told})
        )
        add_tags(connection, person.id, tags)
        return confirm_subscription(connection, person.id, list_name, origin=origin, now=now)


def find_subscriber_id(database: Database, address: Address) -> int | None:
    """Return the number of the person with this address, if they are known."""
    with database.read() as connection:
        return connection.scalar(select(subscribers.c.id).where(subscribers.c.address_key == address.key))


def unsubscribe(
    database: Database,
    subscriber_id: int,
    list_name: str | None,
    *,
    origin: str,
    now: datetime,
    proof: ConsentProof = NO_PROOF,
) -> tuple[str, ...]:
    """End a person's subscription to a list; with None to all of them, and then no import brings them to any.

    Returns the lists that they left; a second call changes nothing and returns none.
    """
    leaving = Unsubscription(subscriber_id=subscriber_id, list_name=list_name, proof=proof)
    return unsubscribe_many(database, (leaving,), origin=origin, now=now)[0]


def unsubscribe_many(
    database: Database, leavings: Sequence[Unsubscription], *, origin: str, now: datetime
) -> tuple[tuple[str, ...], ...]:
    """End the subscriptions of several people in one transaction; returns for each the lists that they left."""
    with database.write() as connection:
        left = _end_some(connection, [each for each in leavings if each.list_name is not None], origin, now)
        ended = []
        for leaving in leavings:
            if leaving.list_name is None:
                ended.append(_leave(connection, leaving, origin=origin, now=now))
            else:
                name = left.pop((leaving.subscriber_id, leaving.list_name), None)
                ended.append(() if name is None else (name,))
    return tuple(ended)


def _end_some(
    connection: Connection, leavings: Sequence[Unsubscription], origin: str, now: datetime
) -> dict[tuple[int, str], str]:
    """End subscriptions to one list each, three statements a list; returns what was left, by person and list."""
    said = {(each.subscriber_id, each.list_name): each for each in leavings}
    left: dict[tuple[int, str], str] = {}
    for list_name in {each.list_name for each in leavings}:
        people = {each.subscriber_id for each in leavings if each.list_name == list_name}
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
        acts = {"act": ConsentAct.ENDED, "at": now, "origin": origin}
        connection.execute(
            insert(consents),
            [{**acts, "subscription_id": row.id, **asdict(said[row.subscriber_id, list_name].proof)} for row in rows],
        )
        left |= {(row.subscriber_id, str(list_name)): str(list_name) for row in rows}
    return left


def _leave(connection: Connection, leaving: Unsubscription, *, origin: str, now: datetime) -> tuple[str, ...]:
    number = leaving.subscriber_id
    ended = _end(connection, leaving, origin=origin, now=now)
    if leaving.list_name is None:
        suppress_subscriber(connection, number, SuppressionReason.UNSUBSCRIBED, origin=origin, now=now)
    return ended


def unsubscribe_in_transaction(
    connection: Connection,
    subscriber_id: int,
    list_name: str,
    *,
    origin: str,
    now: datetime,
    proof: ConsentProof = NO_PROOF,
) -> tuple[str, ...]:
    """End a person's subscription to a list within a transaction; a second call changes nothing."""
    leaving = Unsubscription(subscriber_id=subscriber_id, list_name=list_name, proof=proof)
    return _end(connection, leaving, origin=origin, now=now)


def erase_subscriber(
    database: Database, keyring: Keyring, address: Address, *, origin: str, now: datetime
) -> int | None:
    """Forget a person: what stays is a hash that keeps them from coming back, even if we never knew them.

    Returns the number under which other stations know them, None if they were not on the roster.
    """
    address_hash = keyring.address_hash(address.key)
    with database.write() as connection:
        number = connection.scalar(select(subscribers.c.id).where(subscribers.c.address_key == address.key))
        theirs = select(subscriptions.c.id).where(subscriptions.c.subscriber_id == number)
        connection.execute(delete(consents).where(consents.c.subscription_id.in_(theirs)))
        connection.execute(delete(subscriptions).where(subscriptions.c.subscriber_id == number))
        forget_tags(connection, number)
        connection.execute(delete(subscribers).where(subscribers.c.id == number))
        connection.execute(delete(suppressions).where(suppressions.c.address_hash == address_hash))
        insert_suppression(connection, address_hash, SuppressionReason.ERASED, origin=origin, at=now)
    return number


def confirm_subscription(
    connection: Connection,
    subscriber_id: int,
    list_name: str,
    *,
    origin: str,
    now: datetime,
    proof: ConsentProof = NO_PROOF,
) -> bool:
    """Confirm a subscription within the caller's transaction; False if it is confirmed already."""
    connection.execute(insert_missing(connection, lists).values(name=list_name))
    list_id = connection.execute(select(lists.c.id).where(lists.c.name == list_name)).scalar_one()
    present = connection.execute(
        select(subscriptions.c.id, subscriptions.c.state)
        .where(subscriptions.c.list_id == list_id)
        .where(subscriptions.c.subscriber_id == subscriber_id)
    ).one_or_none()
    state = {"state": SubscriptionState.CONFIRMED, "changed_at": now}
    if present is None:
        made = connection.execute(
            insert(subscriptions)
            .values(list_id=list_id, subscriber_id=subscriber_id, **state)
            .returning(subscriptions.c.id)
        )
        number = made.scalar_one()
    elif present.state == SubscriptionState.CONFIRMED:
        return False
    else:
        number = present.id
        connection.execute(update(subscriptions).where(subscriptions.c.id == number).values(**state))
    connection.execute(
        insert(consents).values(
            subscription_id=number, act=ConsentAct.CONFIRMED, at=now, origin=origin, **asdict(proof)
        )
    )
    return True


def _end(connection: Connection, leaving: Unsubscription, *, origin: str, now: datetime) -> tuple[str, ...]:
    wanted = (
        select(subscriptions.c.id, lists.c.name)
        .join(lists, lists.c.id == subscriptions.c.list_id)
        .where(subscriptions.c.subscriber_id == leaving.subscriber_id)
        .where(subscriptions.c.state != SubscriptionState.ENDED)
        .order_by(lists.c.name)
    )
    if leaving.list_name is not None:
        wanted = wanted.where(lists.c.name == leaving.list_name)
    ended = connection.execute(wanted).all()
    for row in ended:
        connection.execute(
            update(subscriptions)
            .where(subscriptions.c.id == row.id)
            .values(state=SubscriptionState.ENDED, changed_at=now)
        )
        connection.execute(
            insert(consents).values(
                subscription_id=row.id, act=ConsentAct.ENDED, at=now, origin=origin, **asdict(leaving.proof)
            )
        )
    return tuple(row.name for row in ended)


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
