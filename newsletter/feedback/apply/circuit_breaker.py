"""The circuit breaker: a mailing that is under way pauses itself when too much of it comes back.

It counts what SES and mailbox providers hold against a sender: dead addresses, complaints, and refusals of our
content, server or domain. What only passes, such as a full mailbox, does not count.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update

from newsletter.database import Database
from newsletter.delivery import Mailing, are_submitted_since, count_submitted, is_in_progress, pause_if_open
from newsletter.delivery import resume as let_go_on
from newsletter.errors import DecisionRequired
from newsletter.feedback.apply.rules import trouble
from newsletter.feedback.models import EventKind
from newsletter.feedback.tables import facts, trips
from newsletter.settings import FeedbackSettings

_NAMED = 5
"""How many causes are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What came back most: a receiving domain and why."""

    domain: str
    reason: str
    deliveries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """A mailing that paused itself."""

    mailing_id: int
    at: datetime
    why: str
    """In words for the author."""
    sent: int
    bounced: int
    complained: int
    causes: tuple[Cause, ...]
    resumed_at: datetime | None = None
    """When the author let it go on; None until then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerCounts:
    """What is judged: the letters of one mailing that left since it began or was last resumed."""

    sent: int
    bounced: int
    complained: int


def judge(numbers: BreakerCounts, limits: FeedbackSettings) -> str:
    """Say why a mailing must pause; "" while it may go on."""
    if numbers.sent < limits.pause_after:
        return ""
    for what, number, share, least in (
        ("came back", numbers.bounced, limits.pause_bounces, limits.pause_least_bounces),
        ("were complained about", numbers.complained, limits.pause_complaints, limits.pause_least_complaints),
    ):
        if number >= least and number > share * numbers.sent:
            found = f"{number:,} of {numbers.sent:,} letters {what}"
            return f"{found}: {number / numbers.sent:.2%}, and {share:.2%} is the most"
    return ""


class Breaker:
    """Looks at mailings as events about them come in."""

    def __init__(self, limits: FeedbackSettings) -> None:
        self._limits = limits
        self._sent: dict[tuple[int, datetime | None], int] = {}
        """The least that each is known to have sent since then: it only grows, and counting takes a while."""

    def look(self, connection: Connection, mailings: Iterable[int], now: datetime) -> tuple[Trip, ...]:
        """Pause those of the mailings that must, and return them."""
        found = (self._tripped(connection, mailing, now) for mailing in sorted(mailings))
        return tuple(trip for trip in found if trip is not None)

    def _tripped(self, connection: Connection, mailing_id: int, now: datetime) -> Trip | None:
        if not is_in_progress(connection, mailing_id):
            return None
        before = _last(connection, mailing_id)
        since = before.resumed_at if before else None  # what comes back late, of letters before, is known of
        known = BreakerCounts(
            sent=max(self._sent.get((mailing_id, since), 0), self._limits.pause_after),
            bounced=_count(connection, mailing_id, (EventKind.BOUNCED, EventKind.REJECTED), since),
            complained=_count(connection, mailing_id, (EventKind.COMPLAINED,), since),
        )
        if not judge(known, self._limits):  # with more letters sent the shares could only be smaller
            return None
        sent = self._sent[mailing_id, since] = count_submitted(connection, mailing_id, since)
        why = judge(replace(known, sent=sent), self._limits)
        if not why or not pause_if_open(connection, mailing_id):
            return None
        causes = _causes(connection, mailing_id)
        trip = Trip(
            mailing_id=mailing_id,
            at=now,
            why=why,
            sent=sent,
            bounced=known.bounced,
            complained=known.complained,
            causes=causes,
        )
        connection.execute(insert(trips).values(_values(trip)))
        return trip


def find_open_trip(database: Database, mailing_id: int) -> Trip | None:
    """Return why a mailing has paused itself, unless its author has let it go on since."""
    with database.read() as connection:
        last = _last(connection, mailing_id)
    return last if last is not None and last.resumed_at is None else None


