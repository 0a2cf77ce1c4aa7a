"""Arriving: who joined a list of their own will lately, and whether they still are on it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from newsletter.audience.models import ConsentAct
from newsletter.audience.tables import candidates, consents, subscribers, subscriptions


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSubscriber:
    """Somebody who may be written to, and when they joined."""

    subscriber_id: int
    address: str
    first_name: str
    last_name: str
    fields: dict[str, str]
    joined_at: datetime


def new_subscribers(connection: Connection, list_name: str, since: datetime) -> Iterator[NewSubscriber]:
    """Read who joined a list since then and may be written to; whoever an import brought did not join."""
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
    """Return why a person gets no letters of a list, None if they do."""
    found = connection.execute(candidates(list_name).where(subscribers.c.id == subscriber_id)).one_or_none()
    return "unsubscribed" if found is None else found.exclusion
