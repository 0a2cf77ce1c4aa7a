"""The inbox: events as they came, durable before whoever brought them is told that we have them.

An event is one row however often and by whatever way it comes. What cannot be read is kept with the reason.
"""

import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import Table, and_, bindparam, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from newsletter.database import MAX_ROW_ID, Database, PreparedStatement
from newsletter.delivery import delivery_ids_of
from newsletter.errors import UsageError
from newsletter.feedback.formats.json_envelopes import canonical, identity, kind_in, opened
from newsletter.feedback.models import UnreadableEvent
from newsletter.feedback.tables import events

_FORGOTTEN_AT_ONCE = 2_000
_MOST_RAW = 4_000_000
"""Characters of a message; SQS and SNS carry 256 kB."""


class EventState(StrEnum):
    """What became of an event."""

    WAITING = "waiting"
    """It is kept, and nothing has been made of it yet."""
    APPLIED = "applied"
    UNMATCHED = "unmatched"
    """It is about no delivery that we know; looked at again for a week."""
    UNKNOWN = "unknown"
    """Of a kind that we make nothing of."""
    PARKED = "parked"
    """It could not be read, or not be applied; the reason says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One event on its way in."""

    digest: bytes
    raw: bytes
    kind: str
    found: dict[str, Any] | None = None
    """What it says, as far as it can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """One event as it is kept."""

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


def read_incoming(text: str) -> Iterator[Incoming]:
    """Yield the events in a message; what cannot be read is one too, and parked when its turn comes."""
    try:
        found = list(opened(text[:_MOST_RAW]))
    except UnreadableEvent:
        found = []
    if not found:
        raw = text[:_MOST_RAW].encode("utf-8", "replace")
        yield Incoming(digest=_digest(raw), raw=raw, kind="unreadable")
    for each in found:
        raw = text.encode("utf-8", "replace") if len(found) == 1 else canonical(each)
        yield Incoming(digest=_digest(identity(each)), raw=raw, kind=kind_in(each), found=each)


def keep(database: Database, incoming: Sequence[Incoming], source: str, now: datetime) -> int:
    """Keep events, durable when this returns; return how many were not here before.

    Raises DatabaseBusy or DiskFull, and then nothing was kept: whoever brought them must bring them again.
    """
    if not incoming:
        return 0
    rows = [
        {
            "digest": each.digest,
            "source": source,
            "raw": zlib.compress(each.raw, 1),
            "received_at": now,
            "kind": each.kind,
            "state": EventState.WAITING.value,
        }
        for each in incoming
    ]
    with database.write() as connection:
        if database.is_sqlite:
            return _keep_order().run_many(connection, [{f"its_{n}": v for n, v in row.items()} for row in rows])
        given = insert_into(connection, events).on_conflict_do_nothing()
        return len(connection.execute(given.returning(events.c.id), rows).all())  # psycopg counts no several rows


def unpack(raw: bytes) -> str:
    """Return an event as it came; "" where it was not to be kept, or was damaged since."""
    try:
        return zlib.decompress(raw).decode("utf-8", "replace") if raw else ""
    except zlib.error:
        return ""


def list_events(database: Database, states: Iterable[EventState] = (), *, limit: int = 100) -> list[StoredEvent]:
    """Return events, the newest first."""
    asked = select(events).order_by(events.c.id.desc()).limit(limit)
    if wanted := [state.value for state in states]:
        asked = asked.where(events.c.state.in_(wanted))
    with database.read() as connection:
        return [_stored(row) for row in connection.execute(asked)]


def find_event(database: Database, number: int) -> StoredEvent:
    """Return one event; UsageError when there is none of that number."""
    asked = select(events).where(events.c.id == min(number, MAX_ROW_ID))
    with database.read() as connection:
        row = connection.execute(asked).one_or_none()
    if row is None:
        raise UsageError(f"no event {number}. 'newsletter events list' shows them")
    return _stored(row)


def requeue_events(database: Database, numbers: Sequence[int] = ()) -> int:
    """Let parked, unmatched and unknown events wait for another try, all of them unless some are named."""
    asked = update(events).where(
        events.c.state.in_([EventState.PARKED.value, EventState.UNMATCHED.value, EventState.UNKNOWN.value])
    )
    if numbers:
        asked = asked.where(events.c.id.in_([number for number in numbers if number <= MAX_ROW_ID]))
    with database.write() as connection:
        return connection.execute(
            asked.values(state=EventState.WAITING.value, reason="", attempts=0, due_at=0)
        ).rowcount


def forget_old(database: Database, days: int, now: datetime) -> int:
    """Delete some of the applied events that are older than so many days; what they said stays as facts."""
    applied = (
        select(events.c.id, events.c.received_at)
        .where(events.c.state == EventState.APPLIED.value)
        .order_by(events.c.id)
    )
    limit = now - timedelta(days=days)
    with database.read() as connection:
        oldest = connection.execute(applied.limit(1)).one_or_none()
        if oldest is None or oldest.received_at >= limit:
            return 0
        rows = connection.execute(applied.limit(_FORGOTTEN_AT_ONCE))
        gone = [row.id for row in rows if row.received_at < limit]
    with database.write() as connection:
        is_old = and_(events.c.id <= max(gone), events.c.id >= min(gone), events.c.state == EventState.APPLIED.value)
        return connection.execute(delete(events).where(is_old)).rowcount


def delete_events_about(database: Database, subscriber_id: int) -> int:
    """Delete the raw events about the letters of a reader who is erased; the facts name nobody."""
    gone = 0
    with database.read() as connection:
        numbers = delivery_ids_of(connection, subscriber_id, datetime.min.replace(tzinfo=UTC))
    for start in range(0, len(numbers), 500):
        with database.write() as connection:
            asked = delete(events).where(events.c.delivery_id.in_(numbers[start : start + 500]))
            gone += connection.execute(asked).rowcount
    return gone


def delete_events_naming(database: Database, key: str) -> int:
    """Delete the raw events that name an address and are of no delivery: parked, of unknown kind, or unmatched."""
    names_it = re.compile(rf"(?<![\w.+-]){re.escape(key)}(?![\w.-])", re.IGNORECASE).search
    mine: list[int] = []
    with database.read() as connection:
        for state in (EventState.PARKED, EventState.UNMATCHED, EventState.UNKNOWN):
            asked = select(events.c.id, events.c.raw).where(events.c.state == state.value).order_by(events.c.id)
            found = connection.execution_options(yield_per=500).execute(asked)
            mine += [row.id for row in found if names_it(unpack(row.raw))]
    for start in range(0, len(mine), 500):
        with database.write() as connection:
            connection.execute(delete(events).where(events.c.id.in_(mine[start : start + 500])))
    return len(mine)


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that can say what happens to rows which are already there."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def incoming_report(report: dict[str, Any]) -> Incoming:
    """Return a mail server's report as an event on its way in."""
    plain = canonical(report)
    return Incoming(digest=_digest(plain), raw=plain, kind=kind_in(report))


@cache
def _keep_order() -> PreparedStatement:
    """Keep one event on SQLite, unless it is here."""
    names = ("digest", "source", "raw", "received_at", "kind", "state")
    return PreparedStatement(
        sqlite.insert(events).values({name: bindparam(f"its_{name}") for name in names}).on_conflict_do_nothing()
    )


def _digest(octets: bytes) -> bytes:
    return hashlib.blake2b(octets, digest_size=16).digest()


def _stored(row: Any) -> StoredEvent:
    return StoredEvent(
        id=row.id,
        kind=row.kind,
        state=EventState(row.state),
        reason=row.reason,
        source=row.source,
        received_at=row.received_at,
        attempts=row.attempts,
        delivery_id=row.delivery_id,
        raw=unpack(row.raw),
    )
