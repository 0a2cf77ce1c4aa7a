"""Agreeing: whether a person lets it be recorded which links of their letters they follow.

Only their own word says so, and each giving and taking back is a line in the consents of all their subscriptions
that have not ended. No import says it, and whoever is on no list has nothing to agree to.
"""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, Text, exists, insert, literal, null, select, tuple_, update

from newsletter.audience.models import ConsentAct, ConsentProof, SubscriptionState
from newsletter.audience.tables import consents, lists, subscribers, subscriptions
from newsletter.database import UtcDateTime

_AT_ONCE = 200


def grant_click_consent(
    connection: Connection, subscriber_id: int, *, origin: str, proof: ConsentProof, now: datetime
) -> bool:
    """Note that a person agrees, within the caller's transaction; False if they did, or are on no list."""
    is_on_one = exists().where(
        subscriptions.c.subscriber_id == subscriber_id, subscriptions.c.state != SubscriptionState.ENDED
    )
    changed = connection.execute(
        update(subscribers)
        .where(subscribers.c.id == subscriber_id, subscribers.c.clicks_agreed_at.is_(None), is_on_one)
        .values(clicks_agreed_at=now)
    )
    if changed.rowcount:
        _write(connection, subscriber_id, ConsentAct.CLICKS_AGREED, origin, proof, now)
    return changed.rowcount > 0


def withdraw_click_consent(
    connection: Connection, subscriber_id: int, *, origin: str, proof: ConsentProof, now: datetime
) -> bool:
    """Note that a person agrees no more, within the caller's transaction; False if they did not.

    What was recorded lies downstream: whoever calls this deletes it in the same transaction.
    """
    changed = connection.execute(
        update(subscribers)
        .where(subscribers.c.id == subscriber_id, subscribers.c.clicks_agreed_at.is_not(None))
        .values(clicks_agreed_at=null())
    )
    if changed.rowcount:
        _write(connection, subscriber_id, ConsentAct.CLICKS_WITHDRAWN, origin, proof, now)
    return changed.rowcount > 0


def with_click_consent(connection: Connection, people: Collection[tuple[int, str]]) -> frozenset[tuple[int, str]]:
    """Return which of some people, each with the list that a letter came by, agree and are on that list still.

    It stays so until the caller's transaction ends: whoever takes it back meanwhile waits for that.
    """
    found: set[tuple[int, str]] = set()
    asked = sorted(people)
    for start in range(0, len(asked), _AT_ONCE):
        rows = connection.execute(
            select(subscribers.c.id, lists.c.name)
            .join_from(subscribers, subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
            .join(lists, lists.c.id == subscriptions.c.list_id)
            .where(tuple_(subscribers.c.id, lists.c.name).in_(asked[start : start + _AT_ONCE]))
            .where(subscribers.c.clicks_agreed_at.is_not(None))
            .where(subscriptions.c.state == SubscriptionState.CONFIRMED)
            .order_by(subscribers.c.id)
            .with_for_update(read=True, of=subscribers)
        )
        found |= {(row.id, row.name) for row in rows}
    return frozenset(found)


def _write(
    connection: Connection, subscriber_id: int, act: ConsentAct, origin: str, proof: ConsentProof, now: datetime
) -> None:
    told = asdict(proof)
    connection.execute(
        insert(consents).from_select(
            ["subscription_id", "act", "at", "origin", *told],
            select(
                subscriptions.c.id,
                literal(act.value),
                literal(now, UtcDateTime),
                literal(origin),
                *(literal(text, Text) for text in told.values()),
            )
            .where(subscriptions.c.subscriber_id == subscriber_id)
            .where(subscriptions.c.state != SubscriptionState.ENDED)
            .order_by(subscriptions.c.id),
        )
    )
