"""Numbers: what became of deliveries, as counts; None where nothing reports it.

No number reveals what one person did: domains with fewer than MIN_GROUP_SIZE readers are combined as "others".
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime

MIN_GROUP_SIZE = 5
"""A group of fewer people is shown only together with others."""
OTHERS = "others"
_MAX_DOMAINS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """Counts of deliveries or people; what only others can report is None where nothing reports it."""

    planned: int = 0
    submitted: int = 0
    failed: int = 0
    uncertain: int = 0
    excluded: Mapping[str, int] = field(default_factory=dict)
    delivered: int | None = None
    """Accepted by the reader's mail server."""
    deferred: int | None = None
    """Deferred at least once, whatever became of it."""
    bounced: int | None = None
    complained: int | None = None
    rejected: int | None = None
    """Accepted by the relay, and dropped there."""
    unsubscribed: int = 0
    replies: int = 0
    comments: int = 0
    clicks: int | None = None
    """Clicks on links with at least MIN_GROUP_SIZE; None where clicks are not counted."""
    bounce_reasons: Mapping[str, int] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    """Why the mail server refused messages, in its own words."""

    @property
    def candidates(self) -> int:
        """Everybody in the mailing's audience."""
        return self.planned + self.submitted + self.failed + self.uncertain + sum(self.excluded.values())

    @property
    def silent(self) -> int | None:
        """Submitted deliveries about which nothing was reported since; None where nothing reports."""
        if self.delivered is None:
            return None
        return max(0, self.submitted - self.delivered - (self.bounced or 0) - (self.rejected or 0))


def add_numbers(several: Iterable[Numbers]) -> Numbers:
    """Return the sum; a number is None only if it is None in each."""
    every = tuple(several)
    values: dict[str, object] = {}
    for attribute in fields(Numbers):
        known = [value for numbers in every if (value := getattr(numbers, attribute.name)) is not None]
        if not known:
            continue
        if isinstance(known[0], Mapping):
            total: Counter[str] = Counter()
            for counts in known:
                total.update(counts)
            values[attribute.name] = dict(total)
        else:
            values[attribute.name] = sum(known)
    return Numbers(**values)  # type: ignore[arg-type]


def share(part: int | None, whole: int | None) -> float | None:
    """Return a part divided by the whole, 0 to 1; None where either is unknown or the whole is 0."""
    return part / whole if part is not None and whole else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkNumbers:
    """Clicks on one link, each reader counted once a day; None is fewer than MIN_GROUP_SIZE."""

    url: str
    clicks: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayClicks:
    """Clicks on one day (UTC); the day None is all days with few clicks."""

    day: date | None
    clicks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingNumbers:
    """One mailing and what became of it."""

    id: int
    slug: str
    list_name: str
    segment: str
    round: int
    transport: str
    stage: str
    started_at: datetime
    finished_at: datetime | None
    numbers: Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueNumbers:
    """One issue: its mailings, together and one by one."""

    slug: str
    title: str
    sent_at: datetime
    """When its first mailing began."""
    totals: Numbers
    mailings: tuple[MailingNumbers, ...]
    answer_hours: float | None = None
    """Median hours until a reply."""
    links: tuple[LinkNumbers, ...] = ()
    """The most clicked first; () where clicks are not counted."""
    click_days: tuple[DayClicks, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainNumbers:
    """What became of the deliveries to one receiving domain."""

    domain: str
    readers: int
    """People, each counted once."""
    numbers: Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """One week of a list: how many joined, how many left or were suppressed, and the members at its end."""

    monday: date
    joined: int
    left: int
    members: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListGrowth:
    """How a list grew. Erased people are in none of its numbers."""

    name: str
    confirmed: int
    pending: int
    suppressed: int
    weeks: tuple[Week, ...]


def fold_domains(domains: Iterable[DomainNumbers]) -> tuple[DomainNumbers, ...]:
    """Return the largest domains and the rest as one, each of at least MIN_GROUP_SIZE readers; () if impossible."""
    ordered = sorted(domains, key=lambda domain: (domain.domain == OTHERS, -domain.numbers.submitted, domain.domain))
    shown = [domain for domain in ordered if domain.domain != OTHERS and domain.readers >= MIN_GROUP_SIZE]
    shown = shown[:_MAX_DOMAINS]
    rest = [domain for domain in ordered if domain not in shown]
    while rest and sum(domain.readers for domain in rest) < MIN_GROUP_SIZE:
        if not shown:
            return ()
        rest.append(shown.pop())  # or the difference to the total would reveal the few
    if rest:
        readers = sum(domain.readers for domain in rest)
        shown.append(
            DomainNumbers(domain=OTHERS, readers=readers, numbers=add_numbers(domain.numbers for domain in rest))
        )
    return tuple(shown)
