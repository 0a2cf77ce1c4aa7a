"""Checks of messages, recipients and tags, as SES's documentation describes them.

https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_RawMessage.html
"""

import re
from collections.abc import Iterable, Mapping
from email.utils import parseaddr

from newsletter.ses_simulator.account import ApiError

MAX_RECIPIENTS = 50
_MAX_BYTES = 40_000_000
"""Of the message in base64."""
_MAX_LINE = 998
_HEADER_NAME = re.compile(rb"\n([!-9;-~]+):")
_ONCE_ONLY = {
    b"from",
    b"sender",
    b"reply-to",
    b"subject",
    b"date",
    b"message-id",
    b"return-path",
    b"list-unsubscribe",
    b"list-id",
}
_BARE_ADDRESS = re.compile(r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
"""An address as nearly all are, which `parseaddr` would return unchanged, but slowly."""
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")


def check_message(message: bytes) -> bytes:
    """Return the header section of a raw message; ApiError when SES would refuse the message."""
    if len(message) * 4 / 3 > _MAX_BYTES:
        raise ApiError(400, "MessageRejected", f"Message length is more than {_MAX_BYTES} bytes long.")
    head, separator, _ = message.partition(b"\r\n\r\n")
    if not separator:
        head, separator, _ = message.partition(b"\n\n")
    names = [name for name in _HEADER_NAME.findall(b"\n" + head.lower()) if name in _ONCE_ONLY]
    if b"from" not in names:
        raise ApiError(400, "BadRequestException", "Missing required header 'From'.")
    for name in names:
        if names.count(name) > 1:
            raise ApiError(400, "BadRequestException", f"Duplicate header '{name.decode('ascii')}'.")
    if _has_longer_line(message, _MAX_LINE + 1):  # with its CR
        raise ApiError(400, "MessageRejected", f"A line is longer than {_MAX_LINE} characters.")
    return head


def _has_longer_line(message: bytes, limit: int) -> bool:
    """Return whether a line is longer; looks backwards from each limit, for it runs a thousand times a second."""
    start, end = 0, len(message) - limit
    while start < end:
        start = message.rfind(b"\n", start, start + limit + 1) + 1
        if not start:
            return True
    return False


def check_recipients(mailboxes: Iterable[str]) -> tuple[str, ...]:
    """Return the bare addresses; ApiError when there are none, too many, or one is not ASCII."""
    recipients = tuple(text if _BARE_ADDRESS.fullmatch(text) else parseaddr(text)[1] for text in mailboxes)
    if not recipients:
        raise ApiError(400, "BadRequestException", "At least one recipient is required.")
    if len(recipients) > MAX_RECIPIENTS:
        raise ApiError(400, "BadRequestException", f"Recipient count exceeds {MAX_RECIPIENTS}.")
    for recipient in recipients:
        if "@" not in recipient or not recipient.isascii():
            raise ApiError(400, "BadRequestException", f"Invalid address: {recipient!r}.")
    return recipients


def check_tags(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return message tags as a mapping; ApiError when SES would refuse one."""
    for tag in tags:
        for text in (tag["Name"], tag["Value"]):
            if not _TAG.fullmatch(text):
                raise ApiError(400, "BadRequestException", f"Invalid tag: {text!r}.")
    return {tag["Name"]: tag["Value"] for tag in tags}
