"""The mailbox protocol: raw messages with their envelope, acknowledged once they are stored."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from newsletter.replies.parsing.headers import Headers


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMessage:
    """One message as it is in a mailbox."""

    source: str
    """The mailbox's own name for it: a file name, a UID, an object key."""
    raw: bytes
    """The message; cut after MAX_RAW_BYTES + 1."""
    recipients: tuple[str, ...] = ()
    """Envelope recipients, where the mailbox knows them apart from the message."""
    verdicts: Mapping[str, str] = field(default_factory=dict)
    """What the receiving server found, apart from the message: spam, virus, spf, dkim, dmarc."""


class ReplyMailbox(Protocol):
    """Where replies arrive.

    What `waiting` yields stays where it is until `acknowledge`; after a kill between the two the same message is
    yielded again, never lost.
    """

    def waiting(self) -> Iterator[ReceivedMessage]:
        """Yield the messages that are there, oldest first; one may be yielded again later."""
        ...

    def acknowledge(self, received: ReceivedMessage) -> None:
        """Mark a message as dealt with; doing it twice, or after it was moved away, is harmless."""
        ...


class MessageFilter(Protocol):
    """Says which messages of a shared mailbox are ours to take."""

    @property
    def fields(self) -> tuple[str, ...]:
        """The header fields it must see."""
        ...

    def is_ours(self, headers: Headers) -> bool:
        """Whether a message with these fields is ours."""
        ...
