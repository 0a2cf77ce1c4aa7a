"""Event store: raw events as they came, durable before they are acknowledged to their source.

An event is one row, however often and by whatever way it comes. What cannot be parsed is stored too, with the reason.
"""

import hashlib
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import and_, bindparam, delete, func, select, update

from newsletter.database import MAX_ROW_ID, Database, PreparedStatement, dialect_insert, insert_into
from newsletter.delivery import delivery_ids_of
from newsletter.errors import UsageError
from newsletter.feedback.formats.json_envelopes import canonical_json, event_type, identity_of, unwrap
from newsletter.feedback.models import UnreadableEvent
from newsletter.feedback.tables import events

_DELETED_AT_ONCE = 2_000
_IDS_AT_ONCE = 500
_MAX_CHARACTERS = 4_000_000
"""Of a message; SQS and SNS carry 256 kB."""


class EventState(StrEnum):
    """What became of an event."""

    WAITING = "waiting"
    """Stored, not applied yet."""
    APPLIED = "applied"
    UNMATCHED = "unmatched"
    """About no delivery that we know; tried again for a week."""
    UNKNOWN = "unknown"
    """Of a kind that we do not use."""
    PARKED = "parked"
    """It could not be parsed or applied; the reason says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomingEvent:
    """One event about to be stored."""

    digest: bytes
    raw: bytes
    kind: str
    data: dict[str, Any] | None = None
    """The parsed JSON, if it could be parsed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """One event as it is stored."""

    id: int
    kind: str
    state: EventState
    reason: str
    source: str
    received_at: datetime
    attempts: int
    delivery_id: int | None
    raw: str
    """As it came; "" where it was not to be kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSummary:
    """How many events have come in, and when the last one did."""

    last_at: datetime | None
    """When the last event was received; None if none ever was."""
    states: Counter[EventState]
    unknown: Counter[str]
    """Kinds that we do not use, and how many of each."""

    @property
    def backlog(self) -> int:
        """Events that are stored and not applied yet."""
        return self.states[EventState.WAITING]


def parse_incoming(text: str) -> Iterator[IncomingEvent]:
    """Yield the events in a message; what cannot be parsed is one too, which will be parked."""
    try:
        objects = list(unwrap(text[:_MAX_CHARACTERS]))
    except UnreadableEvent:
        objects = []
    if not objects:
        raw = text[:_MAX_CHARACTERS].encode("utf-8", "replace")
        yield IncomingEvent(digest=_digest(raw), raw=raw, kind="unreadable")
    for data in objects:
        raw = text.encode("utf-8", "replace") if len(objects) == 1 else canonical_json(data)
        yield IncomingEvent(digest=_digest(identity_of(data)), raw=raw, kind=event_type(data), data=data)


def incoming_from_report(report: dict[str, Any]) -> IncomingEvent:
    """Return a mail server's report as an event to be stored."""
    raw = canonical_json(report)
    return IncomingEvent(digest=_digest(raw), raw=raw, kind=event_type(report))


def store_events(database: Database, incoming: Sequence[IncomingEvent], source: str, now: datetime) -> int:
    """Store events, durable when this returns; return how many are new.

    Raises DatabaseBusy or DiskFull; then nothing was stored, and the source must deliver the events again.
    """
    if not incoming:
        return 0
    rows = [
        {
            "digest": event.digest,
            "source": source,
            "raw": zlib.compress(event.raw, 1),
            "received_at": now,
            "kind": event.kind,
            "state": EventState.WAITING.value,
        }
        for event in incoming
    ]
    with database.write() as connection:
        if database.is_sqlite:
            parameters = [{f"its_{name}": value for name, value in row.items()} for row in rows]
            return _sqlite_insert().run_many(connection, parameters)
        statement = insert_into(connection, events).on_conflict_do_nothing()
        return len(connection.execute(statement.returning(events.c.id), rows).all())  # psycopg has no rowcount here


def decompress_raw(raw: bytes) -> str:
    """Return an event as it came; "" where it was not to be kept, or is damaged."""
    try:
        return zlib.decompress(raw).decode("utf-8", "replace") if raw else ""
    except zlib.error:
        return ""


def list_events(database: Database, states: Iterable[EventState] = (), *, limit: int = 100) -> list[StoredEvent]:
    """Return events, the newest first; of all states unless some are named."""
    query = select(events).order_by(events.c.id.desc()).limit(limit)
    if wanted := [state.value for state in states]:
        query = query.where(events.c.state.in_(wanted))
    with database.read() as connection:
        return [_stored_event(row) for row in connection.execute(query)]


