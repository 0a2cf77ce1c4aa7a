"""Queries about facts: what was reported about deliveries, counted, and which deliveries events resolved."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from newsletter.database import Database
from newsletter.feedback.models import EventKind
from newsletter.feedback.tables import facts, settlements


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that was reported about a delivery."""

    delivery_id: int
    kind: EventKind
    at: datetime
    reason: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FactCount:
    """How many deliveries had the same thing reported, for the same reason, at the same domain."""

    kind: EventKind
    reason: str
    domain: str
    deliveries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedCount:
    """How many deliveries events resolved, by the status before and by what identified the delivery."""

    was: str
    """The status before: uncertain, claimed, planned or failed."""
    by: str
    number: int


def list_facts(database: Database, delivery_ids: Sequence[int]) -> list[Fact]:
    """Return what was reported about some deliveries, in order of time."""
    query = select(facts).where(facts.c.delivery_id.in_(delivery_ids)).order_by(facts.c.at, facts.c.act)
    with database.read() as connection:
        return [
            Fact(delivery_id=row.delivery_id, kind=EventKind(row.act), at=row.at, reason=row.reason, detail=row.detail)
            for row in connection.execute(query)
        ]


def count_facts(database: Database, mailing_ids: Iterable[int]) -> tuple[FactCount, ...]:
    """Count the deliveries of some mailings by kind, reason and domain; the most frequent first.

    A delivery that bounced for two reasons counts under both: `count_by_kind` counts each delivery once.
    """
    number = func.count(facts.c.delivery_id.distinct())
    query = (
        select(facts.c.act, facts.c.reason, facts.c.domain, number)
        .where(facts.c.mailing_id.in_(tuple(mailing_ids)))
        .group_by(facts.c.act, facts.c.reason, facts.c.domain)
        .order_by(number.desc(), facts.c.act, facts.c.reason, facts.c.domain)
    )
    with database.read() as connection:
        return tuple(
            FactCount(kind=EventKind(kind), reason=reason, domain=domain, deliveries=deliveries)
            for kind, reason, domain, deliveries in connection.execute(query)
        )


def count_by_kind(database: Database, mailing_ids: Iterable[int]) -> Counter[EventKind]:
    """Count the deliveries of some mailings by kind, each delivery once for each kind."""
    query = (
        select(facts.c.act, func.count(facts.c.delivery_id.distinct()))
        .where(facts.c.mailing_id.in_(tuple(mailing_ids)))
        .group_by(facts.c.act)
    )
    with database.read() as connection:
        return Counter({EventKind(kind): number for kind, number in connection.execute(query)})


def count_resolved(database: Database, mailing_ids: Iterable[int]) -> tuple[ResolvedCount, ...]:
    """Count the deliveries of some mailings that events resolved."""
    query = (
        select(settlements.c.was, settlements.c.by, func.count())
        .where(settlements.c.mailing_id.in_(tuple(mailing_ids)))
        .group_by(settlements.c.was, settlements.c.by)
        .order_by(settlements.c.was, settlements.c.by)
    )
    with database.read() as connection:
        return tuple(ResolvedCount(was=was, by=by, number=number) for was, by, number in connection.execute(query))
