"""Reply, Decision and AuthorAnswer, and the states each reply passes through.

A reply becomes public only by a decision of the author, and a private one never does.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from newsletter.replies.authentication import AuthResult
from newsletter.replies.classify.classifier import Verdict

CONSENT = "consent"
"""A decision's `state` when the writer agrees to publication."""
NOTIFY = "notify"
MUTE = "mute"
"""A decision's `state` when the writer wants to be notified of answers by other readers, or no longer wants it."""


class ReplyState(StrEnum):
    """What has become of a reply."""

    HELD = "held"
    """Waits for a decision."""
    APPROVED = "approved"
    REJECTED = "rejected"
    PRIVATE = "private"
    """Its writer asked that it not be published."""
    UNSUBSCRIBED = "unsubscribed"
    """It asked to end a subscription, which was done."""
    WITHDRAWN = "withdrawn"
    """Its writer took it back: its comment file is a tombstone."""
    COMMAND = "command"
    """A message about another reply, by a moderator or a writer; its note says what was done."""
    IGNORED = "ignored"
    """An automatic message: kept and counted, never shown."""


ALLOWED_TRANSITIONS: dict[ReplyState, frozenset[ReplyState]] = {
    ReplyState.HELD: frozenset({ReplyState.APPROVED, ReplyState.REJECTED, ReplyState.WITHDRAWN}),
    ReplyState.REJECTED: frozenset({ReplyState.APPROVED, ReplyState.WITHDRAWN}),
    ReplyState.IGNORED: frozenset({ReplyState.APPROVED, ReplyState.REJECTED}),  # the classifier may be wrong
    ReplyState.PRIVATE: frozenset({ReplyState.REJECTED, ReplyState.WITHDRAWN}),
    ReplyState.APPROVED: frozenset({ReplyState.WITHDRAWN}),
    ReplyState.WITHDRAWN: frozenset(),
    ReplyState.COMMAND: frozenset(),
    ReplyState.UNSUBSCRIBED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A message that a reader sent back, whether or not a delivery was found that it answers."""

    id: str
    """Short and stable, and says nothing of the delivery; also the id of its comment."""
    raw_hash: str
    """SHA-256 in hex of the raw message, which is stored under that name in var/replies."""
    received_at: datetime
    slug: str | None
    """The issue that it answers."""
    delivery_id: int | None
    matched_by: str
    """How the delivery was found; "" if it was not."""
    subscriber_id: int | None
    from_address: str
    author: str
    """The name shown; never an address."""
    is_from_subscriber: bool
    """Whether From is the address that the issue went to; a claim, since anybody can write that field."""
    is_verified: bool
    """Whether that claim is authenticated, in a message that was written to us."""
    auth_result: AuthResult = AuthResult.NONE
    """Whether its From address is authenticated."""
    auth_reason: str = ""
    verdict: Verdict
    reason: str
    state: ReplyState
    text: str
    """What the sender wrote, redacted, in paragraphs."""
    note: str
    """What the author should know before deciding; "" if nothing."""
    extractor: int
    """Version of the extractor that made `text`."""
    message_id: str = ""
    """Its Message-ID without brackets, for an answer to refer to."""
    references: str = ""
    """Its References field as it was written."""
    in_reply_to: str | None = None
    """The comment that it answers."""
    edits: str | None = None
    """The earlier reply whose text it is meant to replace."""
    decided_at: datetime | None = None
    decided_by: str = ""
    decided_reason: str = ""

    @property
    def is_address_certain(self) -> bool:
        """Whether its From address is the one that we wrote to, or is authenticated: only then is mail sent there."""
        return bool(self.from_address) and (self.is_from_subscriber or self.auth_result is AuthResult.PASS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One decision about one reply."""

    reply_id: str
    state: str
    """A ReplyState, or CONSENT, NOTIFY or MUTE."""
    by: str
    reason: str
    channel: str
    """How it was made: terminal, mail, rule, web or erasure."""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorAnswer:
    """What the author answered to one reply."""

    id: str
    """Short and stable: the same text to the same reply has the same id. Also the id of its comment."""
    reply_id: str
    author: str
    text: str
    is_private: bool
    """Whether it goes by mail only, and is never published."""
    written_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WriterHistory:
    """What became of a writer's replies so far."""

    published: int = 0
    rejected: int = 0
    """Rejected by a moderator."""
    today: int = 0
    """How many came within 24 hours, this one not counted."""
