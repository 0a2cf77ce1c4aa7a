"""Alarms: stalled mailings, silent sources and stuck work, detected by database queries alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, column, func, select, table
from sqlalchemy import types as kinds

from newsletter.database import Database, UtcDateTime
from newsletter.settings import Settings

STALLED_AFTER = timedelta(minutes=30)
"""A mailing that is not finished or paused, and in which nothing has changed for so long, has stopped."""
_NOTICE_STALLED_AFTER = timedelta(hours=6)
_NO_MAIL_AFTER = timedelta(days=14)
_REPORTED_WITHIN = timedelta(hours=6)
_EVENT_STALLED_AFTER = timedelta(hours=1)
"""A stored event is applied within moments."""
_PARKED_SINCE = timedelta(days=1)
_MANY = 20
"""Of so many messages something is reported, if anything is."""

_mailings = table(
    "mailings",
    column("id", kinds.Integer),
    *(column(name, kinds.Text) for name in ("kind", "slug", "list_name", "state", "transport")),
    *(column(name, UtcDateTime) for name in ("created_at", "finished_at", "send_at", "send_before")),
)
_deliveries = table(
    "deliveries", column("mailing_id", kinds.Integer), column("status", kinds.Text), column("changed_at", UtcDateTime)
)
_facts = table("facts", column("mailing_id", kinds.Integer))
_notices = table("notices", column("status", kinds.Text), column("created_at", UtcDateTime))
_events = table("events", column("state", kinds.Text), column("received_at", UtcDateTime))
_replies = table("replies", column("fetched_at", UtcDateTime))
_trips = table(
    "trips", column("mailing_id", kinds.Integer), column("why", kinds.Text), column("resumed_at", UtcDateTime)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A condition that the author is notified of."""

    key: str
    """What it is about: the same text as long as it lasts."""
    message: str
    remedy: str


def find_alarms(database: Database, settings: Settings, *, now: datetime) -> tuple[Alarm, ...]:
    """Return an alarm for each thing that has stopped or fallen silent."""
    with database.read() as connection:
        return (
            *_stopped_mailings(connection, now),
            *_tripped_mailings(connection),
            *_uncertain_deliveries(connection),
            *_stalled_notices(connection, now),
            *_missing_replies(connection, settings, now),
            *_missing_events(connection, settings, now),
            *_stalled_events(connection, now),
        )


def _stopped_mailings(connection: Connection, now: datetime) -> Iterator[Alarm]:
    query = (
        select(
            _mailings,
            select(func.count())
            .where(
                _deliveries.c.mailing_id == _mailings.c.id,
                _deliveries.c.status.in_(("planned", "claimed")),
            )
            .scalar_subquery()
            .label("left"),
            select(func.max(_deliveries.c.changed_at))
            .where(_deliveries.c.mailing_id == _mailings.c.id)
            .scalar_subquery()
            .label("moved_at"),
        )
        .where(_mailings.c.kind == "issue", _mailings.c.state == "open", _mailings.c.finished_at.is_(None))
        .order_by(_mailings.c.id)
    )
    for row in connection.execute(query):
        due = row.send_at or row.created_at
        last = max(row.moved_at or due, due)
        if not row.left or due > now or now - last < STALLED_AFTER:
            continue
        name = f"mailing {row.id} of '{row.slug}' to {row.list_name}"
        if row.send_before is not None and row.send_before < now:
            yield Alarm(
                key=f"late {row.id}",
                message=f"{name} was due by {row.send_before:%d %B %Y %H:%M} UTC; {row.left:,} are waiting",
                remedy=f"newsletter send {row.slug} --yes sends it late, newsletter cancel {row.id} drops it",
            )
        else:
            yield Alarm(
                key=f"stopped {row.id}",
                message=f"{name} has not moved since {last:%d %B %Y %H:%M} UTC, with {row.left:,} still to send",
                remedy=f"newsletter send {row.slug}",
            )


def _tripped_mailings(connection: Connection) -> Iterator[Alarm]:
    """Yield the mailings that the circuit breaker paused, as feedback records them."""
    query = (
        select(_trips.c.mailing_id, _trips.c.why, _mailings.c.slug)
        .join_from(_trips, _mailings, _mailings.c.id == _trips.c.mailing_id)
        .where(_trips.c.resumed_at.is_(None), _mailings.c.state == "paused")
    )
    for row in connection.execute(query):
        yield Alarm(
            key=f"paused {row.mailing_id}",
            message=f"mailing {row.mailing_id} of '{row.slug}' paused itself: {row.why}",
            remedy=f"Fix the cause, then newsletter resume {row.mailing_id} --anyway",
        )


