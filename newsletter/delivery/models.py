"""Mailings and deliveries, and the states they pass through.

A delivery is `submitted` when the next hop has taken the message. Only an event from
outside can make it delivered; we never infer that ourselves. `uncertain` is never
tried again by itself.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from newsletter.address import Address
from newsletter.compose import Edition


class DeliveryStatus(StrEnum):
    """Where one delivery stands."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    SUBMITTED = "submitted"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    EXCLUDED = "excluded"


class Exclusion(StrEnum):
    """Why a candidate gets no letter."""

    PENDING = "pending"
    """Never confirmed the subscription."""
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    PAUSED = "paused"
    """They want no letters for a while."""
    ALREADY_SENT = "already sent"
    """Another mailing of this issue has them."""
    OUTSIDE = "not in segment"
    """The mailing is for a segment that they are not in."""
    CANCELLED = "cancelled"


class MailingKind(StrEnum):
    """What a mailing is for."""

    ISSUE = "issue"
    TEST = "test"


class MailingState(StrEnum):
    """What the author lets a mailing do."""

    OPEN = "open"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    """For good: whoever was planned is excluded, and nobody is added."""


class MailingStage(StrEnum):
    """Where a mailing is on its way, as its author sees it."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    """It is being sent, or was stopped and can go on."""
    PAUSED = "paused"
    CANCELLED = "cancelled"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """One act of sending one edition to one audience."""

    id: int
    kind: MailingKind
    slug: str
    list_name: str
    segment: str = ""
    """The question, spelled out, whose answer it is for; empty for the whole list."""
    edition_digest: str
    transport: str
    """Through which next hop it was started."""
    round: int = 1
    """1, and one more for each `send --again` of the issue to the list."""
    round_id: int | None = None
    """What all mailings of this issue and round share; None for a test, which never counts as sent."""
    created_at: datetime
    finished_at: datetime | None = None
    state: MailingState = MailingState.OPEN
    send_at: datetime | None = None
    """Nothing leaves before; None for at once."""
    send_before: datetime | None = None
    """Nothing leaves afterwards without the author's word."""

    def stage(self, now: datetime) -> MailingStage:
        """Return where it is on its way."""
        if self.state is not MailingState.OPEN:
            return MailingStage(self.state)
        if self.finished_at is not None:
            return MailingStage.FINISHED
        return MailingStage.SCHEDULED if self.send_at is not None and self.send_at > now else MailingStage.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One mailing to one subscriber."""

    id: int
    mailing_id: int
    subscriber_id: int | None
    """None for a test, which goes to an address."""
    recipient: Address
    first_name: str = ""
    last_name: str = ""
    fields: dict[str, str]
    status: DeliveryStatus = DeliveryStatus.PLANNED
    attempts: int = 0
    """How often the next hop has put it off."""
    variant: int = 0
    """Which variant of the edition they get."""
    agrees_to_clicks: bool = False
    """Whether it may be recorded which of its links they follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentDelivery:
    """A delivery found again by what came back about it, with the edition it carried."""

    id: int
    mailing_id: int
    kind: MailingKind
    slug: str
    list_name: str
    round: int
    subscriber_id: int | None
    address: str
    """The reader's address as it is now; "" once their record is erased."""
    first_name: str
    last_name: str
    status: DeliveryStatus
    edition: Edition
    """As they got it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Where everybody is: candidates = planned + submitted + failed + uncertain + excluded, at every instant.

    What is in flight counts as planned.
    """

    planned: int = 0
    submitted: int = 0
    failed: int = 0
    uncertain: int = 0
    excluded: dict[Exclusion, int]

    @property
    def recipients(self) -> int:
        """Those who get the letter, have it, or may have it."""
        return self.planned + self.submitted + self.failed + self.uncertain

    @property
    def candidates(self) -> int:
        """Everybody the mailing asked about."""
        return self.recipients + sum(self.excluded.values())
