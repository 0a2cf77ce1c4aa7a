"""Records facts: a set that only grows, so that order and repetition change nothing."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.database import PreparedStatement
from newsletter.feedback.apply.match import Matched
from newsletter.feedback.apply.rules import Effect, decide
from newsletter.feedback.models import FACTS, EventKind, EventReason
from newsletter.feedback.tables import facts

_AT_ONCE = 200


def record_facts(connection: Connection, matched: Sequence[Matched]) -> list[Matched]:
    """Add the facts that events tell; return the events that are new and that something follows from.

    What was known before has had its consequences: an address that the author has freed since stays free.
    """
    rows = {_key(each): (each, row) for each in matched if (row := _row(each)) is not None}
    grave = {
        key: each
        for key, (each, _) in rows.items()
        if decide(each.event.kind, each.event.reason).effect is not Effect.NOTHING
    }
    known = _known(connection, list(grave))
    _add_order(connection.dialect.name).run_many(connection, [row for _, row in rows.values()])
    return [each for key, each in grave.items() if key not in known]


@cache
def _add_order(dialect: str) -> PreparedStatement:
    """Add one fact; of two tellings of it one is kept, whichever came first."""
    insert = postgresql.insert(facts) if dialect == "postgresql" else sqlite.insert(facts)
    given = insert.values({column.name: bindparam(f"its_{column.name}") for column in facts.c})
    told = ("reason", "domain", "detail")
    smaller = or_(
        given.excluded.detail < facts.c.detail,
        (given.excluded.detail == facts.c.detail) & (given.excluded.reason < facts.c.reason),
    )
    return PreparedStatement(
        given.on_conflict_do_update(
            index_elements=["delivery_id", "act", "at", "code"],
            set_={name: given.excluded[name] for name in told},
            where=smaller,
        )
    )


def _row(matched: Matched) -> dict[str, Any] | None:
    event, delivery = matched.event, matched.delivery
    if delivery is None or event.kind not in FACTS or event.reason is EventReason.NOT_SPAM:
        return None
    if event.kind is EventKind.LEFT and event.reason is not EventReason.UNSUBSCRIBED:
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


def _key(matched: Matched) -> tuple[Any, ...]:
    event = matched.event
    return (matched.delivery.id if matched.delivery else 0, event.kind.value, event.at, event.code)


def _known(connection: Connection, keys: Sequence[tuple[Any, ...]]) -> set[tuple[Any, ...]]:
    columns = (facts.c.delivery_id, facts.c.act, facts.c.at, facts.c.code)
    found: set[tuple[Any, ...]] = set()
    for start in range(0, len(keys), _AT_ONCE):
        numbers = [key[0] for key in keys[start : start + _AT_ONCE]]
        found |= {tuple(row) for row in connection.execute(select(*columns).where(facts.c.delivery_id.in_(numbers)))}
    return found
