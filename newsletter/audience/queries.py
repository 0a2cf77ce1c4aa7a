"""The register: reading the roster for people, as records and as members of lists."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

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


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriberRecord:
    """All that the audience's tables hold of one person."""

    subscriber: Subscriber | None
    """None where only a suppression is left of them."""
    subscriptions: tuple[tuple[Subscription, tuple[Consent, ...]], ...]
    """By list; each with its consents, the oldest first."""
    suppression: Suppression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListMember:
    """A subscription as a list of people shows it."""

    subscription: Subscription
    suppressed: SuppressionReason | None
    consent: str
    """The last act that concerned it and not clicks alone, with its date and origin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListCount:
    """How many people stand how on a list; a suppressed person counts there and nowhere else."""

    name: str
    confirmed: int = 0
    pending: int = 0
    ended: int = 0
    suppressed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDescription:
    """A field of a list's people."""

    name: str
    kind: FieldKind
    is_inferred: bool
    count: int
    """Of how many it is known."""
    example: str


def read_subscriber_record(database: Database, keyring: Keyring, address: Address) -> SubscriberRecord | None:
    """Return what is known of an address, None if that is nothing."""
    with database.read() as connection:
        suppression = find_suppression(connection, keyring.address_hash(address.key))
        person = connection.execute(select(subscribers).where(subscribers.c.address_key == address.key)).one_or_none()
        if person is None:
            if suppression is None:
                return None
            return SubscriberRecord(subscriber=None, subscriptions=(), suppression=suppression)
        theirs = select(tags.c.tag).where(tags.c.subscriber_id == person.id).order_by(tags.c.tag)
        subscriber = _subscriber(person, tuple(connection.scalars(theirs)))
        found = connection.execute(
            select(subscriptions, lists.c.name)
            .join(lists, lists.c.id == subscriptions.c.list_id)
            .where(subscriptions.c.subscriber_id == subscriber.id)
            .order_by(lists.c.name)
        ).all()
        proofs = connection.execute(
            select(consents).where(consents.c.subscription_id.in_([row.id for row in found])).order_by(consents.c.id)
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
            for row in found
        ),
        suppression=suppression,
    )


def list_members(database: Database, list_name: str) -> Iterator[ListMember]:
    """Read everybody who is or was on a list, in the order they became known."""
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
                consent=f"{row.act} {row.at:%Y-%m-%dT%H:%M:%SZ}, {row.origin}" if row.act else "",
            )


class _Tags:
    """The tags of a list's people, asked for in the order of their numbers."""

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
        """Return a person's tags; nobody before them may be asked for afterwards."""
        found: list[str] = []
        while self._held is not None and self._held.subscriber_id <= subscriber_id:
            if self._held.subscriber_id == subscriber_id:
                found.append(self._held.tag)
            self._held = next(self._rows, None)
        return tuple(found)


def read_consents(database: Database, list_name: str) -> Iterator[tuple[int, Consent]]:
    """Read every consent of a list with its person's number, in the order of `list_members`."""
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
    """Say of each field of a list's people what it holds and of how many it is known; memory stays flat."""
    guesses: dict[str, KindGuess] = {}
    for member in list_members(database, list_name):
        for name, value in member.subscription.subscriber.fields.items():
            if value:
                guesses.setdefault(name, KindGuess()).see(value)
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
    """Ask the roster for nothing; TemporaryError and its like where the database does not answer."""
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
