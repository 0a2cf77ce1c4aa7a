"""Click statistics: how often links were followed, if often enough to say nothing about one reader.

A link of a mailing with fewer than MIN_GROUP_SIZE clicks is in no sum, so that no difference reveals it.
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
class MailingClicks:
    """Clicks of one mailing that may be shown."""

    links: Mapping[str, int | None]
    """Clicks by URL; None for fewer than MIN_GROUP_SIZE."""
    days: Mapping[date, int] = field(default_factory=dict)
    """Clicks of the links that are shown, by day."""

    @property
    def clicks(self) -> int:
        """The sum of what is shown."""
        return sum(number or 0 for number in self.links.values())


def count_clicks(connection: Connection, submitted: Mapping[int, int]) -> dict[int, MailingClicks]:
    """Return the clicks of mailings, given by id with their submitted deliveries; none where clicks are not counted."""
    query = (
        select(_links.c.mailing_id, _links.c.url, _clicks.c.day, _clicks.c.number)
        .join_from(_links, _clicks, _clicks.c.link == _links.c.key, isouter=True)
        .where(_links.c.mailing_id.in_([mailing for mailing, number in submitted.items() if number >= MIN_GROUP_SIZE]))
        .order_by(_links.c.mailing_id, _links.c.url, _clicks.c.day)
    )
    by_mailing: dict[int, dict[str, Counter[date]]] = defaultdict(lambda: defaultdict(Counter))
    for mailing, url, day, number in connection.execute(query):
        by_mailing[mailing][url].update({day: number} if day is not None else {})
    return {mailing: _with_few_hidden(links) for mailing, links in by_mailing.items()}


def link_numbers(several: Iterable[MailingClicks]) -> tuple[LinkNumbers, ...]:
    """Return the links of some mailings together, the most clicked first."""
    together: dict[str, int | None] = {}
    for mailing in several:
        for url, number in mailing.links.items():
            before = together.get(url)
            together[url] = number if before is None else before + (number or 0)
    links = [LinkNumbers(url=url, clicks=number) for url, number in together.items()]
    return tuple(sorted(links, key=lambda link: (-(link.clicks or 0), link.url)))


def click_days(several: Iterable[MailingClicks]) -> tuple[DayClicks, ...]:
    """Return the clicks of some mailings by day; days with few are combined under the day None."""
    together: Counter[date] = Counter()
    for mailing in several:
        together.update(mailing.days)
    shown = {day: number for day, number in together.items() if number >= MIN_GROUP_SIZE}
    rest = together.total() - sum(shown.values())
    while 0 < rest < MIN_GROUP_SIZE and shown:
        least = min(shown, key=lambda day: (shown[day], day))
        rest += shown.pop(least)  # or the difference to the sum would reveal the few
    days = [DayClicks(day=day, clicks=number) for day, number in sorted(shown.items())]
    return (*days, DayClicks(day=None, clicks=rest)) if rest >= MIN_GROUP_SIZE else tuple(days)


def _with_few_hidden(links: Mapping[str, Counter[date]]) -> MailingClicks:
    days: Counter[date] = Counter()
    for by_day in links.values():
        if by_day.total() >= MIN_GROUP_SIZE:
            days.update(by_day)
    return MailingClicks(
        links={url: by_day.total() if by_day.total() >= MIN_GROUP_SIZE else None for url, by_day in links.items()},
        days=days,
    )
