"""Web context: everything that request handlers share, made once when the server starts."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from newsletter.app import Publication
from newsletter.feedback import ClickCounter
from newsletter.settings import Settings
from newsletter.tokens import Keyring
from newsletter.web.batch_unsubscribe import UnsubscribeBatcher
from newsletter.web.bot_check import UsedChallenges
from newsletter.web.rate_limit import RateLimits
from newsletter.web.templates import PageTemplates

FRESH = timedelta(seconds=30)
"""How long metrics are served from memory: counting a million deliveries takes a while."""


@dataclass(slots=True)
class MetricsCache:
    """The text of /metrics that was computed last; thread-safe."""

    _text: str = ""
    _read_at: datetime | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def value(self, compute: Callable[[], str], now: datetime) -> str:
        """Return what `compute` returns, or returned less than `FRESH` ago; concurrent callers share one call."""
        with self._lock:
            if self._read_at is None or not timedelta(0) <= now - self._read_at < FRESH:
                self._text, self._read_at = compute(), now
            return self._text


@dataclass(frozen=True, slots=True, kw_only=True)
class WebContext:
    """What handlers work with; thread-safe."""

    publication: Publication
    templates: PageTemplates
    limits: RateLimits
    unsubscribes: UnsubscribeBatcher
    wake_signup_worker: Callable[[], None]
    """Wakes the sign-up worker when a request is pending."""
    clicks: ClickCounter | None = None
    """None where clicks are not counted; links of earlier emails redirect all the same."""
    metrics_cache: MetricsCache = field(default_factory=MetricsCache)
    used_challenges: UsedChallenges = field(default_factory=UsedChallenges)

    @property
    def settings(self) -> Settings:
        """The publication's settings."""
        return self.publication.settings

    @property
    def keyring(self) -> Keyring:
        """The keys that sign tokens."""
        return self.publication.keyring

    @property
    def is_single_opt_in(self) -> bool:
        """Whether no list that is open to the public waits for a confirmation."""
        return all(self.settings.lists[name].opt_in == "single" for name in self.open_lists)

    @property
    def open_lists(self) -> tuple[str, ...]:
        """The lists that anybody may join."""
        return self.settings.web.lists or tuple(self.settings.lists)
