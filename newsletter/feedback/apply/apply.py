"""Applies kept events: facts are added, what is uncertain is settled, addresses are suppressed, mailings pause.

Each group is one transaction, so a kill leaves it applied or waiting; applied twice, it changes nothing more.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, text, update

from newsletter.database import Database, PreparedStatement
from newsletter.delivery import DeliveryStatus, SubmissionEvidence, apply_evidence, apply_notice_evidence
from newsletter.errors import NewsletterError
from newsletter.feedback.apply.circuit_breaker import Breaker, Trip
from newsletter.feedback.apply.effects import Desk, act_on
from newsletter.feedback.apply.match import Matched, Read, match, read_kept
from newsletter.feedback.apply.record import record_facts
from newsletter.feedback.apply.throttle import Turn
from newsletter.feedback.models import EventKind
from newsletter.feedback.store.events import EventState, insert_into, unpack
from newsletter.feedback.tables import events, settlements
from newsletter.settings import Settings
from newsletter.tokens import Keyring

_AT_ONCE = 500
_AGAIN = (10, 60, 600, 3_600, 6 * 3_600, 24 * 3_600, 3 * 24 * 3_600, 7 * 24 * 3_600)
"""Seconds until an event about nothing that we know is looked at again: its delivery may not be recorded yet."""
_PRIVATE = frozenset({EventKind.OPENED, EventKind.CLICKED})
"""Events that hold a reader's network address, which is not kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyResult:
    """What came of some events."""

    states: Counter[EventState] = field(default_factory=Counter)
    settled: int = 0
    """Deliveries of which they proved that they had been taken, or dropped."""
    suppressed: int = 0
    trips: tuple[Trip, ...] = ()
    """Mailings that paused themselves."""

    def __add__(self, other: "ApplyResult") -> "ApplyResult":
        """Return both together."""
        return ApplyResult(
            states=self.states + other.states,
            settled=self.settled + other.settled,
            suppressed=self.suppressed + other.suppressed,
            trips=(*self.trips, *other.trips),
        )

    @property
    def events(self) -> int:
        """How many events were looked at."""
        return sum(self.states.values())


def apply_waiting(
    database: Database,
    keyring: Keyring,
    settings: Settings,
    *,
    clock: Callable[[], datetime],
    known: Mapping[bytes, dict[str, Any]] | None = None,
) -> Iterator[ApplyResult]:
    """Apply every event that waits, yielding what came of each group; what is poison is parked with its reason.

    `known` are some of them by their digests, read already. Beside a sender it takes short turns, for SQLite has
    one writer. Raises DatabaseBusy or DiskFull: what is not applied then still waits.
    """
    breaker = Breaker(settings.feedback)
    while True:
        turn = Turn(database)
        group = _next(database, turn.size, known or {}, clock())
        if not group:
            return
        applied = _applied(database, keyring, settings, group, breaker, clock())
        turn.end()
        yield applied


def _next(database: Database, most: int, known: Mapping[bytes, dict[str, Any]], now: datetime) -> list[Read]:
    """Read the next events that wait, or are due again."""
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
        kept = _kept(connection, [row.id for row in rows if row.digest not in known])
    return [
        read_kept(row.id, row.attempts, *(kept.get(row.id) or (known[row.digest], now)))
        for row in rows
        if row.id in kept or row.digest in known  # or it was forgotten in this very moment
    ]


def _kept(connection: Connection, numbers: Sequence[int]) -> dict[int, tuple[str, datetime]]:
    """Return events as they came, and when; those that were just kept are read already and need not be."""
    found: dict[int, tuple[str, datetime]] = {}
    for start in range(0, len(numbers), _AT_ONCE):
        asked = select(events.c.id, events.c.raw, events.c.received_at).where(
            events.c.id.in_(numbers[start : start + _AT_ONCE])
        )
        found |= {row.id: (unpack(row.raw), row.received_at) for row in connection.execute(asked)}
    return found


