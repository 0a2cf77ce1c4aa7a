"""Subscribers, lists, subscriptions, consent and suppressions: who is written to, and why we may."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from newsletter.address import Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscriber:
    """A person, known to us by one address."""

    id: int
    address: Address
    first_name: str = ""
    last_name: str = ""
    fields: dict[str, str] = field(default_factory=dict)
    """What else the author knows of them: the other columns of an import."""
    tags: tuple[str, ...] = ()
    created_at: datetime
    named_at: datetime | None = None
    """When they chose their first name themselves."""
    clicks_agreed_at: datetime | None = None
    """Since when they let it be recorded which links they follow."""

    @property
    def name(self) -> str:
        """First and last name, as far as known."""
        return f"{self.first_name} {self.last_name}".strip()


class SubscriptionState(StrEnum):
    """Where a subscription stands; only a confirmed one is mailed."""

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
    """What a person, or the author for them, did about a subscription."""

    IMPORTED = "imported"
    REQUESTED = "requested"
    CONFIRMED = "confirmed"
    ENDED = "ended"
    SUPPRESSED = "suppressed"
    LIFTED = "lifted"
    """The suppression was."""
    CLICKS_AGREED = "clicks agreed"
    """That it may be recorded which links they follow; it says nothing of letters."""
    CLICKS_WITHDRAWN = "clicks withdrawn"


ABOUT_CLICKS = (ConsentAct.CLICKS_AGREED, ConsentAct.CLICKS_WITHDRAWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentProof:
    """What shows that an act of consent was meant; "" for what is not known or does not apply."""

    evidence: str = ""
    """The line of the imported file, the delivery whose link was followed, the page and from which network."""
    consent_text: str = ""
    """What the form said that they agreed to, or which version of it."""
    mail: str = ""
    """Which mail brought them there."""


NO_PROOF = ConsentProof()


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """One line of the append-only proof of why a subscription is what it is."""

    act: ConsentAct
    at: datetime
    origin: str
    """How it reached us: `import sample.csv`, `mail`, `command line`."""
    evidence: str = ""
    """What shows it: the line of the imported file, the delivery whose link was followed."""
    consent_text: str = ""
    """What the form said that they agreed to, or which version of it."""
    mail: str = ""
    """Which mail asked them to confirm."""


class SuppressionReason(StrEnum):
    """Why an address is not to be mailed."""

    UNSUBSCRIBED = "unsubscribed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    ERASED = "erased"
    MANUAL = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suppression:
    """An address not to be mailed, kept as a keyed hash so that it outlives the person's record."""

    address_hash: bytes
    reason: SuppressionReason
    at: datetime
    origin: str
