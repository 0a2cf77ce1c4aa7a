"""Mailings and deliveries, and the states they pass through.

A delivery is `submitted` when the provider has accepted the message. Only an event from outside can make it delivered;
that is never inferred. An `uncertain` one is never tried again automatically.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from newsletter.address import Address
from newsletter.compose import Edition


class DeliveryStatus(StrEnum):
    """The state of one delivery."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    SUBMITTED = "submitted"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    EXCLUDED = "excluded"


class Exclusion(StrEnum):
    """Why a candidate is not mailed."""

    PENDING = "pending"
    """Never confirmed the subscription."""
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    PAUSED = "paused"
    """Paused by the subscriber, for a while."""
    ALREADY_SENT = "already sent"
    """Another mailing of this issue includes them."""
    OUTSIDE = "not in segment"
    """The mailing is for a segment that they are not in."""
    CANCELLED = "cancelled"


class MailingKind(StrEnum):
    """What a mailing is for."""

    ISSUE = "issue"
    TEST = "test"


class MailingState(StrEnum):
    """Whether the author lets a mailing be sent."""

    OPEN = "open"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    """For good: planned deliveries are excluded, and none are added."""


class MailingStage(StrEnum):
    """The stage of a mailing, as its author sees it."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    """It is being sent, or was stopped and can be resumed."""
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
    """The segment's expression; empty for the whole list."""
    edition_digest: str
    transport: str
    """The transport it was started with."""
    round: int = 1
    """1, and one more for each `send --again` of the issue to the list."""
    round_id: int | None = None
    """Shared by all mailings of this issue and round; None for a test, which never counts as sent."""
    created_at: datetime
    finished_at: datetime | None = None
    state: MailingState = MailingState.OPEN
    send_at: datetime | None = None
    """Nothing leaves before; None for at once."""
    send_before: datetime | None = None
    """Nothing leaves afterwards unless the author confirms it."""

    def stage(self, now: datetime) -> MailingStage:
        """Return its stage at a time."""
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
    """How often the provider has deferred it."""
    variant: int = 0
    """Which variant of the edition they get."""
    agrees_to_clicks: bool = False
    """Whether it may be recorded which of its links they follow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentDelivery:
    """A delivery that a reply or report is about, with the edition it carried."""

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
    """The variant they got."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """How many deliveries are in each state; what is in flight counts as planned.

    At every instant, candidates = planned + submitted + failed + uncertain + excluded.
    """

    planned: int = 0
    submitted: int = 0
    failed: int = 0
    uncertain: int = 0
    excluded: dict[Exclusion, int]

    @property
    def recipients(self) -> int:
        """Everybody who is mailed, was mailed, or may have been."""
        return self.planned + self.submitted + self.failed + self.uncertain

    @property
    def candidates(self) -> int:
        """Everybody the mailing considered."""
        return self.recipients + sum(self.excluded.values())
