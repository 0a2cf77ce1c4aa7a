"""Clicks: how often the links of letters are followed, by day; by whom is told only of those who agreed to it.

A reader counts once a day for each link. They are known again by a hash under a salt that is drawn anew each day;
hashes and salt are in this process's memory only, and are thrown away with the day. Whoever follows several
links within seconds is a mail filter, and its clicks are dropped: so each waits a few seconds before it counts.
"""

import hashlib
import secrets
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

BURST_WINDOW = timedelta(seconds=5)
"""How long a click waits for others from the same network."""
_MOST_LINKS = 2
"""Whoever follows more of them within BURST is a machine."""
MOST_REMEMBERED = 500_000
"""Beyond so many a day nothing more is counted: too few are better than some twice."""

Clicks = Counter[tuple[str, date]]
"""How often, by a link's key and the day."""


class AttributedClick(NamedTuple):
    """That the link of a reader who agreed was followed on a day."""

    link: str
    delivery_id: int
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedClicks:
    """What was counted, and is written down together."""

    clicks: Clicks = field(default_factory=Counter)
    follows: frozenset[AttributedClick] = frozenset()

    def __add__(self, other: "CountedClicks") -> "CountedClicks":
        """Return both together."""
        return CountedClicks(clicks=self.clicks + other.clicks, follows=self.follows | other.follows)


class _Click(NamedTuple):
    """One that waits: whether it counts, and by which delivery's token it came, where that is news."""

    link: str
    counts: bool
    delivery_id: int | None


@dataclass(slots=True)
class _Held:
    """What one network has followed and what is not counted yet."""

    since: datetime
    clicks: list[_Click] = field(default_factory=list)


class ClickCounter:
    """Counts clicks for one day after the other; safe to share between threads."""

    def __init__(self, draw_salt: Callable[[], bytes] = lambda: secrets.token_bytes(16)) -> None:
        self._draw_salt = draw_salt
        self._lock = threading.Lock()
        self._day = date.min
        self._salt = b""
        self._seen: set[int] = set()
        """Readers with the links that they have followed today."""
        self._machines: set[int] = set()
        """Networks that were in haste today."""
        self._held: dict[int, _Held] = {}
        self._ready: Clicks = Counter()
        self._follows: set[AttributedClick] = set()

    def add(self, link: str, *, reader: str, network: str, now: datetime, delivery_id: int | None = None) -> None:
        """Note that `reader`, a text that tells readers apart, has followed a link, from a network.

        `delivery_id` says whose letter it was, where the link tells. Nothing is noted of a reader who has followed
        that link today, or of a network known to be a machine's.
        """
        with self._lock:
            if now.date() != self._day:
                self._begin(now.date())
            place = self._hashed(network)
            if place in self._machines:
                return
            counts = self._see(f"{reader}\n{link}")
            is_told = delivery_id is not None and self._see(f"delivery {delivery_id}\n{link}")
            if not counts and not is_told:
                return
            held = self._held.setdefault(place, _Held(since=now))
            if now - held.since > BURST_WINDOW:
                self._count(held)
                held = self._held[place] = _Held(since=now)
            held.clicks.append(_Click(link, counts, delivery_id if is_told else None))
            if len({click.link for click in held.clicks}) > _MOST_LINKS:
                self._machines.add(place)
                del self._held[place]

    def take(self, now: datetime | None = None) -> CountedClicks:
        """Return what has waited long enough, or everything, once."""
        with self._lock:
            if now is not None and now.date() != self._day:
                self._begin(now.date())
            due = [place for place, held in self._held.items() if now is None or now - held.since > BURST_WINDOW]
            for place in due:
                self._count(self._held.pop(place))
            ready = CountedClicks(clicks=self._ready, follows=frozenset(self._follows))
            self._ready, self._follows = Counter(), set()
            return ready

    def _see(self, said: str) -> bool:
        """Remember something for the day; False if it is remembered already, or no more can be."""
        mark = self._hashed(said)
        if mark in self._seen or len(self._seen) >= MOST_REMEMBERED:
            return False
        self._seen.add(mark)
        return True

    def _count(self, held: _Held) -> None:
        day = held.since.date()
        self._ready.update((click.link, day) for click in held.clicks if click.counts)
        told = ((click.link, click.delivery_id) for click in held.clicks)
        self._follows.update(AttributedClick(link, number, day) for link, number in told if number is not None)

    def _begin(self, day: date) -> None:
        """Throw away all that could tell one of yesterday's readers from another."""
        for held in self._held.values():
            self._count(held)
        self._held, self._seen, self._machines = {}, set(), set()
        self._day, self._salt = day, self._draw_salt()

    def _hashed(self, text: str) -> int:
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8, key=self._salt).digest())
