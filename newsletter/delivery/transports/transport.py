"""The seam behind which every next hop stands."""

from dataclasses import dataclass
from typing import Protocol


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
