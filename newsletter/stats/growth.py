"""List growth: subscribers on each list at the end of each week, derived from the history of consent."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import column, select, table
from sqlalchemy import types as kinds

from newsletter.audience import count_lists
from newsletter.database import Database, UtcDateTime
from newsletter.stats.numbers import ListGrowth, Week

_consents = table(
    "consents",
    *(column(name, kinds.Integer) for name in ("id", "subscription_id")),
    column("act", kinds.Text),
    column("at", UtcDateTime),
)
_subscriptions = table("subscriptions", column("id", kinds.Integer), column("list_id", kinds.Integer))
_lists = table("lists", column("id", kinds.Integer), column("name", kinds.Text))
_SUBSCRIBED = {"imported": True, "confirmed": True, "ended": False}
_SUPPRESSED = {"suppressed": True, "lifted": False}
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentStep:
    """One entry of the history of consent, as far as growth needs it."""

    list_name: str
    subscription_id: int
    act: str
    at: datetime


def list_growth(database: Database, *, weeks: int, now: datetime) -> tuple[ListGrowth, ...]:
    """Return how each list grew over the last weeks, and its current numbers by state."""
    query = (
        select(_lists.c.name, _consents.c.subscription_id, _consents.c.act, _consents.c.at)
        .join_from(_consents, _subscriptions, _subscriptions.c.id == _consents.c.subscription_id)
        .join(_lists, _lists.c.id == _subscriptions.c.list_id)
        .order_by(_consents.c.id)
    )
    with database.read() as connection:
        rows = connection.execution_options(yield_per=5000).execute(query)
        weeks_by_list = grow(
            (ConsentStep(list_name=row[0], subscription_id=row[1], act=row[2], at=row[3]) for row in rows),
            weeks=weeks,
            now=now,
        )
    return tuple(
        ListGrowth(
            name=count.name,
            confirmed=count.confirmed,
            pending=count.pending,
            suppressed=count.suppressed,
            weeks=weeks_by_list.get(count.name, ()),
        )
        for count in count_lists(database)
    )


def grow(steps: Iterable[ConsentStep], *, weeks: int, now: datetime) -> dict[str, tuple[Week, ...]]:
    """Count by list who subscribed and unsubscribed in each of the last weeks; weeks begin on Monday, in UTC."""
    members: dict[str, set[int]] = defaultdict(set)
    subscribed: set[int] = set()
    suppressed: set[int] = set()
    joined: dict[str, Counter[date]] = defaultdict(Counter)
    left: dict[str, Counter[date]] = defaultdict(Counter)
    for step in steps:
        number, current = step.subscription_id, members[step.list_name]
        for group, acts in ((subscribed, _SUBSCRIBED), (suppressed, _SUPPRESSED)):
            if step.act in acts:
                (group.add if acts[step.act] else group.discard)(number)
        is_member = number in subscribed and number not in suppressed
        if is_member and number not in current:
            current.add(number)
            joined[step.list_name][_monday(step.at)] += 1
        elif not is_member and number in current:
            current.remove(number)
            left[step.list_name][_monday(step.at)] += 1
    last = _monday(now)
    by_list = {}
    for name in members:
        first = max(min([*joined[name], *left[name]], default=last), last - (weeks - 1) * _WEEK)
        size = len(members[name])
        rows = []
        monday = last
        while monday >= first:
            rows.append(Week(monday=monday, joined=joined[name][monday], left=left[name][monday], members=size))
            size += left[name][monday] - joined[name][monday]
            monday -= _WEEK
        by_list[name] = tuple(reversed(rows))
    return by_list


def _monday(moment: datetime) -> date:
    day = moment.date()
    return day - timedelta(days=day.weekday())
