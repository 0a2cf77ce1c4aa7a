"""Proofs that something speaks for a form: when it was shown, and a task that a browser has solved.

A task is a signed moment; its solution is a number that, behind it, gives a SHA-256 with `BITS` leading zero
bits. That costs a browser about a second and a sender of many forms too much.
"""

import hashlib
import threading
from dataclasses import dataclass, field
from datetime import datetime

from newsletter.tokens import Keyring, Purpose

BITS = 15
TASK_SECONDS = 600
FORM_SECONDS = 24 * 3600
FASTEST_SECONDS = 2.0
"""Whoever fills in a form sooner has not read it."""


def stamp(keyring: Keyring, purpose: Purpose, now: datetime) -> str:
    """Return a signed moment."""
    return keyring.sign(purpose, int(now.timestamp() * 1000))


def seconds_since(keyring: Keyring, purpose: Purpose, token: str, now: datetime) -> float | None:
    """Return how long ago a moment was signed, or None if it was not."""
    signed = keyring.verify(purpose, token)
    return None if signed is None else now.timestamp() - signed / 1000


def is_solved(task: str, solution: str) -> bool:
    """Whether a number solves a task."""
    if not solution.isdecimal() or len(solution) > 15:
        return False
    digest = hashlib.sha256(f"{task}.{solution}".encode()).digest()
    return int.from_bytes(digest[:4]) >> (32 - BITS) == 0


@dataclass(frozen=True, slots=True)
class SpentTasks:
    """The tasks that were used, each good once; safe to share between threads."""

    _spent: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def spend(self, task: str, now: float) -> bool:
        """Use a task up; False if it was before."""
        with self._lock:
            for old in [key for key, until in self._spent.items() if until < now][:1000]:
                del self._spent[old]
            if task in self._spent:
                return False
            self._spent[task] = now + TASK_SECONDS
        return True
