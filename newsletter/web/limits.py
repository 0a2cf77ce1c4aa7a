"""Limits: how often something may happen by one key, kept in memory of fixed size.

Each key has the moment at which it would be at rest (the generic cell rate algorithm), one number and no
window's edges. When too many keys are kept, those closest to rest go first: forgetting one is kind to its holder.
"""

import threading
from dataclasses import dataclass, field

MOST_KEYS = 100_000


@dataclass(frozen=True, slots=True)
class Limit:
    """So many within so many seconds, spread evenly once they are used up; safe to share between threads."""

    number: int
    seconds: float
    _rests: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, key: str, now: float) -> float:
        """Return 0 and count one more, or return after how many seconds there is room again."""
        step = self.seconds / self.number
        with self._lock:
            rest = max(self._rests.get(key, now), now)
            wait = rest + step - now - self.seconds
            if wait > 1e-9:
                return wait
            self._rests[key] = rest + step
            if len(self._rests) > MOST_KEYS:
                self._forget(now)
        return 0.0

    def is_full(self, key: str, now: float) -> bool:
        """Whether `take` would find no room; counts nothing."""
        with self._lock:
            return self._rests.get(key, now) + self.seconds / self.number - now - self.seconds > 1e-9

    def _forget(self, now: float) -> None:
        """Forget who is at rest, and as many of the others as it takes to keep half."""
        kept = sorted((item for item in self._rests.items() if item[1] > now), key=lambda item: item[1])
        self._rests.clear()
        self._rests.update(kept[-MOST_KEYS // 2 :])
