"""Mailings and deliveries, and the states they pass through.

A delivery is `submitted` when the next hop has taken the message. Only an event from
outside can make it delivered; we never infer that ourselves. `uncertain` is never
tried again by itself.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from newsletter.address import Address


class DeliveryStatus(StrEnum):
    """Where one delivery stands."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    SUBMITTED = "submitted"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    EXCLUDED = "excluded"


ALLOWED: dict[DeliveryStatus, frozenset[DeliveryStatus]] = {
    DeliveryStatus.PLANNED: frozenset({DeliveryStatus.CLAIMED, DeliveryStatus.EXCLUDED}),
    DeliveryStatus.CLAIMED: frozenset(
        {
            DeliveryStatus.PLANNED,  # certainly not taken
            DeliveryStatus.SUBMITTED,
            DeliveryStatus.FAILED,
            DeliveryStatus.UNCERTAIN,
        }
    ),
    DeliveryStatus.UNCERTAIN: frozenset(
        {  # by evidence or the author's word
            DeliveryStatus.PLANNED,
            DeliveryStatus.SUBMITTED,
            DeliveryStatus.FAILED,
        }
    ),
    DeliveryStatus.SUBMITTED: frozenset(),
    DeliveryStatus.FAILED: frozenset(),
    DeliveryStatus.EXCLUDED: frozenset(),
}


class Exclusion(StrEnum):
    """Why a candidate gets no letter."""

    PENDING = "pending"
    """Never confirmed the subscription."""
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    ALREADY_SENT = "already sent"
    """Another mailing of this issue has them."""
    CANCELLED = "cancelled"


class MailingKind(StrEnum):
    """What a mailing is for."""

    ISSUE = "issue"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """One act of sending one edition to one audience."""

    id: int
    kind: MailingKind
    slug: str
    list_name: str
    edition_digest: str
    round: int = 1
    """1, and one more for each `send --again` of the issue."""
    created_at: datetime
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One mailing to one subscriber."""

    id: int
    mailing_id: int
    subscriber_id: int
    recipient: Address
    first_name: str = ""
    last_name: str = ""
    fields: dict[str, str]
    status: DeliveryStatus = DeliveryStatus.PLANNED


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
