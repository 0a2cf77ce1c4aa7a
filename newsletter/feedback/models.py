"""Event: one report about one delivery, in the same terms for every provider."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventKind(StrEnum):
    """What is reported."""

    SENT = "sent"
    """The mail server accepted the message: what our own receipt says too."""
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    """The receiving server refuses for now, and the relay retries."""
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    REJECTED = "rejected"
    """The relay accepted the message and dropped it: nobody gets it."""
    OPENED = "opened"
    CLICKED = "clicked"
    UNSUBSCRIBED = "unsubscribed"
    """The reader unsubscribed at the provider, or changed their preferences there (SES subscription management)."""


FACTS = frozenset(EventKind) - {EventKind.SENT}
"""Kinds that are kept as dated facts; SENT says no more than that the message was submitted."""


class EventReason(StrEnum):
    """Why a message bounced or was deferred, or what its reader complained of, in words for the author."""

    NO_MAILBOX = "no such mailbox"
    ON_SES_LIST = "on SES's suppression list"
    UNSUBSCRIBED = "unsubscribed at the provider"
    FULL = "mailbox full"
    UNREACHABLE = "unreachable"
    UNDETERMINED = "no reason given"
    TOO_LARGE = "message too large"
    CONTENT = "content rejected"
    BLOCKED = "our server is blocked"
    UNAUTHENTICATED = "our domain is not authenticated"
    POLICY = "rejected by a policy"
    ABUSE = "unwanted"
    FRAUD = "reported as fraud"
    VIRUS = "reported as a virus"
    NOT_AUTHENTIC = "reported as not authentic"
    NOT_SPAM = "reported as not spam"
    DROPPED = "dropped by the mail server"
    NONE = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One report about one delivery."""

    kind: EventKind
    at: datetime
    """When it happened, as the reporter says."""
    code: str = ""
    """The reporter's own code, such as Permanent/General or 5.1.1."""
    reason: EventReason = EventReason.NONE
    detail: str = ""
    """Status code and diagnostic, without addresses."""
    address: str = ""
    """The recipient, as the reporter says."""
    delivery_id: int | None = None
    mailing_id: int | None = None
    reference: str = ""
    """The provider's identifier of the message."""
    message_id: str = ""
    """Our own Message-ID header."""
    matched_by: str = "delivery tag"
    """What identifies the delivery."""

    @property
    def domain(self) -> str:
        """The receiving domain, in lower case."""
        return self.address.rpartition("@")[2].lower()[:255]


class UnreadableEvent(ValueError):
    """An event that cannot be parsed; the message says why."""
