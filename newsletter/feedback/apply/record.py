"""Records facts: a set of rows that only grows, so that order and repetition of events change nothing."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select

from newsletter.database import PreparedStatement, dialect_insert
from newsletter.feedback.apply.match import MatchedEvent
from newsletter.feedback.apply.rules import Effect, rule_for
from newsletter.feedback.models import FACTS, EventKind, EventReason
from newsletter.feedback.tables import facts

_IDS_AT_ONCE = 200


def record_facts(connection: Connection, matched: Sequence[MatchedEvent]) -> list[MatchedEvent]:
    """Record the facts that events report; return the events that are new and have an effect.

    A fact that was recorded before had its effect then: an address that the author has released since stays so.
    """
    rows = {_key(match): (match, row) for match in matched if (row := _row(match)) is not None}
    with_effect = {
        key: match
        for key, (match, _) in rows.items()
        if rule_for(match.event.kind, match.event.reason).effect is not Effect.NONE
    }
    known = _known_keys(connection, list(with_effect))
    _upsert(connection.dialect.name).run_many(connection, [row for _, row in rows.values()])
    return [match for key, match in with_effect.items() if key not in known]


@cache
def _upsert(dialect: str) -> PreparedStatement:
    """Return the statement that adds one fact; of two reports of it one is kept, whichever came first."""
    values = dialect_insert(dialect, facts).values({column.name: bindparam(f"its_{column.name}") for column in facts.c})
    is_smaller = or_(
        values.excluded.detail < facts.c.detail,
        (values.excluded.detail == facts.c.detail) & (values.excluded.reason < facts.c.reason),
    )
    return PreparedStatement(
        values.on_conflict_do_update(
            index_elements=["delivery_id", "act", "at", "code"],
            set_={name: values.excluded[name] for name in ("reason", "domain", "detail")},
            where=is_smaller,
        )
    )


def _row(matched: MatchedEvent) -> dict[str, Any] | None:
    event, delivery = matched.event, matched.delivery
    if delivery is None or event.kind not in FACTS or event.reason is EventReason.NOT_SPAM:
        return None
    if event.kind is EventKind.UNSUBSCRIBED and event.reason is not EventReason.UNSUBSCRIBED:
        return None
    return {
        "its_delivery_id": delivery.id,
        "its_act": event.kind.value,
        "its_at": event.at,
        "its_code": event.code,
        "its_mailing_id": delivery.mailing_id,
        "its_subscriber_id": delivery.subscriber_id,
        "its_reason": event.reason.value,
        "its_domain": event.domain,
        "its_detail": event.detail,
    }


def _key(matched: MatchedEvent) -> tuple[Any, ...]:
    event = matched.event
    return (matched.delivery.id if matched.delivery else 0, event.kind.value, event.at, event.code)


def _known_keys(connection: Connection, keys: Sequence[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    columns = (facts.c.delivery_id, facts.c.act, facts.c.at, facts.c.code)
    known: set[tuple[Any, ...]] = set()
    for start in range(0, len(keys), _IDS_AT_ONCE):
        ids = [key[0] for key in keys[start : start + _IDS_AT_ONCE]]
        known |= {tuple(row) for row in connection.execute(select(*columns).where(facts.c.delivery_id.in_(ids)))}
    return known
