"""Posts the notices that are due: one claim, one call, one outcome, each committed before the next step.

Only one process posts at a time. What a process that is gone had claimed becomes uncertain, unless the
transport itself remembers what it took.
"""

import os
import socket
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update

from newsletter.address import Address
from newsletter.audience import SuppressionReason, suppression_reason
from newsletter.database import Database
from newsletter.delivery.models import DeliveryStatus
from newsletter.delivery.notices.comment_reply import reason_for_silence
from newsletter.delivery.notices.message import build_notice_message
from newsletter.delivery.notices.queue import (
    FIELDS,
    FIRST_NOTICE_NUMBER,
    Notice,
    find_notice,
    list_notices,
    notices,
    read_notice,
)
from newsletter.delivery.notices.welcome_series import reason_to_stop
from newsletter.delivery.queue.high_water_mark import refuse_older_copy
from newsletter.delivery.queue.lock import sender_lock
from newsletter.delivery.sender.submission import MessageSubmitter
from newsletter.delivery.transports.base import Transport
from newsletter.errors import Deferred, NewsletterError, Refused, SendingHalted, TemporaryError, Uncertain
from newsletter.settings import Settings
from newsletter.tokens import Keyring

_RETRY = (60, 300, 1800, 3600, 4 * 3600)
"""Seconds until a notice that was put off is due again; afterwards every day."""
_EXPIRES = timedelta(days=5)
"""After so long, as mail servers have it, a notice that nobody takes has failed."""
_WHY = "the process was stopped before it knew whether this was taken"


@dataclass(frozen=True, slots=True, kw_only=True)
class SentNotices:
    """What became of the notices that were due."""

    submitted: tuple[Notice, ...] = ()
    problems: tuple[Notice, ...] = ()
    """Failed or uncertain."""
    deferred: int = 0
    """Left for a later run."""
    stopped_by: NewsletterError | None = None
    """Why the next hop takes nothing more."""


def send_due_notices(
    database: Database,
    keyring: Keyring,
    settings: Settings,
    transport: Transport,
    *,
    clock: Callable[[], datetime],
) -> SentNotices:
    """Post every notice that is due; TemporaryError while another process does.

    DecisionRequired when the database is an older copy than what has left this machine.
    """
    refuse_older_copy(database, settings)
    submitted: list[Notice] = []
    problems: list[Notice] = []
    deferred = 0
    stopped_by: NewsletterError | None = None
    with sender_lock(database, "sending notices", lock="notices"), closing(MessageSubmitter(transport)) as submitter:
        _recover(database, transport, clock())
        while (notice := _claim(database, keyring, transport.name, clock())) is not None:
            if notice.status is not DeliveryStatus.CLAIMED:
                problems.append(notice)
                continue
            result = _submit(notice, settings, keyring, submitter, clock())
            after = _settle(database, notice, result, clock())
            if after.status is DeliveryStatus.SUBMITTED:
                submitted.append(after)
            elif after.status is DeliveryStatus.PLANNED:
                deferred += 1
            else:
                problems.append(after)
            if isinstance(result, SendingHalted | Deferred | TemporaryError):
                stopped_by = result
                break
            if isinstance(result, Exception) and not isinstance(result, NewsletterError):
                raise result
    return SentNotices(submitted=tuple(submitted), problems=tuple(problems), deferred=deferred, stopped_by=stopped_by)


def submit_unrecorded_notice(
    notice: Notice, settings: Settings, keyring: Keyring, transport: Transport, now: datetime
) -> None:
    """Submit a notice that cannot be recorded; raises what the next hop says. A second call mails it again."""
    letter = build_notice_message(notice, settings, keyring, now)
    with closing(MessageSubmitter(transport)) as submitter:
        submitter.submit(letter.envelope, letter.message)


