"""Throttle: how many events are applied at once, and how long to wait, while a sender uses the same database.

SQLite has one writer and a machine few cores, so beside a sender there is a short transaction and then a long pause.
"""

import time

from newsletter.database import Database
from newsletter.delivery.queue import is_sending

_GROUP = 1_000
_GROUP_BESIDE_SENDER = 100
"""A short transaction, because a sender wants to write meanwhile."""
_SHARE_BESIDE_SENDER = 0.07
"""Of the time, beside a sender: on two busy cores the sender then loses half of that, and a little for the lock."""
_LONGEST_PAUSE_SECONDS = 2.0
"""After a group that waited long for the sender's lock."""


class Throttle:
    """Bounds one group of events: make it before the work, and call `wait` after it."""

    def __init__(self, database: Database) -> None:
        self._is_beside_sender = is_sending(database)
        self._started = time.monotonic()

    @property
    def group_size(self) -> int:
        """The most events that one transaction should apply."""
        return _GROUP_BESIDE_SENDER if self._is_beside_sender else _GROUP

    def wait(self) -> None:
        """Sleep so long that a running sender keeps its share of the time; not at all without one."""
        if self._is_beside_sender:
            worked = time.monotonic() - self._started
            time.sleep(min(_LONGEST_PAUSE_SECONDS, worked * (1 / _SHARE_BESIDE_SENDER - 1)))
