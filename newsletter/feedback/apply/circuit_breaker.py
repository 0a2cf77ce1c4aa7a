"""Circuit breaker: a mailing in progress pauses itself when too many of its messages bounce or are complained about.

It counts what SES and mailbox providers hold against a sender: dead addresses, complaints, and refusals of our
content, server or domain. Soft bounces, such as a full mailbox, do not count.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update

from newsletter.database import Database
from newsletter.delivery import Mailing, are_submitted_since, count_submitted, is_in_progress, pause_if_open
from newsletter.delivery.queue import resume as resume_mailing
from newsletter.errors import DecisionRequired
from newsletter.feedback.apply.rules import reasons_against_mailing
from newsletter.feedback.models import EventKind
from newsletter.feedback.tables import facts, trips
from newsletter.settings import FeedbackSettings

_MAX_CAUSES = 5
_BOUNCES = (EventKind.BOUNCED, EventKind.REJECTED)
_COMPLAINTS = (EventKind.COMPLAINED,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One of the most frequent causes: a receiving domain, and why its server sent messages back."""

    domain: str
    reason: str
    deliveries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """The circuit breaker has paused a mailing."""

    mailing_id: int
    at: datetime
    why: str
    """For the author."""
    sent: int
    bounced: int
    complained: int
    causes: tuple[Cause, ...]
    resumed_at: datetime | None = None
    """When the author resumed the mailing; None until then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerCounts:
    """Messages of one mailing since it began or was last resumed."""

    sent: int
    bounced: int
    complained: int


def pause_reason(counts: BreakerCounts, limits: FeedbackSettings) -> str:
    """Return why a mailing must pause; "" if it need not."""
    if counts.sent < limits.pause_after:
        return ""
    for what, number, share, least in (
        ("bounced", counts.bounced, limits.pause_bounces, limits.pause_least_bounces),
        ("were complained about", counts.complained, limits.pause_complaints, limits.pause_least_complaints),
    ):
        if number >= least and number > share * counts.sent:
            reason = f"{number:,} of {counts.sent:,} messages {what}"
            return f"{reason}: {number / counts.sent:.2%}, and the limit is {share:.2%}"
    return ""


class CircuitBreaker:
    """Checks mailings as events about them come in."""

    def __init__(self, limits: FeedbackSettings) -> None:
        self._limits = limits
        self._sent: dict[tuple[int, datetime | None], int] = {}
        """A lower bound of what each mailing has sent since then: it only grows, and counting is slow."""

    def check(self, connection: Connection, mailing_ids: Iterable[int], now: datetime) -> tuple[Trip, ...]:
        """Pause those of the mailings that exceed a limit, and return their trips."""
        trips_or_none = (self._check(connection, mailing_id, now) for mailing_id in sorted(mailing_ids))
        return tuple(trip for trip in trips_or_none if trip is not None)

    def _check(self, connection: Connection, mailing_id: int, now: datetime) -> Trip | None:
        if not is_in_progress(connection, mailing_id):
            return None
        before = _last_trip(connection, mailing_id)
        since = before.resumed_at if before else None  # late bounces of messages sent before it are known
        counts = BreakerCounts(
            sent=max(self._sent.get((mailing_id, since), 0), self._limits.pause_after),
            bounced=_count(connection, mailing_id, _BOUNCES, since),
            complained=_count(connection, mailing_id, _COMPLAINTS, since),
        )
        if not pause_reason(counts, self._limits):  # with more messages sent the shares could only be smaller
            return None
        sent = self._sent[mailing_id, since] = count_submitted(connection, mailing_id, since)
        why = pause_reason(replace(counts, sent=sent), self._limits)
        if not why or not pause_if_open(connection, mailing_id):
            return None
        trip = Trip(
            mailing_id=mailing_id,
            at=now,
            why=why,
            sent=sent,
            bounced=counts.bounced,
            complained=counts.complained,
            causes=_causes(connection, mailing_id),
        )
        connection.execute(insert(trips).values(_trip_row(trip)))
        return trip


def find_open_trip(database: Database, mailing_id: int) -> Trip | None:
    """Return the trip that keeps a mailing paused; None if there is none, or the author has resumed it."""
    with database.read() as connection:
        last = _last_trip(connection, mailing_id)
    return last if last is not None and last.resumed_at is None else None


def list_open_trips(database: Database) -> tuple[Trip, ...]:
    """Return the trips of all mailings that wait for their author's decision, the newest first."""
    query = select(trips).where(trips.c.resumed_at.is_(None)).order_by(trips.c.id.desc())
    with database.read() as connection:
        return tuple(_trip(row) for row in connection.execute(query))


