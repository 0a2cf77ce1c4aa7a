"""Queries: subscribers, lists and their members, as records for people and as candidates for a mailing."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, case, func, null, select

from newsletter.address import Address
from newsletter.audience.custom_fields import FieldKind, KindGuess
from newsletter.audience.models import (
    ABOUT_CLICKS,
    Consent,
    ConsentAct,
    Subscriber,
    Subscription,
    SubscriptionState,
    Suppression,
    SuppressionReason,
)
from newsletter.audience.suppressions import find_suppression
from newsletter.audience.tables import consents, lists, subscribers, subscriptions, suppressions, tags
from newsletter.database import Database
from newsletter.tokens import Keyring
from newsletter.utc import format_utc


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberRecord:
    """Everything that the audience's tables hold of one person."""

    subscriber: Subscriber | None
    """None if only a suppression is left of them."""
    subscriptions: tuple[tuple[Subscription, tuple[Consent, ...]], ...]
    """By list; each with its consents, the oldest first."""
    suppression: Suppression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMember:
    """A subscription with what a list of members shows of it."""

    subscription: Subscription
    suppressed: SuppressionReason | None
    consent: str
    """The last consent record that is not about clicks, with its date and origin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCount:
    """How many people a list has, by subscription state; a suppressed person counts only as suppressed."""

    name: str
    confirmed: int = 0
    pending: int = 0
    ended: int = 0
    suppressed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDescription:
    """A custom field of a list's members."""

    name: str
    kind: FieldKind
    is_inferred: bool
    count: int
    """How many people have it."""
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubscriber:
    """Somebody who joined a list by their own will and may be mailed."""

    subscriber_id: int
    address: str
    first_name: str
    last_name: str
    fields: dict[str, str]
    joined_at: datetime


def candidates(list_name: str) -> Select[tuple[int, str, str, str, dict[str, str], str | None]]:
    """Select everybody who is or was on a list, with the reason why they get no email, if there is one.

    Columns: subscriber_id, address, first_name, last_name, fields, exclusion. The exclusion is NULL
    for people who may be mailed, else "suppressed", "unsubscribed", "pending" or "paused", in this order of precedence.
    """
    exclusion = case(
        (suppressions.c.address_hash.is_not(None), "suppressed"),
        (subscriptions.c.state == SubscriptionState.ENDED, "unsubscribed"),
        (subscriptions.c.state != SubscriptionState.CONFIRMED, "pending"),
        (subscribers.c.paused_until.is_not(None), "paused"),
        else_=null(),
    )
    return (
        select(
            subscribers.c.id.label("subscriber_id"),
            subscribers.c.address,
            subscribers.c.first_name,
            subscribers.c.last_name,
            subscribers.c.fields,
            exclusion.label("exclusion"),
        )
        .join_from(lists, subscriptions, subscriptions.c.list_id == lists.c.id)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .outerjoin(suppressions, suppressions.c.address_hash == subscribers.c.address_hash)
        .where(lists.c.name == list_name)
    )


def candidates_with_click_consent(list_name: str) -> Select[Any]:
    """Select the same with one more column, `agrees`: whether their clicks may be recorded."""
    return candidates(list_name).add_columns(subscribers.c.clicks_agreed_at.is_not(None).label("agrees"))


def new_subscribers(connection: Connection, list_name: str, since: datetime) -> Iterator[NewSubscriber]:
    """Yield who joined a list since then by their own will and may be mailed; imported people did not join."""
    joined_at = (
        select(func.max(consents.c.at))
        .where(consents.c.subscription_id == subscriptions.c.id, consents.c.act == ConsentAct.CONFIRMED.value)
        .where(consents.c.import_id.is_(None))
        .correlate(subscriptions)
        .scalar_subquery()
    )
    people = candidates(list_name).add_columns(joined_at.label("joined_at"))
    people = people.where(subscriptions.c.changed_at >= since, joined_at >= since).order_by(subscribers.c.id)
    for row in connection.execute(people):
        if row.exclusion is None:
            yield NewSubscriber(
                subscriber_id=row.subscriber_id,
                address=row.address,
                first_name=row.first_name,
                last_name=row.last_name,
                fields=row.fields,
                joined_at=row.joined_at,
            )


