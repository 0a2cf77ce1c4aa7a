"""Sends the notices that are due: one claim, one submission, one outcome, each committed before the next step.

One process sends at a time. What a process that died had claimed becomes uncertain, unless the transport itself
remembers what it accepted.
"""

import os
import socket
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from newsletter.database import Database
from newsletter.delivery.models import DeliveryStatus
from newsletter.delivery.notices.cancellation import reason_to_cancel
from newsletter.delivery.notices.message import build_notice_message
from newsletter.delivery.notices.queue import (
    FIRST_NOTICE_NUMBER,
    NOTICE_COLUMNS,
    Notice,
    find_notice,
    list_notices,
    notice_of,
    notices,
)
from newsletter.delivery.queue.high_water_mark import refuse_older_copy
from newsletter.delivery.queue.lock import sender_lock
from newsletter.delivery.sender.submission import MessageSubmitter
from newsletter.delivery.transports.base import Transport
from newsletter.errors import Deferred, NewsletterError, Refused, SendingHalted, TemporaryError, Uncertain
from newsletter.settings import Settings
from newsletter.tokens import Keyring

_RETRY_SECONDS = (60, 300, 1800, 3600, 4 * 3600)
"""Until a deferred notice is due again; afterwards once a day."""
_EXPIRES_AFTER = timedelta(days=5)
"""After so long, as mail servers do it, a notice that is still deferred has failed."""
_CRASHED = "the process stopped before it knew whether this was accepted"
_MAX_REASON = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class SentNotices:
    """What happened to the notices that were due."""

    submitted: tuple[Notice, ...] = ()
    problems: tuple[Notice, ...] = ()
    """Failed or uncertain."""
    deferred: int = 0
    """Left for a later run."""
    stopped_by: NewsletterError | None = None
    """Why the mail server accepts nothing more."""


def send_due_notices(
    database: Database,
    keyring: Keyring,
    settings: Settings,
    transport: Transport,
    *,
    clock: Callable[[], datetime],
) -> SentNotices:
    """Send every notice that is due; TemporaryError while another process does.

    DecisionRequired when the database is an older copy than what was sent from this machine.
    """
    refuse_older_copy(database, settings)
    submitted: list[Notice] = []
    problems: list[Notice] = []
    deferred = 0
    stopped_by: NewsletterError | None = None
    with sender_lock(database, "sending notices", lock="notices"), closing(MessageSubmitter(transport)) as submitter:
        _recover_claimed(database, transport, clock())
        while (notice := _claim(database, keyring, transport.name, clock())) is not None:
            if notice.status is not DeliveryStatus.CLAIMED:
                problems.append(notice)
                continue
            result = _submit(notice, settings, keyring, submitter, clock())
            recorded = _record(database, notice, result, clock())
            if recorded.status is DeliveryStatus.SUBMITTED:
                submitted.append(recorded)
            elif recorded.status is DeliveryStatus.PLANNED:
                deferred += 1
            else:
                problems.append(recorded)
            if isinstance(result, SendingHalted | Deferred | TemporaryError):
                stopped_by = result
                break
            if isinstance(result, Exception) and not isinstance(result, NewsletterError):
                raise result
    return SentNotices(submitted=tuple(submitted), problems=tuple(problems), deferred=deferred, stopped_by=stopped_by)


def submit_unrecorded_notice(
    notice: Notice, settings: Settings, keyring: Keyring, transport: Transport, now: datetime
) -> None:
    """Submit a notice that cannot be recorded; raises the transport's error. A second call sends it again."""
    built = build_notice_message(notice, settings, keyring, now)
    with closing(MessageSubmitter(transport)) as submitter:
        submitter.submit(built.envelope, built.message)


