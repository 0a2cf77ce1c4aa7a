"""The meter: what takes long to read is read once for all who ask within a while."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

FRESH = timedelta(seconds=30)
"""How long what was read is given out again: counting a million deliveries takes a while."""


@dataclass(slots=True)
class Meter:
    """What was read last; safe to share between threads."""

    _text: str = ""
    _read_at: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def value(self, read: Callable[[], str], now: datetime) -> str:
        """Return what `read` says, or said a moment ago; who comes while it is at work waits for the same."""
        with self._lock:
            if self._read_at is None or not timedelta(0) <= now - self._read_at < FRESH:
                self._text, self._read_at = read(), now
            return self._text
