"""Applies stored events: records facts, resolves uncertain deliveries, suppresses addresses, pauses mailings.

Each group of events is one transaction, so a kill leaves it applied or waiting; applied twice, it changes nothing more.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, text, update

from newsletter.database import Database, PreparedStatement, insert_into
from newsletter.delivery import DeliveryStatus, SubmissionEvidence, apply_evidence, apply_notice_evidence
from newsletter.errors import NewsletterError
from newsletter.feedback.apply.circuit_breaker import CircuitBreaker, Trip
from newsletter.feedback.apply.effects import EffectContext, apply_effects
from newsletter.feedback.apply.match import MatchedEvent, ParsedEvent, match_events, parse_stored_event
from newsletter.feedback.apply.record import record_facts
from newsletter.feedback.apply.throttle import Throttle
from newsletter.feedback.models import EventKind
from newsletter.feedback.store.events import (
    EventState,
    IncomingEvent,
    decompress_raw,
    delete_old_events,
)
from newsletter.feedback.tables import events, settlements
from newsletter.settings import Settings
from newsletter.tokens import Keyring

_IDS_AT_ONCE = 500
_RETRY_SECONDS = (10, 60, 600, 3_600, 6 * 3_600, 24 * 3_600, 3 * 24 * 3_600, 7 * 24 * 3_600)
"""Seconds until an event that matches nothing is tried again: its delivery may not be recorded yet."""
_PRIVATE = frozenset({EventKind.OPENED, EventKind.CLICKED})
"""Events that hold a reader's IP address, which is not kept."""
_BAD_NEWS = frozenset({EventKind.BOUNCED, EventKind.COMPLAINED, EventKind.REJECTED})
"""Events after which the circuit breaker looks at their mailing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyResult:
    """What became of some events."""

    states: Counter[EventState] = field(default_factory=Counter)
    settled: int = 0
    """Deliveries that events resolved: proved to be submitted, or dropped."""
    suppressed: int = 0
    trips: tuple[Trip, ...] = ()
    """Mailings that paused themselves."""

    def __add__(self, other: "ApplyResult") -> "ApplyResult":
        """Return the sum of both."""
        return ApplyResult(
            states=self.states + other.states,
            settled=self.settled + other.settled,
            suppressed=self.suppressed + other.suppressed,
            trips=(*self.trips, *other.trips),
        )

    @property
    def events(self) -> int:
        """How many events were applied or tried."""
        return sum(self.states.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestProgress:
    """How far the ingestion of events is."""

    received: int = 0
    new: int = 0
    """Of these, not stored before."""
    applied: ApplyResult = field(default_factory=ApplyResult)

    def __add__(self, other: "IngestProgress") -> "IngestProgress":
        """Return the sum of both."""
        return IngestProgress(
            received=self.received + other.received,
            new=self.new + other.new,
            applied=self.applied + other.applied,
        )


def apply_stored_events(
    database: Database,
    keyring: Keyring,
    settings: Settings,
    *,
    clock: Callable[[], datetime],
    group: Sequence[IncomingEvent] = (),
) -> Iterator[IngestProgress]:
    """Apply every waiting event, also from earlier, then delete old ones; `group` are those that were just stored."""
    known = {event.digest: event.data for event in group if event.data is not None}
    for applied in apply_waiting_events(database, keyring, settings, clock=clock, known=known):
        yield IngestProgress(applied=applied)
    delete_old_events(database, settings.feedback.keep_days, clock())


def apply_waiting_events(
    database: Database,
    keyring: Keyring,
    settings: Settings,
    *,
    clock: Callable[[], datetime],
    known: Mapping[bytes, dict[str, Any]] | None = None,
) -> Iterator[ApplyResult]:
    """Apply every waiting event, yielding the result of each group; one that cannot be applied is parked.

    `known` are some of them by digest, parsed already. While a sender runs, groups are small, because SQLite has one
    writer. Raises DatabaseBusy or DiskFull: what was not applied then still waits.
    """
    breaker = CircuitBreaker(settings.feedback)
    while True:
        throttle = Throttle(database)
        group = _next_group(database, throttle.group_size, known or {}, clock())
        if not group:
            return
        context = EffectContext(keyring=keyring, settings=settings.feedback, now=clock())
        applied = _apply_group(database, context, group, breaker)
        throttle.wait()
        yield applied


def _next_group(
    database: Database, most: int, known: Mapping[bytes, dict[str, Any]], now: datetime
) -> list[ParsedEvent]:
    """Parse the next events that wait, or are due for another try."""
    columns = (events.c.id, events.c.digest, events.c.attempts)
    waiting = select(*columns).where(events.c.state == EventState.WAITING.value).order_by(events.c.id).limit(most)
    due = (
        select(*columns)
        .where(text("events.due_at > 0"), events.c.due_at <= int(now.timestamp()))
        .order_by(events.c.due_at)
        .limit(most)
    )
    with database.read() as connection:
        rows = connection.execute(waiting).all() or connection.execute(due).all()
        stored = _read_raw(connection, [row.id for row in rows if row.digest not in known])
    return [
        parse_stored_event(row.id, row.attempts, *(stored.get(row.id) or (known[row.digest], now)))
        for row in rows
        if row.id in stored or row.digest in known  # or it was deleted at this very moment
    ]


def _read_raw(connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[str, datetime]]:
    """Return events as they came, and when they were received."""
    raw: dict[int, tuple[str, datetime]] = {}
    for start in range(0, len(numbers), _IDS_AT_ONCE):
        query = select(events.c.id, events.c.raw, events.c.received_at).where(
            events.c.id.in_(numbers[start : start + _IDS_AT_ONCE])
        )
        raw |= {row.id: (decompress_raw(row.raw), row.received_at) for row in connection.execute(query)}
    return raw


def _apply_group(
    database: Database, context: EffectContext, group: Sequence[ParsedEvent], breaker: CircuitBreaker
) -> ApplyResult:
    """Apply a group in one transaction; if one event makes it fail, apply each alone and park that one."""
    try:
        with database.write() as connection:
            result, mailings = _apply(connection, context, group)
            trips = breaker.check(connection, mailings, context.now)
    except NewsletterError:
        raise
    except Exception as error:
        if len(group) > 1:
            alone = (_apply_group(database, context, (parsed,), breaker) for parsed in group)
            return sum(alone, ApplyResult())
        with database.write() as connection:
            fault = f"{type(error).__name__}: {error}"[:300]
            _mark(connection, [_marked(group[0], EventState.PARKED, reason=fault)])
        return ApplyResult(states=Counter({EventState.PARKED: 1}))
    return ApplyResult(states=result.states, settled=result.settled, suppressed=result.suppressed, trips=trips)


def _apply(
    connection: Connection, context: EffectContext, group: Sequence[ParsedEvent]
) -> tuple[ApplyResult, frozenset[int]]:
    """Apply a group; return the result, and the mailings that bad news came about."""
    matched = match_events(connection, group)
    about_deliveries = [match for match in matched if match.delivery is not None]
    new = record_facts(connection, about_deliveries)
    settled = _resolve(connection, about_deliveries, context.now)
    notices = [match.notice for match in matched if match.delivery is None and match.notice is not None]
    apply_notice_evidence(connection, notices, context.now)
    suppressed = apply_effects(connection, context, [*new, *(match for match in matched if match.notice is not None)])
    marks = [_mark_for(parsed, context.now) for parsed in group if parsed.event is None]
    marks += [_mark_for(match.parsed, context.now, match) for match in matched]
    _mark(connection, marks)
    states = Counter(EventState(str(mark["to"])) for mark in marks)
    mailings = frozenset(
        match.delivery.mailing_id for match in new if match.delivery is not None and match.event.kind in _BAD_NEWS
    )
    return ApplyResult(states=states, settled=settled, suppressed=suppressed), mailings


def _resolve(connection: Connection, about: Sequence[MatchedEvent], now: datetime) -> int:
    """Resolve deliveries by what events prove, and note those whose outcome was not known; return how many."""
    matched_by = {match.delivery.id: match.matched_by for match in reversed(about) if match.delivery is not None}
    evidence = [
        SubmissionEvidence(
            delivery=match.delivery,
            reference=match.event.reference,
            dropped=f"accepted and then dropped by the mail server: {match.event.detail or match.event.code}"
            if match.event.kind is EventKind.REJECTED
            else "",
        )
        for match in about
        if match.delivery is not None
    ]
    changed = apply_evidence(connection, evidence, now)
    rows = [
        {
            "delivery_id": delivery.id,
            "mailing_id": delivery.mailing_id,
            "was": delivery.status.value,
            "by": matched_by[delivery.id],
            "at": now,
        }
        for delivery in changed
        if delivery.status is not DeliveryStatus.SUBMITTED
    ]
    if rows:
        connection.execute(insert_into(connection, settlements).on_conflict_do_nothing(), rows)
    return len(rows)


def _mark_for(parsed: ParsedEvent, now: datetime, matched: MatchedEvent | None = None) -> dict[str, object]:
    """Return the new state of an event."""
    if parsed.fault:
        return _marked(parsed, EventState.PARKED, reason=parsed.fault)
    if matched is None:
        return _marked(parsed, EventState.UNKNOWN, reason="of a kind that we do not use")
    if matched.delivery is None and matched.notice is None:
        wait = _RETRY_SECONDS[parsed.attempts] if parsed.attempts < len(_RETRY_SECONDS) else 0
        due = int(now.timestamp()) + wait if wait else 0
        return _marked(parsed, EventState.UNMATCHED, reason="about no delivery that we know", due_at=due)
    number = matched.delivery.id if matched.delivery is not None else matched.notice
    return _marked(parsed, EventState.APPLIED, delivery=number, is_private=matched.event.kind in _PRIVATE)


def _marked(
    parsed: ParsedEvent,
    state: EventState,
    *,
    reason: str = "",
    due_at: int = 0,
    delivery: int | None = None,
    is_private: bool = False,
) -> dict[str, object]:
    return {
        "number": parsed.number,
        "to": state.value,
        "why": reason,
        "due": due_at,
        "about": delivery,
        "private": is_private,
    }


def _mark(connection: Connection, marks: Sequence[dict[str, object]]) -> None:
    """Write the new states, and empty the raw text of private events."""
    emptied = [{"number": mark["number"]} for mark in marks if mark.pop("private")]
    _SET_STATE.run_many(connection, marks)
    if emptied:
        connection.execute(_EMPTY_RAW, emptied)


_SET_STATE = PreparedStatement(
    update(events)
    .where(events.c.id == bindparam("number"))
    .values(
        state=bindparam("to"),
        reason=bindparam("why"),
        due_at=bindparam("due"),
        delivery_id=bindparam("about"),
        attempts=events.c.attempts + 1,
    )
)
_EMPTY_RAW = update(events).where(events.c.id == bindparam("number")).values(raw=b"")
