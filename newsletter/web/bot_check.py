"""Bot check: signs of a person behind a form - when it was shown, and a proof of work that a browser has solved.

A challenge is a signed timestamp. Its solution is a number that, appended to it, gives a SHA-256 digest with
`DIFFICULTY_BITS` leading zero bits: about a second of work for a browser, and too much for somebody who sends
many forms. Unlike a CAPTCHA it asks nothing of the reader and contacts no third party.
"""

import hashlib
import threading
from dataclasses import dataclass, field
from datetime import datetime

from newsletter.tokens import Keyring, Purpose

DIFFICULTY_BITS = 15
CHALLENGE_SECONDS = 600
FORM_SECONDS = 24 * 3600
MIN_FORM_SECONDS = 2.0
"""A form that is sent sooner was not filled in by a person."""


def sign_time(keyring: Keyring, purpose: Purpose, now: datetime) -> str:
    """Return a signed timestamp."""
    return keyring.sign(purpose, int(now.timestamp() * 1000))


def seconds_since(keyring: Keyring, purpose: Purpose, token: str, now: datetime) -> float | None:
    """Return how many seconds ago a timestamp was signed, or None if it is not one of ours."""
    signed = keyring.verify(purpose, token)
    return None if signed is None else now.timestamp() - signed / 1000


def is_solved(challenge: str, solution: str) -> bool:
    """Whether a number solves a challenge."""
    if not solution.isdecimal() or len(solution) > 15:
        return False
    digest = hashlib.sha256(f"{challenge}.{solution}".encode()).digest()
    return int.from_bytes(digest[:4]) >> (32 - DIFFICULTY_BITS) == 0


@dataclass(frozen=True, slots=True)
class UsedChallenges:
    """Challenges that were used: each is valid once; thread-safe."""

    _expiry: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def use(self, challenge: str, now: float) -> bool:
        """Use a challenge up; False if it was used before."""
        with self._lock:
            for expired in [key for key, until in self._expiry.items() if until < now][:1000]:
                del self._expiry[expired]
            if challenge in self._expiry:
                return False
            self._expiry[challenge] = now + CHALLENGE_SECONDS
        return True