def resume_paused_mailing(database: Database, mailing: Mailing, *, anyway: bool, now: datetime) -> Mailing:
    """Resume a paused mailing; one that the circuit breaker paused only `anyway`, and counting starts anew.

    DecisionRequired says why the breaker paused it; UsageError for a cancelled mailing.
    """
    trip = find_open_trip(database, mailing.id)
    if trip is not None and not anyway:
        causes = "; ".join(f"{cause.deliveries:,} at {cause.domain}: {cause.reason}" for cause in trip.causes)
        raise DecisionRequired(
            f"mailing {mailing.id} paused itself on {trip.at:%d %B at %H:%M} UTC: {trip.why} ({causes}). "
            f"Fix the cause, then: newsletter resume {mailing.id} --anyway"
        )
    resumed = resume_mailing(database, mailing)
    if trip is not None:
        _close_trip(database, mailing.id, now)
    return resumed


def _close_trip(database: Database, mailing_id: int, now: datetime) -> None:
    is_open = and_(trips.c.mailing_id == mailing_id, trips.c.resumed_at.is_(None))
    with database.write() as connection:
        connection.execute(update(trips).where(is_open).values(resumed_at=now))


def _last_trip(connection: Connection, mailing_id: int) -> Trip | None:
    query = select(trips).where(trips.c.mailing_id == mailing_id).order_by(trips.c.id.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return _trip(row) if row is not None else None


def _count(connection: Connection, mailing_id: int, kinds: Iterable[EventKind], since: datetime | None) -> int:
    query = select(func.count(facts.c.delivery_id.distinct())).where(
        facts.c.mailing_id == mailing_id, or_(*map(_counts_against_mailing, kinds))
    )
    if since is not None:
        query = query.where(are_submitted_since(facts.c.delivery_id, since))
    return int(connection.scalar(query) or 0)


def _causes(connection: Connection, mailing_id: int) -> tuple[Cause, ...]:
    number = func.count(facts.c.delivery_id.distinct())
    query = (
        select(facts.c.domain, facts.c.reason, number)
        .where(
            facts.c.mailing_id == mailing_id,
            or_(*map(_counts_against_mailing, (*_BOUNCES, *_COMPLAINTS))),
        )
        .group_by(facts.c.domain, facts.c.reason)
        .order_by(number.desc(), facts.c.domain, facts.c.reason)
        .limit(_MAX_CAUSES)
    )
    rows = connection.execute(query)
    return tuple(Cause(domain=domain, reason=reason, deliveries=deliveries) for domain, reason, deliveries in rows)


def _counts_against_mailing(kind: EventKind) -> ColumnElement[bool]:
    reasons = [reason.value for reason in reasons_against_mailing(kind)]
    return and_(facts.c.act == kind.value, facts.c.reason.in_(reasons))


def _trip_row(trip: Trip) -> dict[str, object]:
    return {
        "mailing_id": trip.mailing_id,
        "at": trip.at,
        "why": trip.why,
        "sent": trip.sent,
        "bounced": trip.bounced,
        "complained": trip.complained,
        "causes": [[cause.domain, cause.reason, cause.deliveries] for cause in trip.causes],
    }


def _trip(row: Any) -> Trip:
    return Trip(
        mailing_id=row.mailing_id,
        at=row.at,
        why=row.why,
        sent=row.sent,
        bounced=row.bounced,
        complained=row.complained,
        causes=tuple(Cause(domain=domain, reason=reason, deliveries=number) for domain, reason, number in row.causes),
        resumed_at=row.resumed_at,
    )
