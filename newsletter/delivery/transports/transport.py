"""The seam behind which every next hop stands."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from newsletter.delivery.pace import Book


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Sender and recipient as the next hop knows them, and what the message is called."""

    delivery_id: int
    mailing_id: int
    slug: str
    sender: str
    """Where bounces go (RFC 5321 section 4.4), signed."""
    from_address: str
    """The address of the From header."""
    recipient: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The next hop's word that it took a message."""

    reference: str
    """How the next hop names it; "" if it does not."""


class Transport(Protocol):
    """Hands messages to the next hop, from several threads at once.

    `submit` returns a receipt or raises Refused, Deferred, Halted or Uncertain; a message is
    submitted once, never retried inside. StorageFull when there is no room on this machine.
    """

    name: str
    connections: int
    """How many submits at once are of use."""
    rate: float | None
    """Messages a second that the next hop has granted; None when it does not say."""
    notices: tuple[str, ...]
    """What the author should know of the next hop before sending."""

    def submit(self, envelope: Envelope, message: bytes) -> Receipt:
        """Hand over one message."""

    def close(self) -> None:
        """Give back connections; nothing is submitted afterwards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What a next hop grants at present."""

    rate: float | None = None
    """Messages a second; None when it does not say."""
    daily: float | None = None
    """Messages in any 24 hours; None for no limit."""
    left: float | None = None
    """Of these, how many may still be sent now."""


@runtime_checkable
class Accounted(Protocol):
    """A transport to an account, shared with others, which can be asked at any time what it is granted."""

    account: str
    """What tells this account from others, whoever sends through it."""
    refresh: float
    """Seconds between two questions, which are themselves limited."""
    granted: Allowance
    """What it said when it was opened."""
    book: Book | None
    """Where all on this machine who send through the account book together."""

    def allowance(self) -> Allowance:
        """Ask; Halted when it may not send at all, Deferred or Uncertain when there is no answer."""