def exclusion_reason(connection: Connection, list_name: str, subscriber_id: int) -> str | None:
    """Return why a subscriber gets no email of a list, None if they do."""
    row = connection.execute(candidates(list_name).where(subscribers.c.id == subscriber_id)).one_or_none()
    return "unsubscribed" if row is None else row.exclusion


def read_subscriber_record(database: Database, keyring: Keyring, address: Address) -> SubscriberRecord | None:
    """Return everything that is known of an address, None if that is nothing."""
    with database.read() as connection:
        suppression = find_suppression(connection, keyring.address_hash(address.key))
        person = connection.execute(select(subscribers).where(subscribers.c.address_key == address.key)).one_or_none()
        if person is None:
            if suppression is None:
                return None
            return SubscriberRecord(subscriber=None, subscriptions=(), suppression=suppression)
        their_tags = select(tags.c.tag).where(tags.c.subscriber_id == person.id).order_by(tags.c.tag)
        subscriber = _subscriber(person, tuple(connection.scalars(their_tags)))
        rows = connection.execute(
            select(subscriptions, lists.c.name)
            .join(lists, lists.c.id == subscriptions.c.list_id)
            .where(subscriptions.c.subscriber_id == subscriber.id)
            .order_by(lists.c.name)
        ).all()
        proofs = connection.execute(
            select(consents).where(consents.c.subscription_id.in_([row.id for row in rows])).order_by(consents.c.id)
        ).all()
    return SubscriberRecord(
        subscriber=subscriber,
        subscriptions=tuple(
            (
                Subscription(
                    id=row.id,
                    list_name=row.name,
                    subscriber=subscriber,
                    state=SubscriptionState(row.state),
                    changed_at=row.changed_at,
                ),
                tuple(_consent(proof) for proof in proofs if proof.subscription_id == row.id),
            )
            for row in rows
        ),
        suppression=suppression,
    )


def list_members(database: Database, list_name: str) -> Iterator[ListMember]:
    """Yield everybody who is or was on a list, in the order of their numbers."""
    theirs = consents.alias()
    last = (
        select(func.max(theirs.c.id))
        .where(theirs.c.subscription_id == subscriptions.c.id, theirs.c.act.not_in(ABOUT_CLICKS))
        .correlate(subscriptions)
        .scalar_subquery()
    )
    with database.read() as connection:
        tagged = _Tags(connection, list_name)
        rows = connection.execution_options(yield_per=1000).execute(
            select(
                subscribers,
                subscriptions.c.id.label("subscription_id"),
                subscriptions.c.state,
                subscriptions.c.changed_at,
                suppressions.c.reason,
                consents.c.act,
                consents.c.at,
                consents.c.origin,
            )
            .join_from(lists, subscriptions, subscriptions.c.list_id == lists.c.id)
            .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
            .outerjoin(suppressions, suppressions.c.address_hash == subscribers.c.address_hash)
            .outerjoin(consents, consents.c.id == last)
            .where(lists.c.name == list_name)
            .order_by(subscriptions.c.subscriber_id)
        )
        for row in rows:
            yield ListMember(
                subscription=Subscription(
                    id=row.subscription_id,
                    list_name=list_name,
                    subscriber=_subscriber(row, tagged.of(row.id)),
                    state=SubscriptionState(row.state),
                    changed_at=row.changed_at,
                ),
                suppressed=row.reason and SuppressionReason(row.reason),
                consent=f"{row.act} {format_utc(row.at)}, {row.origin}" if row.act else "",
            )