def _claim(database: Database, keyring: Keyring, transport: str, now: datetime) -> Notice | None:
    """Claim the next due notice and return it; one that must no longer be sent is recorded as failed instead."""
    with database.write() as connection:
        is_due = (notices.c.status == DeliveryStatus.PLANNED.value) & (notices.c.due_at <= int(now.timestamp()))
        row = connection.execute(
            select(*NOTICE_COLUMNS).where(is_due).order_by(notices.c.due_at, notices.c.id).limit(1)
        ).one_or_none()
        if row is None:
            return None
        reason = reason_to_cancel(connection, keyring, notice_of(row))
        status = DeliveryStatus.FAILED if reason else DeliveryStatus.CLAIMED
        worker = f"{transport}/{socket.gethostname()}/{os.getpid()}"
        connection.execute(
            update(notices)
            .where(notices.c.id == row.id)
            .values(status=status.value, reason=reason, worker=worker, changed_at=now)
        )
    return find_notice(database, FIRST_NOTICE_NUMBER + row.id)


def _submit(
    notice: Notice, settings: Settings, keyring: Keyring, submitter: MessageSubmitter, now: datetime
) -> str | Exception:
    """Return the mail server's reference, or the error; a message that cannot be built is refused."""
    try:
        built = build_notice_message(notice, settings, keyring, now)
    except (NewsletterError, ValueError, UnicodeError) as error:
        return Refused(f"notice {notice.id} cannot be built: {error}")
    try:
        return submitter.submit(built.envelope, built.message).reference[:_MAX_REASON]
    except Exception as error:  # whatever it is, the claim's outcome must be recorded
        return error


def _record(database: Database, notice: Notice, result: str | Exception, now: datetime) -> Notice:
    """Record a claimed notice's outcome, and return the notice as it is then."""
    reason = "" if isinstance(result, str) else str(result)[:_MAX_REASON]
    values: dict[str, object] = {"changed_at": now, "reason": reason}
    if isinstance(result, str):
        values |= {"status": DeliveryStatus.SUBMITTED, "reference": result}
    elif isinstance(result, Deferred) and notice.created_at and now - notice.created_at > _EXPIRES_AFTER:
        values |= {"status": DeliveryStatus.FAILED}
    elif isinstance(result, Deferred | SendingHalted | TemporaryError):
        wait = _RETRY_SECONDS[notice.attempts] if notice.attempts < len(_RETRY_SECONDS) else 24 * 3600
        due_at = int(now.timestamp()) + wait if isinstance(result, Deferred) else 0
        values |= {"status": DeliveryStatus.PLANNED, "attempts": notice.attempts + 1, "due_at": due_at}
    elif isinstance(result, Refused):
        values |= {"status": DeliveryStatus.FAILED}
    else:
        reason = str(result) if isinstance(result, Uncertain) else f"internal error: {result}"
        values |= {"status": DeliveryStatus.UNCERTAIN, "reason": reason[:_MAX_REASON]}
    status = DeliveryStatus(str(values["status"]))
    with database.write() as connection:
        connection.execute(update(notices).where(notices.c.id == notice.id).values({**values, "status": status.value}))
    return find_notice(database, notice.number) or notice


def _recover_claimed(database: Database, transport: Transport, now: datetime) -> None:
    """Record what became of claims whose process died; holding the lock, no other process sends."""
    claimed = list_notices(database, DeliveryStatus.CLAIMED)
    accepted = transport.accepted() if claimed else None
    for notice in claimed:
        status, reason = DeliveryStatus.UNCERTAIN, _CRASHED
        with database.write() as connection:
            worker = connection.execute(select(notices.c.worker).where(notices.c.id == notice.id)).scalar_one()
            if accepted is not None and worker.startswith(f"{transport.name}/"):
                is_accepted = notice.number in accepted
                status, reason = (DeliveryStatus.SUBMITTED if is_accepted else DeliveryStatus.PLANNED), ""
            connection.execute(
                update(notices)
                .where(notices.c.id == notice.id)
                .values(status=status.value, reason=reason, changed_at=now)
            )
