"""Clicks in statistics: how often links were followed, where enough did so that it tells nothing of one reader.

A link of a mailing that was followed fewer than FEWEST times is in no sum, so that no difference tells of it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection, column, select, table
from sqlalchemy import types as kinds

from newsletter.stats.numbers import MIN_GROUP_SIZE, DayClicks, LinkNumbers

_links = table(
    "counted_links",
    column("key", kinds.Text),
    column("mailing_id", kinds.Integer),
    column("url", kinds.Text),
)
_clicks = table("clicks", column("link", kinds.Text), column("day", kinds.Date), column("number", kinds.Integer))


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """What is shown of the links of one mailing."""

    links: Mapping[str, int | None]
    """How often each was followed; None for fewer than FEWEST times."""
    days: Mapping[date, int] = field(default_factory=dict)
    """The same of those that are shown, by day."""

    @property
    def clicks(self) -> int:
        """All that is shown."""
        return sum(number or 0 for number in self.links.values())


def followed(connection: Connection, submitted: Mapping[int, int]) -> dict[int, Followed]:
    """Return what is shown of mailings, given with the letters submitted; nothing where nothing is counted."""
    asked = (
        select(_links.c.mailing_id, _links.c.url, _clicks.c.day, _clicks.c.number)
        .join_from(_links, _clicks, _clicks.c.link == _links.c.key, isouter=True)
        .where(_links.c.mailing_id.in_([each for each, letters in submitted.items() if letters >= MIN_GROUP_SIZE]))
        .order_by(_links.c.mailing_id, _links.c.url, _clicks.c.day)
    )
    found: dict[int, dict[str, Counter[date]]] = defaultdict(lambda: defaultdict(Counter))
    for mailing, url, day, number in connection.execute(asked):
        found[mailing][url].update({day: number} if day is not None else {})
    return {mailing: _shown(links) for mailing, links in found.items()}


def links_of(several: Iterable[Followed]) -> tuple[LinkNumbers, ...]:
    """Return the links of some mailings together, the most followed first."""
    together: dict[str, int | None] = {}
    for each in several:
        for url, number in each.links.items():
            before = together.get(url)
            together[url] = number if before is None else before + (number or 0)
    links = [LinkNumbers(url=url, clicks=number) for url, number in together.items()]
    return tuple(sorted(links, key=lambda each: (-(each.clicks or 0), each.url)))


def days_of(several: Iterable[Followed]) -> tuple[DayClicks, ...]:
    """Return the clicks of some mailings by day; days with few stand together, as None is their day."""
    together: Counter[date] = Counter()
    for each in several:
        together.update(each.days)
    shown = {day: number for day, number in together.items() if number >= MIN_GROUP_SIZE}
    rest = together.total() - sum(shown.values())
    while 0 < rest < MIN_GROUP_SIZE and shown:
        least = min(shown, key=lambda day: (shown[day], day))
        rest += shown.pop(least)  # or what is missing from the sum would tell of the few
    days = [DayClicks(day=day, clicks=number) for day, number in sorted(shown.items())]
    return (*days, DayClicks(day=None, clicks=rest)) if rest >= MIN_GROUP_SIZE else tuple(days)


def _shown(links: Mapping[str, Counter[date]]) -> Followed:
    days: Counter[date] = Counter()
    for by_day in links.values():
        if by_day.total() >= MIN_GROUP_SIZE:
            days.update(by_day)
    return Followed(
        links={url: by_day.total() if by_day.total() >= MIN_GROUP_SIZE else None for url, by_day in links.items()},
        days=days,
    )
