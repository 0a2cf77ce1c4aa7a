"""The seam behind which mail arrives: raw bytes with their envelope, acknowledged once they are stored."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedMessage:
    """One mail as it lies in a mailbox."""

    source: str
    """The mailbox's own name for it: a file name, a UID, an object key."""
    raw: bytes
    """The message; at most parse.MAX_RAW_BYTES of it."""
    recipients: tuple[str, ...] = ()
    """Envelope recipients, where the mailbox knows them apart from the message."""
    verdicts: Mapping[str, str] = field(default_factory=dict)
    """What the border found, where the mailbox knows it apart from the message: spam, virus, spf, dkim, dmarc."""


class ReplyMailbox(Protocol):
    """Where answers arrive.

    What `waiting` yields stays where it is until `acknowledge`; a kill between the two
    shows the same mail again, never none.
    """

    def waiting(self) -> Iterator[ReceivedMessage]:
        """Yield the mails that are there, oldest first; a mail may be shown again later."""
        ...

    def acknowledge(self, received: ReceivedMessage) -> None:
        """Mark a mail as dealt with; doing it twice, or after it was moved away, is harmless."""
        ...
