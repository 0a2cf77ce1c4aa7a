"""Alert mail: one message to the author about the alarms that are new; nothing is reported twice in a day."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from newsletter.database import Database
from newsletter.delivery import Mailing, Transport
from newsletter.delivery.notices import Notice, list_notices, plan_notice, submit_unrecorded_notice
from newsletter.errors import DiskFull, NewsletterError, QuotaExceeded, SendingHalted, SettingsError
from newsletter.monitoring.alarms import Alarm
from newsletter.monitoring.marker_files import REPORT_INTERVAL, claim_daily_alert
from newsletter.settings import Settings
from newsletter.tokens import Keyring

NOTICE_KIND = "alert"


def plan_alert(database: Database, settings: Settings, alarms: Iterable[Alarm], *, now: datetime) -> tuple[Notice, ...]:
    """Plan one notice to each recipient of alerts about the alarms not reported within a day; none if all were.

    SettingsError when nobody is configured to receive alerts.
    """
    reported = {
        digest
        for notice in list_notices(database)
        if notice.kind == NOTICE_KIND and notice.created_at is not None and now - notice.created_at < REPORT_INTERVAL
        for digest in notice.about.partition(" ")[0].split(",")
    }
    new: dict[str, Alarm] = {}
    for alarm in alarms:
        if _digest(alarm) not in reported:
            new.setdefault(alarm.key, alarm)  # a mailing that has just stopped is also found standing still
    if not new:
        return ()
    planned = []
    for recipient in _recipients(settings):
        notice = _notice(settings, tuple(new.values()), recipient, now)
        with database.write() as connection:
            plan_notice(connection, notice, now)
        planned.append(notice)
    return tuple(planned)


def submit_unrecorded_alert(
    settings: Settings, keyring: Keyring, transport: Transport, alarms: Sequence[Alarm], *, now: datetime
) -> None:
    """Mail alarms that the database has no room to record, at most once a day.

    Raises what the transport raises.
    """
    if alarms and claim_daily_alert(settings, "full", now):
        for recipient in _recipients(settings):
            submit_unrecorded_notice(_notice(settings, alarms, recipient, now), settings, keyring, transport, now)


def alarm_for_stopped_mailing(mailing: Mailing, error: BaseException) -> Alarm | None:
    """Return the alarm for a mailing that has just stopped with an error, which `find_alarms` cannot see yet.

    None if it continues, if the author stopped it, or if it paused itself, which `find_alarms` sees.
    """
    name = f"mailing {mailing.id} of '{mailing.slug}' to {mailing.list_name}"
    if isinstance(error, DiskFull):
        return Alarm(key="full", message=f"{name} has stopped: {error}", remedy=f"Then newsletter send {mailing.slug}")
    if isinstance(error, SendingHalted):
        return Alarm(
            key=f"stopped {mailing.id}",
            message=f"{name} has stopped: {error}",
            remedy=f"Fix the cause, then newsletter send {mailing.slug}",
        )
    if isinstance(error, QuotaExceeded):
        return Alarm(
            key=f"stopped {mailing.id}",
            message=f"{name} is waiting: {error}",
            remedy=f"The next newsletter send {mailing.slug}, or send --due, continues it",
        )
    return None


def alarm_for_unreadable_source(source: str, error: NewsletterError) -> Alarm:
    """Return the alarm for a source of incoming mail or events, `replies` or `events`, that cannot be read."""
    return Alarm(
        key=f"shut {source}",
        message=f"{source} cannot be read: {error}",
        remedy="newsletter doctor checks the mailbox and the queues",
    )


def _notice(settings: Settings, alarms: Sequence[Alarm], recipient: str, now: datetime) -> Notice:
    return Notice(
        kind=NOTICE_KIND,
        about=f"{','.join(_digest(alarm) for alarm in alarms)} {now:%Y-%m-%dT%H:%M:%S} {recipient}",
        recipient=recipient,
        list_name=next(iter(settings.lists)),
        subject=_subject(settings, alarms),
        text="\n\n".join(f"{alarm.message}.\n  {alarm.remedy}" for alarm in alarms) + "\n",
        is_automatic=True,
    )


def _recipients(settings: Settings) -> Sequence[str]:
    addresses = settings.operations.alert or settings.replies.moderators
    if not addresses:
        raise SettingsError("nobody receives alerts. Set [operations] alert to your address, in newsletter.toml")
    if not settings.lists:
        raise SettingsError("there is no list to send an alert from. Add [lists.NAME] to newsletter.toml")
    return [str(address) for address in addresses]


def _subject(settings: Settings, alarms: Sequence[Alarm]) -> str:
    more = f", and {len(alarms) - 1} more" if len(alarms) > 1 else ""
    return f"{settings.publication.title}: {alarms[0].message[:80]}{more}"


def _digest(alarm: Alarm) -> str:
    return hashlib.sha256(alarm.key.encode()).hexdigest()[:12]