def _submit(
    notice: Notice, settings: Settings, keyring: Keyring, submitter: MessageSubmitter, now: datetime
) -> str | Exception:
    """Return how the next hop names it, or what went wrong: a fault of ours before the call is told as one."""
    try:
        letter = build_notice_message(notice, settings, keyring, now)
    except (NewsletterError, ValueError, UnicodeError) as error:
        return Refused(f"notice {notice.id} cannot be written: {error}")
    try:
        return submitter.submit(letter.envelope, letter.message).reference[:300]
    except Exception as error:  # whatever it is, the claim must be settled
        return error


def _claim(database: Database, keyring: Keyring, transport: str, now: datetime) -> Notice | None:
    """Claim the next due notice; one whose address must not be mailed has failed instead."""
    with database.write() as connection:
        due = (notices.c.status == DeliveryStatus.PLANNED.value) & (notices.c.due_at <= int(now.timestamp()))
        found = connection.execute(
            select(*FIELDS).where(due).order_by(notices.c.due_at, notices.c.id).limit(1)
        ).one_or_none()
        if found is None:
            return None
        status, reason = DeliveryStatus.CLAIMED, ""
        known = suppression_reason(connection, keyring, Address.parse(found.recipient))
        if known in {SuppressionReason.BOUNCED, SuppressionReason.COMPLAINED}:
            status, reason = DeliveryStatus.FAILED, f"the address is suppressed: {known}"
        elif reason := (
            reason_to_stop(connection, read_notice(found))
            or reason_for_silence(connection, keyring, read_notice(found))
        ):
            status = DeliveryStatus.FAILED
        worker = f"{transport}/{socket.gethostname()}/{os.getpid()}"
        connection.execute(
            update(notices)
            .where(notices.c.id == found.id)
            .values(status=status.value, reason=reason, worker=worker, changed_at=now)
        )
    return find_notice(database, FIRST_NOTICE_NUMBER + found.id)


def _settle(database: Database, notice: Notice, result: str | Exception, now: datetime) -> Notice:
    values: dict[str, object] = {"changed_at": now, "reason": "" if isinstance(result, str) else str(result)[:300]}
    if isinstance(result, str):
        values |= {"status": DeliveryStatus.SUBMITTED, "reference": result}
    elif isinstance(result, Deferred) and notice.created_at and now - notice.created_at > _EXPIRES:
        values |= {"status": DeliveryStatus.FAILED}
    elif isinstance(result, Deferred | SendingHalted | TemporaryError):
        wait = _RETRY[notice.attempts] if notice.attempts < len(_RETRY) else 24 * 3600
        later = int(now.timestamp()) + wait if isinstance(result, Deferred) else 0
        values |= {"status": DeliveryStatus.PLANNED, "attempts": notice.attempts + 1, "due_at": later}
    elif isinstance(result, Refused):
        values |= {"status": DeliveryStatus.FAILED}
    else:
        why = str(result) if isinstance(result, Uncertain) else f"a fault of ours: {result}"
        values |= {"status": DeliveryStatus.UNCERTAIN, "reason": why[:300]}
    status = DeliveryStatus(str(values["status"]))
    with database.write() as connection:
        connection.execute(update(notices).where(notices.c.id == notice.id).values({**values, "status": status.value}))
    return find_notice(database, notice.number) or notice


def _recover(database: Database, transport: Transport, now: datetime) -> None:
    """Say what became of claims whose process is gone; we are the only one that posts."""
    left = list_notices(database, DeliveryStatus.CLAIMED)
    taken = transport.accepted() if left else None
    for notice in left:
        status, reason = DeliveryStatus.UNCERTAIN, _WHY
        with database.write() as connection:
            worker = connection.execute(select(notices.c.worker).where(notices.c.id == notice.id)).scalar_one()
            if taken is not None and worker.startswith(f"{transport.name}/"):
                is_taken = notice.number in taken
                status, reason = (DeliveryStatus.SUBMITTED if is_taken else DeliveryStatus.PLANNED), ""
            connection.execute(
                update(notices)
                .where(notices.c.id == notice.id)
                .values(status=status.value, reason=reason, changed_at=now)
            )
