"""Alerting: one mail to the author about what is new among the alarms; nothing is told twice a day."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime

from newsletter.database import Database
from newsletter.delivery import Mailing, Notice, Transport, list_notices, plan_notice, submit_unrecorded_notice
from newsletter.errors import DiskFull, NewsletterError, QuotaExceeded, SendingHalted, SettingsError
from newsletter.monitoring.alarms import Alarm
from newsletter.monitoring.marker_files import AGAIN, claim_daily_alert
from newsletter.settings import Settings
from newsletter.tokens import Keyring

KIND = "alert"


def plan_alert(database: Database, settings: Settings, alarms: Iterable[Alarm], *, now: datetime) -> tuple[Notice, ...]:
    """Plan one notice for each who is to hear of alarms that nobody was told of within a day; none without any.

    SettingsError when nobody is named to hear of them.
    """
    told = {
        name
        for notice in list_notices(database)
        if notice.kind == KIND and notice.created_at is not None and now - notice.created_at < AGAIN
        for name in notice.about.partition(" ")[0].split(",")
    }
    new: dict[str, Alarm] = {}
    for alarm in alarms:
        if _name(alarm) not in told:
            new.setdefault(alarm.key, alarm)  # what has just stopped is seen to stand still as well
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
    """Mail alarms that the database has no room for, at most once a day, without any record of it.

    Raises what the next hop says.
    """
    if alarms and claim_daily_alert(settings, "full", now):
        for recipient in _recipients(settings):
            submit_unrecorded_notice(_notice(settings, alarms, recipient, now), settings, keyring, transport, now)


def alarm_for_stopped_mailing(mailing: Mailing, error: BaseException) -> Alarm | None:
    """Return what the author should hear when a mailing has stopped, where `watch` cannot see it yet.

    None where it goes on, where they stopped it, and where it paused itself, which `watch` finds recorded.
    """
    name = f"mailing {mailing.id} of '{mailing.slug}' to {mailing.list_name}"
    if isinstance(error, DiskFull):
        return Alarm(key="full", message=f"{name} has stopped: {error}", remedy=f"Then newsletter send {mailing.slug}")
    if isinstance(error, SendingHalted):
        return Alarm(
            key=f"stopped {mailing.id}",
            message=f"{name} has stopped: {error}",
            remedy=f"Mend the cause, then newsletter send {mailing.slug}",
        )
    if isinstance(error, QuotaExceeded):
        return Alarm(
            key=f"stopped {mailing.id}",
            message=f"{name} waits: {error}",
            remedy=f"The next newsletter send {mailing.slug}, or send --due, goes on",
        )
    return None


def alarm_for_unreadable_source(way: str, error: NewsletterError) -> Alarm:
    """Return what the author should hear when a way in, `replies` or `events`, is shut."""
    return Alarm(
        key=f"shut {way}",
        message=f"{way} cannot be read: {error}",
        remedy="newsletter doctor looks at the mailbox and the queues",
    )


def _notice(settings: Settings, new: Sequence[Alarm], recipient: str, now: datetime) -> Notice:
    return Notice(
        kind=KIND,
        about=f"{','.join(_name(alarm) for alarm in new)} {now:%Y-%m-%dT%H:%M:%S} {recipient}",
        recipient=recipient,
        list_name=next(iter(settings.lists)),
        subject=_subject(settings, new),
        text="\n\n".join(f"{alarm.message}.\n  {alarm.remedy}" for alarm in new) + "\n",
        is_automatic=True,
    )


def _recipients(settings: Settings) -> Sequence[str]:
    named = settings.operations.alert or settings.replies.moderators
    if not named:
        raise SettingsError("nobody is named to hear of it. Set [operations] alert to your address, in newsletter.toml")
    if not settings.lists:
        raise SettingsError(
            "there is no list whose address an alert could be from. Add [lists.NAME] to newsletter.toml"
        )
    return [str(address) for address in named]


def _subject(settings: Settings, new: Sequence[Alarm]) -> str:
    more = f", and {len(new) - 1} more" if len(new) > 1 else ""
    return f"{settings.publication.title}: {new[0].message[:80]}{more}"


def _name(alarm: Alarm) -> str:
    return hashlib.sha256(alarm.key.encode()).hexdigest()[:12]
