"""Preferences: what subscribers choose for themselves: their lists, first name and language, and a pause."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, null, select, update

from newsletter.address import Address
from newsletter.audience.models import NO_PROOF, ConsentAct, ConsentProof, SubscriptionState
from newsletter.audience.subscriptions import Unsubscription, confirm_subscription, unsubscribe_many
from newsletter.audience.tables import consents, lists, subscribers, subscriptions
from newsletter.audience.text_cleanup import cleaned_name
from newsletter.database import Database

LANGUAGE_FIELD = "language"
"""The custom field that holds a subscriber's language, so that segments can use it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What one subscriber has chosen."""

    subscriber_id: int
    address: Address
    lists: tuple[str, ...]
    """The lists of their confirmed subscriptions."""
    first_name: str
    language: str
    paused_until: datetime | None
    clicks_agreed_at: datetime | None
    """Since when their clicks may be recorded."""


def read_preferences(database: Database, subscriber_id: int) -> Preferences | None:
    """Return what a subscriber has chosen, None if there is no such subscriber."""
    with database.read() as connection:
        person = connection.execute(select(subscribers).where(subscribers.c.id == subscriber_id)).one_or_none()
        if person is None:
            return None
        names = connection.scalars(
            select(lists.c.name)
            .join(subscriptions, subscriptions.c.list_id == lists.c.id)
            .where(subscriptions.c.subscriber_id == subscriber_id)
            .where(subscriptions.c.state == SubscriptionState.CONFIRMED.value)
            .order_by(lists.c.name)
        ).all()
    local, _, domain = person.address.rpartition("@")
    return Preferences(
        subscriber_id=subscriber_id,
        address=Address(local, domain),
        lists=tuple(names),
        first_name=person.first_name,
        language=str(person.fields.get(LANGUAGE_FIELD, "")),
        paused_until=person.paused_until,
        clicks_agreed_at=person.clicks_agreed_at,
    )


def keep_lists(
    database: Database,
    subscriber_id: int,
    wanted: Collection[str],
    offered: Collection[str],
    *,
    proof: ConsentProof = NO_PROOF,
    now: datetime,
) -> None:
    """End the subscriptions to those of the offered lists that are no longer wanted; the others stay as they are."""
    preferences = read_preferences(database, subscriber_id)
    if preferences is None:
        return
    unwanted = [name for name in preferences.lists if name in offered and name not in wanted]
    wishes = [Unsubscription(subscriber_id=subscriber_id, list_name=name, proof=proof) for name in unwanted]
    unsubscribe_many(database, wishes, origin="web", now=now)


def subscribe(database: Database, subscriber_id: int, list_name: str, *, proof: ConsentProof, now: datetime) -> bool:
    """Confirm the subscription of somebody whose address a mailed link has just proven; False if it is confirmed."""
    with database.write() as connection:
        if not connection.scalar(select(subscribers.c.id).where(subscribers.c.id == subscriber_id)):
            return False
        return confirm_subscription(connection, subscriber_id, list_name, origin="web", now=now, proof=proof)


def undo_unsubscribe(
    database: Database,
    subscriber_id: int,
    list_name: str,
    *,
    since: datetime,
    proof: ConsentProof = NO_PROOF,
    now: datetime,
) -> bool:
    """Put somebody back on a list if they unsubscribed on the web since then; returns whether they did."""
    with database.write() as connection:
        row = connection.execute(
            select(subscriptions.c.id, subscriptions.c.state, consents.c.act, consents.c.origin, consents.c.at)
            .join(lists, lists.c.id == subscriptions.c.list_id)
            .join(consents, consents.c.subscription_id == subscriptions.c.id)
            .where(subscriptions.c.subscriber_id == subscriber_id, lists.c.name == list_name)
            .order_by(consents.c.id.desc())
            .limit(1)
        ).one_or_none()
        if row is None or row.state != SubscriptionState.ENDED or row.at < since:
            return False
        if (row.act, row.origin) != (ConsentAct.ENDED, "web"):
            return False
        return confirm_subscription(connection, subscriber_id, list_name, origin="web", now=now, proof=proof)


def pause(database: Database, subscriber_id: int, until: datetime | None) -> None:
    """Send a subscriber no email until then; None ends the pause."""
    with database.write() as connection:
        connection.execute(update(subscribers).where(subscribers.c.id == subscriber_id).values(paused_until=until))


def expire_pauses(connection: Connection, now: datetime) -> None:
    """End the pauses that are over, within the caller's transaction."""
    connection.execute(
        update(subscribers)
        .where(subscribers.c.paused_until.is_not(None), subscribers.c.paused_until <= now)
        .values(paused_until=null())
    )


def set_first_name(database: Database, subscriber_id: int, first_name: str, *, now: datetime) -> None:
    """Set the name by which a subscriber is greeted; from now on no import changes it."""
    name = cleaned_name(first_name)
    with database.write() as connection:
        connection.execute(
            update(subscribers)
            .where(subscribers.c.id == subscriber_id, subscribers.c.first_name != name)
            .values(first_name=name, named_at=now)
        )


def set_language(database: Database, subscriber_id: int, language: str) -> None:
    """Set the language of a subscriber's email; "" for the publication's."""
    with database.write() as connection:
        fields = connection.scalar(select(subscribers.c.fields).where(subscribers.c.id == subscriber_id))
        if fields is None:
            return
        others = {name: value for name, value in fields.items() if name != LANGUAGE_FIELD}
        changed = {**others, LANGUAGE_FIELD: language} if language else others
        connection.execute(update(subscribers).where(subscribers.c.id == subscriber_id).values(fields=changed))
