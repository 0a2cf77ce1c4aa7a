"""The office: all that a handler needs to serve a visit, made once when the door opens."""

from collections.abc import Callable
from dataclasses import dataclass, field

from newsletter.database import Database
from newsletter.feedback import ClickCounter
from newsletter.settings import Settings
from newsletter.tokens import Keyring
from newsletter.web.leavings import Leavings
from newsletter.web.limits import Limit
from newsletter.web.meter import Meter
from newsletter.web.pages import Pages
from newsletter.web.proof import SpentTasks


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How often strangers may do something."""

    forms: Limit = field(default_factory=lambda: Limit(12, 600))
    """Forms that cause mail, by network."""
    address: Limit = field(default_factory=lambda: Limit(3, 3600))
    """Forms for one address."""
    all_forms: Limit
    """Beyond it the door counts as attacked."""
    acts: Limit = field(default_factory=lambda: Limit(120, 60))
    """Whatever else changes something, by network; a mailbox provider's one click is not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """What handlers work with; safe to share between threads."""

    settings: Settings
    database: Database
    keyring: Keyring
    pages: Pages
    limits: Limits
    leavings: Leavings
    wake: Callable[[], None]
    """Tells the clerk that something waits."""
    clicks: ClickCounter | None = None
    """None where nothing is counted; the links of earlier letters lead on all the same."""
    meter: Meter = field(default_factory=Meter)
    spent: SpentTasks = field(default_factory=SpentTasks)

    @property
    def joins_at_once(self) -> bool:
        """Whether no list on offer waits for a confirmation."""
        return all(self.settings.lists[name].opt_in == "single" for name in self.offered)

    @property
    def offered(self) -> tuple[str, ...]:
        """The lists that anybody may join."""
        return self.settings.web.lists or tuple(self.settings.lists)