def list_open_trips(database: Database) -> tuple[Trip, ...]:
    """Return the mailings that wait for their author's word, the newest first."""
    asked = select(trips).where(trips.c.resumed_at.is_(None)).order_by(trips.c.id.desc())
    with database.read() as connection:
        return tuple(_trip(row) for row in connection.execute(asked))


def resume_paused_mailing(database: Database, mailing: Mailing, *, anyway: bool, now: datetime) -> Mailing:
    """Let a paused mailing leave again; one that paused itself only `anyway`, and then what is new counts.

    DecisionRequired says why it paused itself; UsageError for a cancelled mailing.
    """
    trip = find_open_trip(database, mailing.id)
    if trip is not None and not anyway:
        causes = "; ".join(f"{cause.deliveries:,} at {cause.domain}: {cause.reason}" for cause in trip.causes)
        raise DecisionRequired(
            f"mailing {mailing.id} paused itself on {trip.at:%d %B at %H:%M} UTC: {trip.why} ({causes}). "
            f"Mend what can be mended, then: newsletter resume {mailing.id} --anyway"
        )
    found = let_go_on(database, mailing)
    if trip is not None:
        _close_trip(database, mailing.id, now)
    return found


def _close_trip(database: Database, mailing_id: int, now: datetime) -> None:
    """Note that the author lets a mailing go on."""
    with database.write() as connection:
        connection.execute(
            update(trips).where(trips.c.mailing_id == mailing_id, trips.c.resumed_at.is_(None)).values(resumed_at=now)
        )


def _last(connection: Connection, mailing_id: int) -> Trip | None:
    asked = select(trips).where(trips.c.mailing_id == mailing_id).order_by(trips.c.id.desc()).limit(1)
    row = connection.execute(asked).one_or_none()
    return _trip(row) if row is not None else None


def _count(connection: Connection, mailing_id: int, kinds: Iterable[EventKind], since: datetime | None) -> int:
    asked = select(func.count(facts.c.delivery_id.distinct())).where(
        facts.c.mailing_id == mailing_id, or_(*map(_is_trouble, kinds))
    )
    if since is not None:
        asked = asked.where(are_submitted_since(facts.c.delivery_id, since))
    return int(connection.scalar(asked) or 0)


def _causes(connection: Connection, mailing_id: int) -> tuple[Cause, ...]:
    number = func.count(facts.c.delivery_id.distinct())
    asked = (
        select(facts.c.domain, facts.c.reason, number)
        .where(
            facts.c.mailing_id == mailing_id,
            or_(*map(_is_trouble, (EventKind.BOUNCED, EventKind.REJECTED, EventKind.COMPLAINED))),
        )
        .group_by(facts.c.domain, facts.c.reason)
        .order_by(number.desc(), facts.c.domain, facts.c.reason)
        .limit(_NAMED)
    )
    rows = connection.execute(asked)
    return tuple(Cause(domain=domain, reason=reason, deliveries=n) for domain, reason, n in rows)


def _is_trouble(kind: EventKind) -> ColumnElement[bool]:
    return and_(facts.c.act == kind.value, facts.c.reason.in_([reason.value for reason in trouble(kind)]))


def _values(trip: Trip) -> dict[str, object]:
    return {
        "mailing_id": trip.mailing_id,
        "at": trip.at,
        "why": trip.why,
        "sent": trip.sent,
        "bounced": trip.bounced,
        "complained": trip.complained,
        "causes": [[cause.domain, cause.reason, cause.deliveries] for cause in trip.causes],
    }


def _trip(row: object) -> Trip:
    found = row._mapping  # type: ignore[attr-defined]
    return Trip(
        mailing_id=found["mailing_id"],
        at=found["at"],
        why=found["why"],
        sent=found["sent"],
        bounced=found["bounced"],
        complained=found["complained"],
        causes=tuple(Cause(domain=d, reason=r, deliveries=n) for d, r, n in found["causes"]),
        resumed_at=found["resumed_at"],
    )
