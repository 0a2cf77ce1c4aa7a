"""Subscribers, subscriptions, consent records and suppressions: who is mailed, and why that is allowed."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from newsletter.address import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A person with one address."""

    id: int
    address: Address
    first_name: str = ""
    last_name: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    """Custom fields: what else the author knows of them, such as the other columns of an import."""
    tags: tuple[str, ...] = ()
    created_at: datetime
    named_at: datetime | None = None
    """When they chose their first name themselves."""
    clicks_agreed_at: datetime | None = None
    """Since when their clicks may be recorded."""

    @property
    def name(self) -> str:
        """First and last name, as far as known."""
        return f"{self.first_name} {self.last_name}".strip()


class SubscriptionState(StrEnum):
    """The state of a subscription; only a confirmed one is mailed."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """One subscriber on one list."""

    id: int
    list_name: str
    subscriber: Subscriber
    state: SubscriptionState
    changed_at: datetime


class ConsentAct(StrEnum):
    """What a person, or the author for them, did about a subscription. The values are stored."""

    IMPORTED = "imported"
    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    ENDED = "ended"
    SUPPRESSED = "suppressed"
    LIFTED = "lifted"
    """The suppression was lifted."""
    CLICKS_AGREED = "clicks agreed"
    """Their clicks may be recorded; it says nothing about email."""
    CLICKS_WITHDRAWN = "clicks withdrawn"


ABOUT_CLICKS = (ConsentAct.CLICKS_AGREED, ConsentAct.CLICKS_WITHDRAWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentProof:
    """What proves that an act of consent was meant; "" for what is not known or does not apply."""

    evidence: str = ""
    """The line of the imported file, the delivery whose link was followed, or the page and from which network."""
    consent_text: str = ""
    """The consent text on the form, and its version."""
    mail: str = ""
    """Which email led them there."""


NO_PROOF = ConsentProof()


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One record of the append-only history of a subscription."""

    act: ConsentAct
    at: datetime
    origin: str
    """How it came: `import sample.csv`, `web`, `mail`, `command line`."""
    evidence: str = ""
    """What proves it: the line of the imported file, the delivery whose link was followed."""
    consent_text: str = ""
    """The consent text on the form, and its version."""
    mail: str = ""
    """Which email asked them to confirm."""


class SuppressionReason(StrEnum):
    """Why an address must not be mailed."""

    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    ERASED = "erased"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address that must not be mailed, kept as a keyed hash so that it outlives the subscriber's record."""

    address_hash: bytes
    reason: SuppressionReason
    at: datetime
    origin: str