def _uncertain_deliveries(connection: Connection) -> Iterator[Alarm]:
    query = (
        select(_deliveries.c.mailing_id, func.count())
        .where(_deliveries.c.status == "uncertain")
        .group_by(_deliveries.c.mailing_id)
    )
    for mailing, number in connection.execute(query):
        yield Alarm(
            key=f"doubt {mailing}",
            message=f"mailing {mailing} has {number:,} uncertain deliveries: they may have been accepted",
            remedy=f"newsletter resolve {mailing}",
        )


def _stalled_notices(connection: Connection, now: datetime) -> Iterator[Alarm]:
    query = (
        select(_notices.c.status, func.count())
        .where(
            _notices.c.status.in_(("planned", "claimed", "uncertain")),
            _notices.c.created_at < now - _NOTICE_STALLED_AFTER,
        )
        .group_by(_notices.c.status)
    )
    for status, number in connection.execute(query):
        yield Alarm(
            key=f"notices {status}",
            message=f"{number:,} notices have been {status} for more than {_hours(_NOTICE_STALLED_AFTER)} hours",
            remedy="newsletter notices send" if status != "uncertain" else "newsletter notices resolve",
        )


def _missing_replies(connection: Connection, settings: Settings, now: datetime) -> Iterator[Alarm]:
    if not settings.replies.mailbox:
        return
    last = connection.scalar(select(func.max(_replies.c.fetched_at)))
    if last is None or now - last < _NO_MAIL_AFTER:
        return
    sent = connection.scalar(
        select(func.count()).where(
            _deliveries.c.status == "submitted",
            _deliveries.c.changed_at > last,
            _deliveries.c.changed_at < now - timedelta(days=1),
        )
    )
    if (sent or 0) >= 10 * _MANY:
        yield Alarm(
            key="silent answers",
            message=f"no email has arrived since {last:%d %B %Y}, but {sent:,} messages were sent; not even a bounce",
            remedy="newsletter doctor checks the mailbox, then newsletter replies fetch",
        )


def _missing_events(connection: Connection, settings: Settings, now: datetime) -> Iterator[Alarm]:
    """Yield the newest mailing about which SES should have sent events by now, and did not."""
    if not (settings.feedback.queue or settings.feedback.topics):
        return
    query = (
        select(_mailings.c.id, _mailings.c.slug, _mailings.c.finished_at)
        .where(_mailings.c.kind == "issue", _mailings.c.transport == "ses")
        .where(_mailings.c.finished_at < now - _REPORTED_WITHIN)
        .order_by(_mailings.c.id.desc())
        .limit(1)
    )
    newest = connection.execute(query).one_or_none()
    if newest is None:
        return
    sent = connection.scalar(
        select(func.count()).where(_deliveries.c.mailing_id == newest.id, _deliveries.c.status == "submitted")
    )
    about_it = select(_facts.c.mailing_id).where(_facts.c.mailing_id == newest.id).limit(1)
    is_reported = connection.execute(about_it).first() is not None
    if (sent or 0) >= _MANY and not is_reported:
        yield Alarm(
            key=f"silent events {newest.id}",
            message=f"SES has sent no events about the {sent:,} messages of '{newest.slug}'",
            remedy="newsletter doctor checks the configuration set and the event queue",
        )


def _stalled_events(connection: Connection, now: datetime) -> Iterator[Alarm]:
    """Yield stored events that are not applied: because nothing applies them, or because they cannot be."""
    for state, when, message, remedy in (
        (
            "waiting",
            _events.c.received_at < now - _EVENT_STALLED_AFTER,
            "have waited for more than an hour to be applied",
            "newsletter events pull applies them",
        ),
        (
            "parked",
            _events.c.received_at > now - _PARKED_SINCE,
            "of the last day could not be parsed or applied",
            "newsletter events list --parked says why",
        ),
    ):
        number = connection.scalar(select(func.count()).where(_events.c.state == state, when))
        if number:
            yield Alarm(key=f"{state} events", message=f"{number:,} events {message}", remedy=remedy)


def _hours(duration: timedelta) -> int:
    return duration // timedelta(hours=1)