class _Tags:
    """The tags of a list's members, read along in the order of their numbers."""

    def __init__(self, connection: Connection, list_name: str) -> None:
        rows = connection.execution_options(yield_per=1000).execute(
            select(tags.c.subscriber_id, tags.c.tag)
            .join_from(lists, subscriptions, subscriptions.c.list_id == lists.c.id)
            .join(tags, tags.c.subscriber_id == subscriptions.c.subscriber_id)
            .where(lists.c.name == list_name)
            .order_by(tags.c.subscriber_id, tags.c.tag)
        )
        self._rows = iter(rows)
        self._held = next(self._rows, None)

    def of(self, subscriber_id: int) -> tuple[str, ...]:
        """Return a subscriber's tags; must be called in ascending order."""
        names: list[str] = []
        while self._held is not None and self._held.subscriber_id <= subscriber_id:
            if self._held.subscriber_id == subscriber_id:
                names.append(self._held.tag)
            self._held = next(self._rows, None)
        return tuple(names)


def read_consents(database: Database, list_name: str) -> Iterator[tuple[int, Consent]]:
    """Yield every consent record of a list with its subscriber's number, in the order of `list_members`."""
    with database.read() as connection:
        rows = connection.execution_options(yield_per=1000).execute(
            select(consents, subscriptions.c.subscriber_id)
            .join_from(lists, subscriptions, subscriptions.c.list_id == lists.c.id)
            .join(consents, consents.c.subscription_id == subscriptions.c.id)
            .where(lists.c.name == list_name)
            .order_by(subscriptions.c.subscriber_id, consents.c.id)
        )
        for row in rows:
            yield row.subscriber_id, _consent(row)


def describe_fields(database: Database, list_name: str, kinds: Mapping[str, str]) -> tuple[FieldDescription, ...]:
    """Describe each custom field of a list: what it holds, and how many people have it. Memory stays flat."""
    guesses: dict[str, KindGuess] = {}
    for member in list_members(database, list_name):
        for name, value in member.subscription.subscriber.fields.items():
            if value:
                guesses.setdefault(name, KindGuess()).add(value)
    return tuple(
        FieldDescription(
            name=name,
            kind=FieldKind(kinds[name]) if name in kinds else guess.kind,
            is_inferred=name not in kinds,
            count=guess.count,
            example=guess.example,
        )
        for name, guess in sorted(guesses.items())
    )


def is_database_readable(database: Database) -> bool:
    """Make a trivial query (health check); raises TemporaryError and its like if the database does not answer."""
    with database.read() as connection:
        return connection.scalar(select(func.count()).select_from(lists)) is not None


def count_lists(database: Database) -> tuple[ListCount, ...]:
    """Count the people of every list, by state."""
    with database.read() as connection:
        names = connection.scalars(select(lists.c.name).order_by(lists.c.name)).all()
        rows = connection.execute(
            select(lists.c.name, subscriptions.c.state, suppressions.c.reason, func.count())
            .join_from(lists, subscriptions, subscriptions.c.list_id == lists.c.id)
            .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
            .outerjoin(suppressions, suppressions.c.address_hash == subscribers.c.address_hash)
            .group_by(lists.c.name, subscriptions.c.state, suppressions.c.reason)
        ).all()
    counts: dict[str, dict[str, int]] = {name: {} for name in names}
    for name, state, reason, number in rows:
        column = "suppressed" if reason else state
        counts[name][column] = counts[name].get(column, 0) + number
    return tuple(ListCount(name=name, **numbers) for name, numbers in counts.items())


def _subscriber(row: Row[Any], tags: tuple[str, ...] = ()) -> Subscriber:
    local, _, domain = row.address.rpartition("@")
    return Subscriber(
        id=row.id,
        address=Address(local, domain),
        first_name=row.first_name,
        last_name=row.last_name,
        fields=row.fields,
        tags=tags,
        created_at=row.created_at,
        named_at=row.named_at,
        clicks_agreed_at=row.clicks_agreed_at,
    )


def _consent(row: Row[Any]) -> Consent:
    return Consent(
        act=ConsentAct(row.act),
        at=row.at,
        origin=row.origin,
        evidence=row.evidence,
        consent_text=row.consent_text,
        mail=row.mail,
    )
