"""Click tracking consent: whether somebody agrees that the links they follow are recorded.

Only their own word gives it; no import does. Each giving and withdrawing is added to the consent records of all their
subscriptions that have not ended. People on no list have nothing to agree to.
"""

from collections.abc import Collection
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, Text, exists, insert, literal, null, select, tuple_, update

from newsletter.audience.models import ConsentAct, ConsentProof, SubscriptionState
from newsletter.audience.tables import consents, lists, subscribers, subscriptions
from newsletter.database import UtcDateTime

_PAIRS_PER_QUERY = 200


def grant_click_consent(
    connection: Connection, subscriber_id: int, *, origin: str, proof: ConsentProof, now: datetime
) -> bool:
    """Record the consent within the caller's transaction; False if it was given before, or they are on no list."""
    is_on_a_list = exists().where(
        subscriptions.c.subscriber_id == subscriber_id, subscriptions.c.state != SubscriptionState.ENDED
    )
    changed = connection.execute(
        update(subscribers)
        .where(subscribers.c.id == subscriber_id, subscribers.c.clicks_agreed_at.is_(None), is_on_a_list)
        .values(clicks_agreed_at=now)
    )
    if changed.rowcount:
        _add_consents(connection, subscriber_id, ConsentAct.CLICKS_AGREED, origin, proof, now)
    return changed.rowcount > 0


def withdraw_click_consent(
    connection: Connection, subscriber_id: int, *, origin: str, proof: ConsentProof, now: datetime
) -> bool:
    """Withdraw the consent within the caller's transaction; False if it was not given.

    The recorded clicks are in a later package's tables: the caller deletes them in the same transaction.
    """
    changed = connection.execute(
        update(subscribers)
        .where(subscribers.c.id == subscriber_id, subscribers.c.clicks_agreed_at.is_not(None))
        .values(clicks_agreed_at=null())
    )
    if changed.rowcount:
        _add_consents(connection, subscriber_id, ConsentAct.CLICKS_WITHDRAWN, origin, proof, now)
    return changed.rowcount > 0


def with_click_consent(connection: Connection, people: Collection[tuple[int, str]]) -> frozenset[tuple[int, str]]:
    """Return who of some subscribers, each with a list's name, has given consent and is still on that list.

    It stays so until the caller's transaction ends: a concurrent withdrawal waits for the commit.
    """
    consenting: set[tuple[int, str]] = set()
    pairs = sorted(people)
    for start in range(0, len(pairs), _PAIRS_PER_QUERY):
        rows = connection.execute(
            select(subscribers.c.id, lists.c.name)
            .join_from(subscribers, subscriptions, subscriptions.c.subscriber_id == subscribers.c.id)
            .join(lists, lists.c.id == subscriptions.c.list_id)
            .where(tuple_(subscribers.c.id, lists.c.name).in_(pairs[start : start + _PAIRS_PER_QUERY]))
            .where(subscribers.c.clicks_agreed_at.is_not(None))
            .where(subscriptions.c.state == SubscriptionState.CONFIRMED)
            .order_by(subscribers.c.id)
            .with_for_update(read=True, of=subscribers)
        )
        consenting |= {(row.id, row.name) for row in rows}
    return frozenset(consenting)


def _add_consents(
    connection: Connection, subscriber_id: int, act: ConsentAct, origin: str, proof: ConsentProof, now: datetime
) -> None:
    columns = asdict(proof)
    connection.execute(
        insert(consents).from_select(
            ["subscription_id", "act", "at", "origin", *columns],
            select(
                subscriptions.c.id,
                literal(act.value),
                literal(now, UtcDateTime),
                literal(origin),
                *(literal(text, Text) for text in columns.values()),
            )
            .where(subscriptions.c.subscriber_id == subscriber_id)
            .where(subscriptions.c.state != SubscriptionState.ENDED)
            .order_by(subscriptions.c.id),
        )
    )
