"""What the station knows, for others to show: facts counted, what events settled, and how the pipe is."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from newsletter.database import Database
from newsletter.feedback.models import EventKind
from newsletter.feedback.store.events import EventState
from newsletter.feedback.tables import events, facts, settlements


@dataclass(frozen=True, slots=True, kw_only=True)
class FactCount:
    """How many deliveries of a mailing something is known of."""

    kind: EventKind
    reason: str
    domain: str
    deliveries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that was reported of a delivery."""

    delivery_id: int
    kind: EventKind
    at: datetime
    reason: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedCount:
    """How many deliveries events told us of that we did not know, and how each was found."""

    was: str
    """What the ledger said before: uncertain, claimed, planned, failed."""
    by: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSummary:
    """How events come in."""

    last_at: datetime | None
    """When the last one came; None when none ever did."""
    states: Counter[EventState]
    unknown: Counter[str]
    """Kinds that we make nothing of, and how many of each."""

    @property
    def backlog(self) -> int:
        """Events that are kept and not applied yet."""
        return self.states[EventState.WAITING]


def count_facts(database: Database, mailing_ids: Iterable[int]) -> tuple[FactCount, ...]:
    """Count the deliveries of some mailings by what happened to them, why, and where; the most first.

    A delivery that bounced for two reasons counts under both: `count_kinds` counts each delivery once.
    """
    number = func.count(facts.c.delivery_id.distinct())
    asked = (
        select(facts.c.act, facts.c.reason, facts.c.domain, number)
        .where(facts.c.mailing_id.in_(tuple(mailing_ids)))
        .group_by(facts.c.act, facts.c.reason, facts.c.domain)
        .order_by(number.desc(), facts.c.act, facts.c.reason, facts.c.domain)
    )
    with database.read() as connection:
        return tuple(
            FactCount(kind=EventKind(act), reason=reason, domain=domain, deliveries=found)
            for act, reason, domain, found in connection.execute(asked)
        )


def count_by_kind(database: Database, mailing_ids: Iterable[int]) -> Counter[EventKind]:
    """Count the deliveries of some mailings by what happened to them, each once a kind."""
    asked = (
        select(facts.c.act, func.count(facts.c.delivery_id.distinct()))
        .where(facts.c.mailing_id.in_(tuple(mailing_ids)))
        .group_by(facts.c.act)
    )
    with database.read() as connection:
        return Counter({EventKind(act): number for act, number in connection.execute(asked)})


def count_resolved(database: Database, mailing_ids: Iterable[int]) -> tuple[ResolvedCount, ...]:
    """Return what events settled in some mailings."""
    asked = (
        select(settlements.c.was, settlements.c.by, func.count())
        .where(settlements.c.mailing_id.in_(tuple(mailing_ids)))
        .group_by(settlements.c.was, settlements.c.by)
        .order_by(settlements.c.was, settlements.c.by)
    )
    with database.read() as connection:
        return tuple(ResolvedCount(was=was, by=by, number=number) for was, by, number in connection.execute(asked))


def summarise_events(database: Database) -> EventSummary:
    """Return how events come in."""
    newest = select(events.c.received_at).order_by(events.c.id.desc()).limit(1)
    by_state = select(events.c.state, func.count()).group_by(events.c.state)
    unknown = (
        select(events.c.kind, func.count())
        .where(events.c.state == EventState.UNKNOWN.value)
        .group_by(events.c.kind)
        .order_by(func.count().desc(), events.c.kind)
    )
    with database.read() as connection:
        last: datetime | None = connection.scalar(newest)
        states = Counter({EventState(state): number for state, number in connection.execute(by_state)})
        return EventSummary(
            last_at=last,
            states=states,
            unknown=Counter({str(row[0]): int(row[1]) for row in connection.execute(unknown)}),
        )


def list_facts(database: Database, delivery_ids: Sequence[int]) -> list[Fact]:
    """Return what was reported of some deliveries, in order of time."""
    asked = select(facts).where(facts.c.delivery_id.in_(delivery_ids)).order_by(facts.c.at, facts.c.act)
    with database.read() as connection:
        return [
            Fact(delivery_id=row.delivery_id, kind=EventKind(row.act), at=row.at, reason=row.reason, detail=row.detail)
            for row in connection.execute(asked)
        ]
