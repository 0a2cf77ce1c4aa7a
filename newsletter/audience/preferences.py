"""Preferring: what people choose for themselves: a pause, a language, the lists they are on."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, null, select, update

from newsletter.address import Address
from newsletter.audience.models import NO_PROOF, ConsentAct, ConsentProof, SubscriptionState
from newsletter.audience.subscriptions import Unsubscription, confirm_subscription, unsubscribe_many
from newsletter.audience.tables import consents, lists, subscribers, subscriptions
from newsletter.audience.text_cleaning import cleaned_name
from newsletter.database import Database

LANGUAGE_FIELD = "language"
"""The field in which a person's language stands, so that segments can ask for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What one person has chosen."""

    subscriber_id: int
    address: Address
    lists: tuple[str, ...]
    """Those they are on, confirmed."""
    first_name: str
    language: str
    paused_until: datetime | None
    clicks_agreed_at: datetime | None
    """Since when it may be recorded which links they follow."""


def read_preferences(database: Database, subscriber_id: int) -> Preferences | None:
    """Return what a person has chosen, or None if they are not known."""
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
    """Leave the offered lists that are not wanted any more; the others stay as they are."""
    chosen = read_preferences(database, subscriber_id)
    if chosen is None:
        return
    left = [name for name in chosen.lists if name in offered and name not in wanted]
    leavings = [Unsubscription(subscriber_id=subscriber_id, list_name=name, proof=proof) for name in left]
    unsubscribe_many(database, leavings, origin="web", now=now)


def subscribe(database: Database, subscriber_id: int, list_name: str, *, proof: ConsentProof, now: datetime) -> bool:
    """Put somebody on a list whose address was just proven by a mailed link; False if they are on it."""
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
    """Put somebody back on a list that they left at the web door since then; False if that is not so."""
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
    """Let a person get no letters until then; None ends it."""
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
    """Note the name by which a person is greeted; from now on no import says another."""
    name = cleaned_name(first_name)
    with database.write() as connection:
        connection.execute(
            update(subscribers)
            .where(subscribers.c.id == subscriber_id, subscribers.c.first_name != name)
            .values(first_name=name, named_at=now)
        )


def set_language(database: Database, subscriber_id: int, language: str) -> None:
    """Note the language in which a person is written to; "" for the publication's."""
    with database.write() as connection:
        fields = connection.scalar(select(subscribers.c.fields).where(subscribers.c.id == subscriber_id))
        if fields is None:
            return
        kept = {name: value for name, value in fields.items() if name != LANGUAGE_FIELD}
        told = {**kept, LANGUAGE_FIELD: language} if language else kept
        connection.execute(update(subscribers).where(subscribers.c.id == subscriber_id).values(fields=told))
