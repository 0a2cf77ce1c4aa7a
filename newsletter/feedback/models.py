"""Events: what somebody outside reports about one delivery, in one vocabulary whoever reports it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventKind(StrEnum):
    """What is reported."""

    SENT = "sent"
    """The next hop took it: what our own receipt says too."""
    DELIVERED = "delivered"
    DEFERRED = "deferred"
    """The receiving side puts it off, and the next hop goes on trying."""
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    REJECTED = "rejected"
    """The next hop took it and dropped it: it goes to nobody."""
    OPENED = "opened"
    CLICKED = "clicked"
    LEFT = "left"
    """Its reader left the next hop's own list of subscriptions, or changed what they get of it."""


FACTS = frozenset(EventKind) - {EventKind.SENT}
"""What is kept as a dated fact; the rest says no more than that the message was taken."""


class EventReason(StrEnum):
    """Why a message bounced or was put off, or what its reader complained of, in words for the author."""

    NO_MAILBOX = "no such mailbox"
    ON_SES_LIST = "on the list of addresses that SES suppresses"
    UNSUBSCRIBED = "unsubscribed at the next hop"
    FULL = "mailbox full"
    UNREACHABLE = "not reachable"
    UNDETERMINED = "no reason given"
    TOO_LARGE = "message too large"
    CONTENT = "content refused"
    BLOCKED = "our server is blocked"
    UNAUTHENTICATED = "our domain is not authenticated"
    POLICY = "refused by a policy"
    ABUSE = "unwanted"
    FRAUD = "called fraud"
    VIRUS = "called a virus"
    NOT_AUTHENTIC = "called not authentic"
    NOT_SPAM = "called no spam"
    DROPPED = "dropped by the next hop"
    NONE = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One report about one delivery."""

    kind: EventKind
    at: datetime
    """When it happened, as the reporter says."""
    code: str = ""
    """The reporter's own words for it, such as Permanent/General."""
    reason: EventReason = EventReason.NONE
    detail: str = ""
    """Status code and diagnostic, without addresses."""
    address: str = ""
    """Whom the message was for, as the reporter says."""
    delivery_id: int | None = None
    mailing_id: int | None = None
    reference: str = ""
    """How the next hop names the message."""
    own_reference: str = ""
    """Our own Message-ID."""
    by: str = "delivery tag"
    """What names the delivery."""

    @property
    def domain(self) -> str:
        """The receiving domain."""
        return self.address.rpartition("@")[2].lower()[:255]


class UnreadableEvent(ValueError):
    """An event that cannot be read; the message says why."""
