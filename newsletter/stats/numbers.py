"""Numbers: what became of letters, as counts of people; None where nobody reports it.

No number tells what one person did: receiving domains with fewer than FEWEST readers stand together as "others".
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime

MIN_GROUP_SIZE = 5
"""A group of fewer people is shown with others only."""
OTHERS = "others"
_MOST_DOMAINS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """How many letters or people; facts that come from outside are None where nothing outside reports."""

    planned: int = 0
    submitted: int = 0
    failed: int = 0
    uncertain: int = 0
    excluded: Mapping[str, int] = field(default_factory=dict)
    delivered: int | None = None
    """Taken by the reader's own mail server."""
    deferred: int | None = None
    """Put off at least once, whatever came of it."""
    bounced: int | None = None
    complained: int | None = None
    rejected: int | None = None
    """Taken by the next hop, and dropped there."""
    unsubscribed: int = 0
    replies: int = 0
    comments: int = 0
    clicks: int | None = None
    """How often links were followed, of those that enough followed; None where that is not counted."""
    bounce_reasons: Mapping[str, int] = field(default_factory=dict)
    failures: Mapping[str, int] = field(default_factory=dict)
    """Why the next hop refused some, in its words."""

    @property
    def candidates(self) -> int:
        """Everybody the mailing asked about."""
        return self.planned + self.submitted + self.failed + self.uncertain + sum(self.excluded.values())

    @property
    def silent(self) -> int | None:
        """Letters that were submitted and of which nothing was heard since; None where nothing reports."""
        if self.delivered is None:
            return None
        return max(0, self.submitted - self.delivered - (self.bounced or 0) - (self.rejected or 0))


def added(several: Iterable[Numbers]) -> Numbers:
    """Return all of them together; a fact is None only where it is None in each."""
    every = tuple(several)
    values: dict[str, object] = {}
    for each in fields(Numbers):
        found = [value for numbers in every if (value := getattr(numbers, each.name)) is not None]
        if not found:
            continue
        if isinstance(found[0], Mapping):
            together: Counter[str] = Counter()
            for counts in found:
                together.update(counts)
            values[each.name] = dict(together)
        else:
            values[each.name] = sum(found)
    return Numbers(**values)  # type: ignore[arg-type]


def share(part: int | None, whole: int | None) -> float | None:
    """Return a part as a share of the whole, 0 to 1; None where there is nothing to divide."""
    return part / whole if part is not None and whole else None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkNumbers:
    """How often a link was followed, each reader counted once a day; None is fewer than FEWEST."""

    url: str
    clicks: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayClicks:
    """How often links were followed on a day (UTC); None is all the days with few."""

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
    """One issue: its mailings, together and each."""

    slug: str
    title: str
    sent_at: datetime
    """When its first mailing began."""
    totals: Numbers
    mailings: tuple[MailingNumbers, ...]
    answer_hours: float | None = None
    """Half of the answers came within so many hours."""
    links: tuple[LinkNumbers, ...] = ()
    """The most followed first; () where clicks are not counted."""
    click_days: tuple[DayClicks, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainNumbers:
    """What became of the letters to one receiving domain."""

    domain: str
    readers: int
    """How many people that is, each counted once."""
    numbers: Numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """One week of a list: who came, who left, and how many there were at its end."""

    monday: date
    joined: int
    left: int
    members: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListGrowth:
    """How a list grew. Whoever was erased is in none of its numbers."""

    name: str
    confirmed: int
    pending: int
    suppressed: int
    weeks: tuple[Week, ...]


def fold_domains(found: Iterable[DomainNumbers]) -> tuple[DomainNumbers, ...]:
    """Return the largest domains, the rest as one, each of at least FEWEST readers; () where there are fewer."""
    ordered = sorted(found, key=lambda each: (each.domain == OTHERS, -each.numbers.submitted, each.domain))
    shown = [each for each in ordered if each.domain != OTHERS and each.readers >= MIN_GROUP_SIZE]
    shown = shown[:_MOST_DOMAINS]
    rest = [each for each in ordered if each not in shown]
    while rest and sum(each.readers for each in rest) < MIN_GROUP_SIZE:
        if not shown:
            return ()
        rest.append(shown.pop())  # or what is missing from the total would tell of the few
    if rest:
        readers = sum(each.readers for each in rest)
        shown.append(DomainNumbers(domain=OTHERS, readers=readers, numbers=added(each.numbers for each in rest)))
    return tuple(shown)
