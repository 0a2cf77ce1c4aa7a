"""Alerting: one mail to the author about what is new among the alarms; nothing is told twice a day."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from newsletter.database import Database
from newsletter.delivery import Notice, list_notices, plan_notice
from newsletter.errors import EditSettings
from newsletter.overview.watching import Alarm
from newsletter.settings import Settings

KIND = "alert"
AGAIN = timedelta(days=1)


def plan_alert(
    database: Database, settings: Settings, alarms: Iterable[Alarm], *, now: datetime
) -> tuple[Notice, ...]:
    """Plan one notice for each who is to hear of alarms that nobody was told of within a day; none without any.

    EditSettings when nobody is named to hear of them.
    """
    told = {
        name
        for notice in list_notices(database)
        if notice.kind == KIND and notice.created_at is not None and now - notice.created_at < AGAIN
        for name in notice.about.partition(" ")[0].split(",")
    }
    new = [alarm for alarm in alarms if _name(alarm) not in told]
    if not new:
        return ()
    planned = []
    for recipient in _recipients(settings):
        notice = Notice(
            kind=KIND,
            about=f"{','.join(_name(alarm) for alarm in new)} {now:%Y-%m-%dT%H:%M:%S} {recipient}",
            recipient=recipient,
            list_name=next(iter(settings.lists)),
            subject=_subject(settings, new),
            text="\n\n".join(f"{alarm.message}.\n  {alarm.remedy}" for alarm in new) + "\n",
            is_automatic=True,
        )
        with database.write() as connection:
            plan_notice(connection, notice, now)
        planned.append(notice)
    return tuple(planned)


def _recipients(settings: Settings) -> Sequence[str]:
    named = settings.operations.alert or settings.replies.moderators
    if not named:
        raise EditSettings(
            "nobody is named to hear of it. Set [operations] alert to your address, in newsletter.toml"
        )
    if not settings.lists:
        raise EditSettings(
            "there is no list whose address an alert could be from. Add [lists.NAME] to newsletter.toml"
        )
    return [str(address) for address in named]


def _subject(settings: Settings, new: Sequence[Alarm]) -> str:
    more = f", and {len(new) - 1} more" if len(new) > 1 else ""
    return f"{settings.publication.title}: {new[0].message[:80]}{more}"


def _name(alarm: Alarm) -> str:
    return hashlib.sha256(alarm.key.encode()).hexdigest()[:12]
