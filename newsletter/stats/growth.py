"""Growth: how many were on each list at the end of each week, from the proofs of consent."""

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
_ASKED = {"imported": True, "confirmed": True, "ended": False}
_BARRED = {"suppressed": True, "lifted": False}
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One act of consent, as far as growth is concerned."""

    list_name: str
    subscription_id: int
    act: str
    at: datetime


def list_growth(database: Database, *, weeks: int, now: datetime) -> tuple[ListGrowth, ...]:
    """Return how each list grew over the last weeks, and how many stand how on it now."""
    asked = (
        select(_lists.c.name, _consents.c.subscription_id, _consents.c.act, _consents.c.at)
        .join_from(_consents, _subscriptions, _subscriptions.c.id == _consents.c.subscription_id)
        .join(_lists, _lists.c.id == _subscriptions.c.list_id)
        .order_by(_consents.c.id)
    )
    with database.read() as connection:
        rows = connection.execution_options(yield_per=5000).execute(asked)
        grown = grow(
            (Step(list_name=row[0], subscription_id=row[1], act=row[2], at=row[3]) for row in rows),
            weeks=weeks,
            now=now,
        )
    return tuple(
        ListGrowth(
            name=each.name,
            confirmed=each.confirmed,
            pending=each.pending,
            suppressed=each.suppressed,
            weeks=grown.get(each.name, ()),
        )
        for each in count_lists(database)
    )


def grow(steps: Iterable[Step], *, weeks: int, now: datetime) -> dict[str, tuple[Week, ...]]:
    """Count who came and went in each of the last weeks, by list; a week begins on Monday, in UTC."""
    members: dict[str, set[int]] = defaultdict(set)
    asked: set[int] = set()
    barred: set[int] = set()
    joined: dict[str, Counter[date]] = defaultdict(Counter)
    left: dict[str, Counter[date]] = defaultdict(Counter)
    for step in steps:
        number, inside = step.subscription_id, members[step.list_name]
        for place, acts in ((asked, _ASKED), (barred, _BARRED)):
            if step.act in acts:
                (place.add if acts[step.act] else place.discard)(number)
        belongs = number in asked and number not in barred
        if belongs and number not in inside:
            inside.add(number)
            joined[step.list_name][_monday(step.at)] += 1
        elif not belongs and number in inside:
            inside.remove(number)
            left[step.list_name][_monday(step.at)] += 1
    last = _monday(now)
    found = {}
    for name in members:
        first = max(min([*joined[name], *left[name]], default=last), last - (weeks - 1) * _WEEK)
        known = len(members[name])
        rows = []
        monday = last
        while monday >= first:
            rows.append(Week(monday=monday, joined=joined[name][monday], left=left[name][monday], members=known))
            known += left[name][monday] - joined[name][monday]
            monday -= _WEEK
        found[name] = tuple(reversed(rows))
    return found


def _monday(moment: datetime) -> date:
    day = moment.date()
    return day - timedelta(days=day.weekday())
