"""What reading one mailbox through needs at hand."""

from dataclasses import dataclass, field
from datetime import datetime

from newsletter.database import Database
from newsletter.delivery import SentDelivery
from newsletter.replies.authentication import KeyLookup
from newsletter.replies.extract import KnownText
from newsletter.replies.letter import known_text
from newsletter.replies.sandbox import Sandbox
from newsletter.settings import Settings
from newsletter.tokens import Keyring


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What taking in a mail needs at hand."""

    database: Database
    keyring: Keyring
    settings: Settings
    now: datetime
    keys: KeyLookup
    sandbox: Sandbox
    sent: dict[int, KnownText] = field(default_factory=dict)
    """The words of what was answered, by mailing: prepared once for all its answers."""

    def known(self, delivery: SentDelivery) -> KnownText:
        """Return the words that every reader of that letter got."""
        if delivery.mailing_id not in self.sent:
            self.sent[delivery.mailing_id] = known_text(delivery.edition)
        return self.sent[delivery.mailing_id]