def _applied(
    database: Database,
    keyring: Keyring,
    settings: Settings,
    group: Sequence[Read],
    breaker: Breaker,
    now: datetime,
) -> ApplyResult:
    desk = Desk(keyring=keyring, settings=settings.feedback, now=now)
    try:
        with database.write() as connection:
            found = _apply(connection, desk, group)
            trips = breaker.look(connection, found.troubled, now)
    except NewsletterError:
        raise
    except Exception as error:  # one of them is poison: it is found by applying each alone, and parked
        if len(group) > 1:
            alone = (_applied(database, keyring, settings, (read,), breaker, now) for read in group)
            return sum(alone, ApplyResult())
        with database.write() as connection:
            fault = f"{type(error).__name__}: {error}"[:300]
            _mark(connection, [_marked(group[0], EventState.PARKED, reason=fault)])
        return ApplyResult(states=Counter({EventState.PARKED: 1}))
    return ApplyResult(states=found.states, settled=found.settled, suppressed=found.suppressed, trips=trips)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    states: Counter[EventState]
    settled: int
    suppressed: int
    troubled: frozenset[int]
    """Mailings of which something bad was said."""


def _apply(connection: Connection, desk: Desk, group: Sequence[Read]) -> _Found:
    matched = match(connection, group)
    about = [each for each in matched if each.delivery is not None]
    fresh = record_facts(connection, about)
    settled = _settle(connection, about, desk.now)
    notices = [each.notice for each in matched if each.delivery is None and each.notice is not None]
    apply_notice_evidence(connection, notices, desk.now)
    suppressed = act_on(connection, desk, [*fresh, *(each for each in matched if each.notice is not None)])
    marks = [_mark_of(read, desk.now) for read in group if read.event is None]
    marks += [_mark_of(each.read, desk.now, each) for each in matched]
    _mark(connection, marks)
    return _Found(
        states=Counter(EventState(str(mark["to"])) for mark in marks),
        settled=settled,
        suppressed=suppressed,
        troubled=frozenset(
            each.delivery.mailing_id
            for each in fresh
            if each.delivery is not None
            and each.event.kind in {EventKind.BOUNCED, EventKind.COMPLAINED, EventKind.REJECTED}
        ),
    )


def _settle(connection: Connection, about: Sequence[Matched], now: datetime) -> int:
    """Settle what events prove, and keep a note of what was not known before."""
    by = {each.delivery.id: each.by for each in reversed(about) if each.delivery is not None}
    proofs = [
        SubmissionEvidence(
            delivery=each.delivery,
            reference=each.event.reference,
            dropped=f"the next hop took it and dropped it: {each.event.detail or each.event.code}"
            if each.event.kind is EventKind.REJECTED
            else "",
        )
        for each in about
        if each.delivery is not None
    ]
    changed = apply_evidence(connection, proofs, now)
    notes = [
        {
            "delivery_id": each.id,
            "mailing_id": each.mailing_id,
            "was": each.status.value,
            "by": by[each.id],
            "at": now,
        }
        for each in changed
        if each.status is not DeliveryStatus.SUBMITTED
    ]
    if notes:
        connection.execute(insert_into(connection, settlements).on_conflict_do_nothing(), notes)
    return len(notes)


def _mark_of(read: Read, now: datetime, matched: Matched | None = None) -> dict[str, object]:
    if read.fault:
        return _marked(read, EventState.PARKED, reason=read.fault)
    if matched is None:
        return _marked(read, EventState.UNKNOWN, reason="of a kind that nothing is made of")
    if matched.delivery is None and matched.notice is None:
        wait = _AGAIN[read.attempts] if read.attempts < len(_AGAIN) else 0
        due = int(now.timestamp()) + wait if wait else 0
        return _marked(read, EventState.UNMATCHED, reason="it is about no delivery that we know", due_at=due)
    number = matched.delivery.id if matched.delivery is not None else matched.notice
    return _marked(read, EventState.APPLIED, delivery=number, is_private=matched.event.kind in _PRIVATE)


def _marked(
    read: Read,
    state: EventState,
    *,
    reason: str = "",
    due_at: int = 0,
    delivery: int | None = None,
    is_private: bool = False,
) -> dict[str, object]:
    return {
        "number": read.number,
        "to": state.value,
        "why": reason,
        "due": due_at,
        "about": delivery,
        "private": is_private,
    }


def _mark(connection: Connection, marks: Iterable[dict[str, object]]) -> None:
    found = list(marks)
    emptied = [{"number": mark["number"]} for mark in found if mark.pop("private")]
    _MARK.run_many(connection, found)
    if emptied:
        connection.execute(_EMPTY, emptied)


_MARK = PreparedStatement(
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
_EMPTY = update(events).where(events.c.id == bindparam("number")).values(raw=b"")
