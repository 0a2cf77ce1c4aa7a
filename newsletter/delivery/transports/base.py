"""The seam behind which every next hop stands."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from newsletter.delivery.rate.limiter import Book
from newsletter.errors import TransportError


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
    is_dotless: bool = False
    """Whether it is known that no line of the message begins with a dot, which SMTP would have to escape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The next hop's word that it took a message."""

    reference: str
    """How the next hop names it; "" if it does not."""


class Transport(Protocol):
    """Hands messages to the next hop, from several threads at once.

    `submit` returns a receipt or raises Refused, Deferred, SendingHalted or Uncertain; a message is
    submitted once, never retried inside. DiskFull when there is no room on this machine.
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


Settled = tuple[int, Receipt | TransportError | None]
"""A delivery, and its receipt or why there is none; None when nothing of it was handed over, so that any
other line may take it.
"""


class Line(Protocol):
    """One open connection to the next hop that makes nobody wait, so that one thread can serve many.

    A message is begun, then awaited, then handed over; the receipt or error comes out of `write` or `read`.
    Only what has been handed over may have been taken.
    """

    is_open: bool

    @property
    def has_room(self) -> bool:
        """Whether another message may be begun now; on some lines the next one while one is under way."""

    @property
    def is_idle(self) -> bool:
        """Whether no message is under way."""

    @property
    def is_spent(self) -> bool:
        """Whether it should be closed before anything else is begun."""

    @property
    def awaited(self) -> int | None:
        """The delivery whose message the next hop waits for, if it does."""

    @property
    def is_writing(self) -> bool:
        """Whether something is to be sent before anything can be heard."""

    @property
    def deadline(self) -> float:
        """The moment of the monotonic clock at which what is under way has taken too long."""

    def fileno(self) -> int:
        """Return what a selector waits on."""

    def begin(self, envelope: Envelope, message: bytes) -> None:
        """Announce a message; Refused when it is known already that it cannot be taken."""

    def hand_over(self) -> None:
        """Let the awaited message follow: it may be taken from now on."""

    def write(self) -> list[Settled]:
        """Send what can be sent now."""

    def read(self) -> list[Settled]:
        """Hear what has come."""

    def give_up(self, reason: str) -> list[Settled]:
        """Close without a word, and say what that means for what is under way."""

    def close(self) -> None:
        """Say goodbye; nothing is under way."""


@runtime_checkable
class Lined(Protocol):
    """A transport that also gives out its connections, one by one."""

    def open_line(self) -> Line:
        """Connect, waiting for it; raises what `submit` would, of a message that was not handed over."""


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
        """Ask; SendingHalted when it may not send at all, Deferred or Uncertain when there is no answer."""
