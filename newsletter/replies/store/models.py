"""Replies: what subscribers sent back, and the states each passes through.

A reply becomes public only by the author's word, and a private one never.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from newsletter.replies.authentication import AuthResult
from newsletter.replies.classify.classifier import Verdict


class ReplyState(StrEnum):
    """Where one reply stands."""

    HELD = "held"
    """Waits for the author's word."""
    APPROVED = "approved"
    REJECTED = "rejected"
    PRIVATE = "private"
    """Its writer asked that it not be published."""
    UNSUBSCRIBED = "unsubscribed"
    """It asked to end a subscription, which was done."""
    WITHDRAWN = "withdrawn"
    """Its writer took it back: a tombstone stands in its place."""
    ORDER = "order"
    """A word on another reply: a moderator's decision, or a writer's wish; done, or refused as its note says."""
    IGNORED = "ignored"
    """A machine's mail: kept, counted, never shown."""


ALLOWED: dict[ReplyState, frozenset[ReplyState]] = {
    ReplyState.HELD: frozenset({ReplyState.APPROVED, ReplyState.REJECTED, ReplyState.WITHDRAWN}),
    ReplyState.REJECTED: frozenset({ReplyState.APPROVED, ReplyState.WITHDRAWN}),
    ReplyState.IGNORED: frozenset({ReplyState.APPROVED, ReplyState.REJECTED}),  # screening may be wrong
    ReplyState.PRIVATE: frozenset({ReplyState.REJECTED, ReplyState.WITHDRAWN}),
    ReplyState.APPROVED: frozenset({ReplyState.WITHDRAWN}),
    ReplyState.WITHDRAWN: frozenset(),
    ReplyState.ORDER: frozenset(),
    ReplyState.UNSUBSCRIBED: frozenset(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A message a subscriber sent back, matched to a delivery or not."""

    id: str
    """Short, stable, and telling nothing of the delivery; also the id of its comment."""
    raw_hash: str
    """SHA-256 in hex of the raw mail, which lies under that name in var/replies."""
    received_at: datetime
    slug: str | None
    """The issue it answers."""
    delivery_id: int | None
    matched_by: str
    """How the delivery was found; "" if it was not."""
    subscriber_id: int | None
    from_address: str
    author: str
    """The name shown; never an address."""
    is_from_subscriber: bool
    """Whether From is the address that the letter went to; a claim, since anybody can write that line."""
    is_verified: bool
    """Whether that claim was proven, of a mail that was written to us."""
    proof: AuthResult = AuthResult.NONE
    """What was found of its From line."""
    proof_why: str = ""
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
    """How its mail is named, without brackets, for an answer to refer to."""
    references: str = ""
    """What its mail refers to, as it wrote it."""
    in_reply_to: str | None = None
    """The comment it answers."""
    edits: str | None = None
    """The reply whose words it is meant to replace."""
    decided_at: datetime | None = None
    decided_by: str = ""
    decided_why: str = ""
