"""Click counter: clicks by link and day, in memory; the reader is recorded only if the link identifies one.

A reader counts once a day for each link. Readers are recognised by a hash under a salt that is drawn anew each day;
hashes and salt stay in this process's memory and are discarded with the day. A client that follows several links within
seconds is a mail filter, and its clicks are dropped; so each click waits a few seconds before it counts.
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
_MAX_LINKS_IN_BURST = 2
"""A network that follows more links within BURST_WINDOW is a program."""
MAX_REMEMBERED = 500_000
"""After so many clicks in a day nothing more is counted: too few are better than some twice."""

Clicks = Counter[tuple[str, date]]
"""Number of clicks by link key and day."""


class AttributedClick(NamedTuple):
    """A click on a link that names its delivery; it is stored only if the delivery's subscriber consents."""

    link: str
    delivery_id: int
    day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedClicks:
    """Clicks that are counted and stored together."""

    clicks: Clicks = field(default_factory=Counter)
    attributed: frozenset[AttributedClick] = frozenset()

    def __add__(self, other: "CountedClicks") -> "CountedClicks":
        """Return the sum of both."""
        return CountedClicks(clicks=self.clicks + other.clicks, attributed=self.attributed | other.attributed)


class _Click(NamedTuple):
    """A click that waits: whether it counts, and which delivery it is attributed to, if not already today."""

    link: str
    counts: bool
    delivery_id: int | None


@dataclass(slots=True)
class _Pending:
    """Clicks from one network that are not counted yet."""

    since: datetime
    clicks: list[_Click] = field(default_factory=list)


class ClickCounter:
    """Counts clicks day by day; thread-safe."""

    def __init__(self, draw_salt: Callable[[], bytes] = lambda: secrets.token_bytes(16)) -> None:
        self._draw_salt = draw_salt
        self._lock = threading.Lock()
        self._day = date.min
        self._salt = b""
        self._seen: set[int] = set()
        """Hashes of readers with the links that they have followed today."""
        self._programs: set[int] = set()
        """Hashes of networks that followed links in a burst today."""
        self._pending: dict[int, _Pending] = {}
        self._ready: Clicks = Counter()
        self._attributed: set[AttributedClick] = set()

    def add(self, link: str, *, reader: str, network: str, now: datetime, delivery_id: int | None = None) -> None:
        """Note that `reader`, a text that distinguishes readers, has followed a link, from a network.

        `delivery_id` is the delivery that the link names, if any. Nothing is noted if the reader has followed that
        link today, or the network is a program's.
        """
        with self._lock:
            if now.date() != self._day:
                self._start_day(now.date())
            key = self._hash(network)
            if key in self._programs:
                return
            counts = self._remember(f"{reader}\n{link}")
            is_attributed = delivery_id is not None and self._remember(f"delivery {delivery_id}\n{link}")
            if not counts and not is_attributed:
                return
            pending = self._pending.setdefault(key, _Pending(since=now))
            if now - pending.since > BURST_WINDOW:
                self._count(pending)
                pending = self._pending[key] = _Pending(since=now)
            pending.clicks.append(_Click(link, counts, delivery_id if is_attributed else None))
            if len({click.link for click in pending.clicks}) > _MAX_LINKS_IN_BURST:
                self._programs.add(key)
                del self._pending[key]

    def take(self, now: datetime | None = None) -> CountedClicks:
        """Return and remove the clicks that have waited long enough by `now`; all of them without `now`."""
        with self._lock:
            if now is not None and now.date() != self._day:
                self._start_day(now.date())
            due = [key for key, pending in self._pending.items() if now is None or now - pending.since > BURST_WINDOW]
            for key in due:
                self._count(self._pending.pop(key))
            ready = CountedClicks(clicks=self._ready, attributed=frozenset(self._attributed))
            self._ready, self._attributed = Counter(), set()
            return ready

    def _remember(self, text: str) -> bool:
        """Remember a text for the day; False if it is remembered already, or no more can be."""
        key = self._hash(text)
        if key in self._seen or len(self._seen) >= MAX_REMEMBERED:
            return False
        self._seen.add(key)
        return True

    def _count(self, pending: _Pending) -> None:
        day = pending.since.date()
        self._ready.update((click.link, day) for click in pending.clicks if click.counts)
        attributed = ((click.link, click.delivery_id) for click in pending.clicks)
        self._attributed.update(AttributedClick(link, number, day) for link, number in attributed if number is not None)

    def _start_day(self, day: date) -> None:
        """Discard everything that could tell one of yesterday's readers from another."""
        for pending in self._pending.values():
            self._count(pending)
        self._pending, self._seen, self._programs = {}, set(), set()
        self._day, self._salt = day, self._draw_salt()

    def _hash(self, text: str) -> int:
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8, key=self._salt).digest())