def find_event(database: Database, number: int) -> StoredEvent:
    """Return one event; UsageError when there is none with that number."""
    query = select(events).where(events.c.id == min(number, MAX_ROW_ID))
    with database.read() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise UsageError(f"no event {number}. 'newsletter events list' shows them")
    return _stored_event(row)


def summarise_events(database: Database) -> EventSummary:
    """Return when the last event came in, and how many are in each state."""
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


def requeue_events(database: Database, numbers: Sequence[int] = ()) -> int:
    """Set parked, unmatched and unknown events back to waiting, all of them unless some are named; return how many."""
    retried = (EventState.PARKED.value, EventState.UNMATCHED.value, EventState.UNKNOWN.value)
    change = update(events).where(events.c.state.in_(retried))
    if numbers:
        change = change.where(events.c.id.in_([number for number in numbers if number <= MAX_ROW_ID]))
    change = change.values(state=EventState.WAITING.value, reason="", attempts=0, due_at=0)
    with database.write() as connection:
        return connection.execute(change).rowcount


def delete_old_events(database: Database, days: int, now: datetime) -> int:
    """Delete some of the applied events that are older than `days`; the recorded facts stay."""
    applied = select(events.c.id, events.c.received_at).where(events.c.state == EventState.APPLIED.value)
    applied = applied.order_by(events.c.id)
    limit = now - timedelta(days=days)
    with database.read() as connection:
        oldest = connection.execute(applied.limit(1)).one_or_none()
        if oldest is None or oldest.received_at >= limit:
            return 0
        rows = connection.execute(applied.limit(_DELETED_AT_ONCE))
        ids = [row.id for row in rows if row.received_at < limit]
    with database.write() as connection:
        is_old = and_(events.c.id <= max(ids), events.c.id >= min(ids), events.c.state == EventState.APPLIED.value)
        return connection.execute(delete(events).where(is_old)).rowcount


def delete_events_about(database: Database, subscriber_id: int) -> int:
    """Delete the raw events about a subscriber's deliveries, for erasure; the facts name nobody."""
    with database.read() as connection:
        delivery_ids = delivery_ids_of(connection, subscriber_id, datetime.min.replace(tzinfo=UTC))
    deleted = 0
    for start in range(0, len(delivery_ids), _IDS_AT_ONCE):
        with database.write() as connection:
            group = delivery_ids[start : start + _IDS_AT_ONCE]
            deleted += connection.execute(delete(events).where(events.c.delivery_id.in_(group))).rowcount
    return deleted


def delete_events_naming(database: Database, key: str) -> int:
    """Delete the raw events that contain an address and are of no delivery: parked, unknown or unmatched."""
    names_it = re.compile(rf"(?<![\w.+-]){re.escape(key)}(?![\w.-])", re.IGNORECASE).search
    ids: list[int] = []
    with database.read() as connection:
        for state in (EventState.PARKED, EventState.UNMATCHED, EventState.UNKNOWN):
            query = select(events.c.id, events.c.raw).where(events.c.state == state.value).order_by(events.c.id)
            rows = connection.execution_options(yield_per=500).execute(query)
            ids += [row.id for row in rows if names_it(decompress_raw(row.raw))]
    for start in range(0, len(ids), _IDS_AT_ONCE):
        with database.write() as connection:
            connection.execute(delete(events).where(events.c.id.in_(ids[start : start + _IDS_AT_ONCE])))
    return len(ids)


@cache
def _sqlite_insert() -> PreparedStatement:
    """Return the statement that stores one event on SQLite, unless it is stored already."""
    names = ("digest", "source", "raw", "received_at", "kind", "state")
    return PreparedStatement(
        dialect_insert("sqlite", events)
        .values({name: bindparam(f"its_{name}") for name in names})
        .on_conflict_do_nothing()
    )


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


def _stored_event(row: Any) -> StoredEvent:
    return StoredEvent(
        id=row.id,
        kind=row.kind,
        state=EventState(row.state),
        reason=row.reason,
        source=row.source,
        received_at=row.received_at,
        attempts=row.attempts,
        delivery_id=row.delivery_id,
        raw=decompress_raw(row.raw),
    )
