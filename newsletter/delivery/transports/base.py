"""Transport and connection: the one way in which a message leaves, whatever the provider.

A `Transport` opens connections. The event loop (`sender/event_loop.py`) drives them, for a mailing and for a single
notice alike: each connection takes messages from a `MessageSource`, asks it for leave before a message may be
accepted, and reports what became of it. A provider whose API waits for its answer derives from `BlockingTransport`
(`thread_connection.py`) and writes `submit` only.
"""

from dataclasses import dataclass
from typing import Protocol

from newsletter.delivery.rate.limiter import SharedRate


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Sender and recipient as the provider knows them (RFC 5321), and the names of the message."""

    delivery_id: int
    mailing_id: int
    slug: str
    sender: str
    """The signed address that bounces go to (RFC 5321 section 4.4)."""
    from_address: str
    """The address of the From header."""
    recipient: str
    is_dotless: bool = False
    """Whether it is known that no line of the message begins with a dot, which SMTP would have to escape."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """The provider's confirmation that it accepted a message."""

    reference: str
    """The provider's name for the message; "" if it gives none."""


SubmitResult = tuple[int, Receipt | BaseException | None]
"""A delivery's number, and its receipt or error; None when nothing was handed over, so that another connection may
take the message.
"""


class MessageSource(Protocol):
    """Where a connection takes its messages from and reports their results to; the event loop is one."""

    def next_message(self) -> tuple[Envelope, bytes] | None:
        """Return the next message that is due; None if there is none, or if sending stops."""

    def begin(self, delivery_id: int) -> bool:
        """Record that a message may be accepted from now on; False when it must not be handed over any more."""

    def finish(self, delivery_id: int, result: Receipt | BaseException | None) -> None:
        """Report a message's result; None when nothing was handed over, so that another connection may take it."""


class Connection(Protocol):
    """One open connection to the provider, driven by one thread that never waits for it."""

    @property
    def is_idle(self) -> bool:
        """Whether no message is in progress."""

    @property
    def deadline(self) -> float:
        """The time, on the monotonic clock, at which the messages in progress have timed out."""

    def fileno(self) -> int:
        """Return the descriptor that a selector waits on."""

    def advance(self, source: MessageSource, events: int) -> int:
        """Read, write and take messages as far as possible without waiting, and report results to `source`.

        `events` is what the selector reported, EVENT_READ or EVENT_WRITE; 0 when messages have become due. Returns the
        event to wait for next, 0 when the connection has closed.
        """

    def close(self, source: MessageSource, reason: str) -> None:
        """Close the connection, and report what that means for the messages in progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendQuota:
    """How much a provider grants an account at present."""

    rate: float | None = None
    """Messages a second; None when it is unknown."""
    daily: float | None = None
    """Messages in any 24 hours; None for no limit."""
    remaining: float | None = None
    """Of these, how many may still be sent now."""


class ProviderAccount(Protocol):
    """An account whose quota all its senders share, and which can be asked for it at any time."""

    id: str
    """The account's unique name, whoever sends through it."""
    refresh: float
    """Seconds between two requests for the quota, which are themselves limited."""
    quota: SendQuota
    """The quota when the transport was opened."""

    @property
    def shared_rate(self) -> SharedRate | None:
        """The rate that all senders to this account on this machine share."""

    def read_quota(self) -> SendQuota:
        """Ask for the quota; SendingHalted when the account may not send, Deferred or Uncertain without an answer."""


class Transport(Protocol):
    """Hands messages to a provider, once each: whatever goes wrong is reported and never retried inside."""

    name: str
    connections: int
    """How many connections at once are of use."""
    notices: tuple[str, ...]
    """What the author should know about the provider before sending."""

    @property
    def rate(self) -> float | None:
        """Messages a second that the provider has granted; None when it is unknown."""

    @property
    def account(self) -> ProviderAccount | None:
        """The account that is shared with other senders; None where there is none to ask."""

    def connect(self) -> Connection:
        """Connect and log in, waiting for it; raises Deferred or SendingHalted, for nothing was handed over."""

    def accepted(self) -> frozenset[int] | None:
        """Return the deliveries that the provider certainly has, and no others; None where that cannot be known."""

    def close(self) -> None:
        """Release what the transport holds; no connection is used afterwards."""
