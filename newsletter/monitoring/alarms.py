"""Watching: what has stopped, or fallen silent, while nobody looked; from what is recorded here alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, column, func, select, table
from sqlalchemy import types as kinds

from newsletter.database import Database, UtcDateTime
from newsletter.settings import Settings

QUIET = timedelta(minutes=30)
"""A mailing that can go on, and of which nothing moved for so long, has stopped."""
_NOTICE = timedelta(hours=6)
_SILENCE = timedelta(days=14)
_REPORTED = timedelta(hours=6)
_WAITING = timedelta(hours=1)
"""An event that is kept is applied within moments."""
_RECENTLY = timedelta(days=1)
_MANY = 20
"""Of so many letters something is heard, if anything is."""

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
    """Something that the author should hear of without asking."""

    key: str
    """What it is about, the same as long as it lasts."""
    message: str
    remedy: str


def find_alarms(database: Database, settings: Settings, *, now: datetime) -> tuple[Alarm, ...]:
    """Return what has stopped or fallen silent."""
    with database.read() as connection:
        return (
            *_stopped(connection, now),
            *_paused(connection),
            *_doubtful(connection),
            *_stuck_notices(connection, now),
            *_silent_answers(connection, settings, now),
            *_silent_events(connection, settings, now),
            *_stuck_events(connection, now),
        )


def _stopped(connection: Connection, now: datetime) -> Iterator[Alarm]:
    counted = (
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
    for row in connection.execute(counted):
        due = row.send_at or row.created_at
        last = max(row.moved_at or due, due)
        if not row.left or due > now or now - last < QUIET:
            continue
        name = f"mailing {row.id} of '{row.slug}' to {row.list_name}"
        if row.send_before is not None and row.send_before < now:
            yield Alarm(
                key=f"late {row.id}",
                message=f"{name} was to leave before {row.send_before:%d %B %Y %H:%M} UTC; {row.left:,} wait",
                remedy=f"newsletter send {row.slug} --yes sends it late, newsletter cancel {row.id} does not",
            )
        else:
            yield Alarm(
                key=f"stopped {row.id}",
                message=f"{name} stands still since {last:%d %B %Y %H:%M} UTC with {row.left:,} to go",
                remedy=f"newsletter send {row.slug}",
            )


def _paused(connection: Connection) -> Iterator[Alarm]:
    """Yield the mailings that paused themselves, which another station records."""
    asked = (
        select(_trips.c.mailing_id, _trips.c.why, _mailings.c.slug)
        .join_from(_trips, _mailings, _mailings.c.id == _trips.c.mailing_id)
        .where(_trips.c.resumed_at.is_(None), _mailings.c.state == "paused")
    )
    for row in connection.execute(asked):
        yield Alarm(
            key=f"paused {row.mailing_id}",
            message=f"mailing {row.mailing_id} of '{row.slug}' paused itself: {row.why}",
            remedy=f"Mend the cause, then newsletter resume {row.mailing_id} --anyway",
        )


def _doubtful(connection: Connection) -> Iterator[Alarm]:
    asked = (
        select(_deliveries.c.mailing_id, func.count())
        .where(_deliveries.c.status == "uncertain")
        .group_by(_deliveries.c.mailing_id)
    )
    for mailing, number in connection.execute(asked):
        yield Alarm(
            key=f"doubt {mailing}",
            message=f"of mailing {mailing} nobody knows whether {number:,} were taken",
            remedy=f"newsletter resolve {mailing}",
        )


def _stuck_notices(connection: Connection, now: datetime) -> Iterator[Alarm]:
    asked = (
        select(_notices.c.status, func.count())
        .where(_notices.c.status.in_(("planned", "claimed", "uncertain")), _notices.c.created_at < now - _NOTICE)
        .group_by(_notices.c.status)
    )
    for status, number in connection.execute(asked):
        yield Alarm(
            key=f"notices {status}",
            message=f"{number:,} notices are {status} for more than {_NOTICE.seconds // 3600} hours",
            remedy="newsletter notices send" if status != "uncertain" else "newsletter notices resolve",
        )


def _silent_answers(connection: Connection, settings: Settings, now: datetime) -> Iterator[Alarm]:
    if not settings.replies.mailbox:
        return
    last = connection.scalar(select(func.max(_replies.c.fetched_at)))
    if last is None or now - last < _SILENCE:
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
            message=f"no mail came in since {last:%d %B %Y}, though {sent:,} letters left: not even a bounce",
            remedy="newsletter doctor looks at the mailbox, then newsletter replies fetch",
        )


def _silent_events(connection: Connection, settings: Settings, now: datetime) -> Iterator[Alarm]:
    """Yield the newest mailing that SES should have reported on by now, and did not."""
    if not (settings.feedback.queue or settings.feedback.topics):
        return
    asked = (
        select(_mailings.c.id, _mailings.c.slug, _mailings.c.finished_at)
        .where(_mailings.c.kind == "issue", _mailings.c.transport == "ses")
        .where(_mailings.c.finished_at < now - _REPORTED)
        .order_by(_mailings.c.id.desc())
        .limit(1)
    )
    newest = connection.execute(asked).one_or_none()
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
            message=f"SES has reported nothing of the {sent:,} letters of '{newest.slug}'",
            remedy="newsletter doctor looks at the configuration set and the queue of events",
        )


def _stuck_events(connection: Connection, now: datetime) -> Iterator[Alarm]:
    """Yield what is kept and not applied: because nobody does so, or because it cannot be."""
    for state, when, message, remedy in (
        (
            "waiting",
            _events.c.received_at < now - _WAITING,
            "wait for more than an hour to be applied",
            "newsletter events pull applies them",
        ),
        (
            "parked",
            _events.c.received_at > now - _RECENTLY,
            "of the last day could not be read or applied",
            "newsletter events list --parked says why",
        ),
    ):
        number = connection.scalar(select(func.count()).where(_events.c.state == state, when))
        if number:
            yield Alarm(key=f"{state} events", message=f"{number:,} events {message}", remedy=remedy)
