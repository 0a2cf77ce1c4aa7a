"""Turns: how much is done at once, and how much time is left to a sender that is at work on the same database.

SQLite has one writer, and a machine has few cores: beside a sender there is one short turn, and then a long pause.
"""

import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager

from newsletter.database import Database
from newsletter.delivery import is_sending

_GROUP = 1_000
_GROUP_BESIDE_SENDER = 100
"""A short transaction, for a sender wants to write meanwhile."""
_SHARE_BESIDE_SENDER = 0.07
"""Of the time, beside a sender: on two busy cores it then loses half of that, and a little for the lock."""
_LONGEST_PAUSE = 2.0
"""Seconds, after a turn that waited long for the sender."""
_OBJECTS = 100_000
"""So many are made by a group of events, and are gone with it."""


class Turn:
    """One turn: begin it, work, end it."""

    def __init__(self, database: Database) -> None:
        self._is_beside_sender = is_sending(database)
        self._began = time.monotonic()

    @property
    def size(self) -> int:
        """How many events are of use in it."""
        return _GROUP_BESIDE_SENDER if self._is_beside_sender else _GROUP

    def end(self) -> None:
        """Let a sender have its share of the time."""
        if self._is_beside_sender:
            worked = time.monotonic() - self._began
            time.sleep(min(_LONGEST_PAUSE, worked * (1 / _SHARE_BESIDE_SENDER - 1)))


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Keep the garbage collector from looking through each group of events many times, a sixth of all work."""
    before = gc.get_threshold()
    gc.set_threshold(_OBJECTS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
