"""Clicks: how often the links of letters are followed, by day; who follows them is nowhere written down.

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

from newsletter.database import Database
from newsletter.feedback.inbox import insert_into
from newsletter.feedback.tables import clicks

BURST = timedelta(seconds=5)
"""How long a click waits for others from the same network."""
_MOST_LINKS = 2
"""Whoever follows more of them within BURST is a machine."""
MOST_REMEMBERED = 500_000
"""Beyond so many a day nothing more is counted: too few are better than some twice."""

Clicks = Counter[tuple[str, date]]
"""How often, by a link's key and the day."""


@dataclass(slots=True)
class _Held:
    """What one network has followed and what is not counted yet."""

    since: datetime
    links: list[str] = field(default_factory=list)


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

    def add(self, link: str, *, reader: str, network: str, now: datetime) -> None:
        """Note that `reader`, a text that tells readers apart, has followed a link, from a network.

        Nothing is noted of a reader who has followed that link today, or of a network known to be a machine's.
        """
        with self._lock:
            if now.date() != self._day:
                self._begin(now.date())
            place = self._hashed(network)
            mark = self._hashed(f"{reader}\n{link}")
            if place in self._machines or mark in self._seen or len(self._seen) >= MOST_REMEMBERED:
                return
            self._seen.add(mark)
            held = self._held.setdefault(place, _Held(since=now))
            if now - held.since > BURST:
                self._count(held)
                held = self._held[place] = _Held(since=now)
            held.links.append(link)
            if len(set(held.links)) > _MOST_LINKS:
                self._machines.add(place)
                del self._held[place]

    def take(self, now: datetime | None = None) -> Clicks:
        """Return what has waited long enough, or everything, once."""
        with self._lock:
            if now is not None and now.date() != self._day:
                self._begin(now.date())
            due = [place for place, held in self._held.items() if now is None or now - held.since > BURST]
            for place in due:
                self._count(self._held.pop(place))
            ready, self._ready = self._ready, Counter()
            return ready

    def _count(self, held: _Held) -> None:
        self._ready.update((link, held.since.date()) for link in held.links)

    def _begin(self, day: date) -> None:
        """Throw away all that could tell one of yesterday's readers from another."""
        for held in self._held.values():
            self._count(held)
        self._held, self._seen, self._machines = {}, set(), set()
        self._day, self._salt = day, self._draw_salt()

    def _hashed(self, text: str) -> int:
        return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8, key=self._salt).digest())


def add_clicks(database: Database, counted: Clicks) -> None:
    """Add to what is counted."""
    rows = [{"link": link, "day": day, "number": number} for (link, day), number in counted.items()]
    if not rows:
        return
    with database.write() as connection:
        given = insert_into(connection, clicks)
        more = given.on_conflict_do_update(
            index_elements=["link", "day"], set_={"number": clicks.c.number + given.excluded.number}
        )
        connection.execute(more, rows)
