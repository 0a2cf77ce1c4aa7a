"""Context of one fetch: what taking in a message needs, and whether the message is authenticated."""

from dataclasses import dataclass, field
from datetime import datetime

from newsletter.database import Database
from newsletter.delivery import SentDelivery
from newsletter.replies.addresses.match import is_written_to_us
from newsletter.replies.authentication import (
    AuthResult,
    KeyLookup,
    SenderAuthentication,
    authenticate_sender,
    dkim_key_names,
    look_up_keys,
)
from newsletter.replies.extract import KnownText
from newsletter.replies.mailboxes import ReceivedMessage
from newsletter.replies.parsing.message import ParsedMessage
from newsletter.replies.sandbox import Sandbox
from newsletter.replies.store.thread import issue_text
from newsletter.settings import Settings
from newsletter.tokens import Keyring


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundContext:
    """What taking in a message needs."""

    database: Database
    keyring: Keyring
    settings: Settings
    now: datetime
    keys: KeyLookup
    sandbox: Sandbox
    issue_texts: dict[int, KnownText] = field(default_factory=dict)
    """The text of each issue that was answered, by mailing: prepared once for all its replies."""

    def issue_text(self, delivery: SentDelivery) -> KnownText:
        """Return the text that every reader of a delivery's issue got."""
        if delivery.mailing_id not in self.issue_texts:
            self.issue_texts[delivery.mailing_id] = issue_text(delivery.edition)
        return self.issue_texts[delivery.mailing_id]

    def authenticate(self, received: ReceivedMessage, message: ParsedMessage) -> SenderAuthentication:
        """Say whether a message comes from its From address; whatever fails on the way authenticates nothing."""
        keys = look_up_keys(self.keys, dkim_key_names(message.headers))
        return authenticate_sender(
            message.headers,
            self.sandbox.verify(received.raw, message.headers, keys, self.now),
            verdicts=received.verdicts,
            authserv_id=self.settings.replies.authserv_id,
        )

    def is_authenticated_to_us(self, message: ParsedMessage, authentication: SenderAuthentication) -> bool:
        """Whether a message is authenticated as its From address's, and was written to us."""
        return authentication.result is AuthResult.PASS and is_written_to_us(
            self.keyring, self.settings, message.headers, authentication.covered
        )
