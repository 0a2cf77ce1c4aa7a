"""What SES demands of a message and of its tags, checked as the documentation has it."""

import re
from collections.abc import Iterable, Mapping
from email.utils import parseaddr

from newsletter.ses_simulator.account import ApiError

MOST_RECIPIENTS = 50
_MOST_BYTES = 40_000_000
"""Of the message in base64."""
_LONGEST_LINE = 998
_NAME = re.compile(rb"\n([!-9;-~]+):")
_ONCE = {
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
_BARE = re.compile(r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*")
"""An address as nearly all are, which `parseaddr` would give back as it is."""
_TAG = re.compile(r"[A-Za-z0-9_-]{1,256}")


def check_message(message: bytes) -> bytes:
    """Return the header section; Refusal when SES would not take the message."""
    if len(message) * 4 / 3 > _MOST_BYTES:
        raise ApiError(400, "MessageRejected", f"Message length is more than {_MOST_BYTES} bytes long.")
    head, separator, _ = message.partition(b"\r\n\r\n")
    if not separator:
        head, separator, _ = message.partition(b"\n\n")
    names = [name for name in _NAME.findall(b"\n" + head.lower()) if name in _ONCE]
    if b"from" not in names:
        raise ApiError(400, "BadRequestException", "Missing required header 'From'.")
    for name in names:
        if names.count(name) > 1:
            raise ApiError(400, "BadRequestException", f"Duplicate header '{name.decode('ascii')}'.")
    if _has_longer_line(message, _LONGEST_LINE + 1):  # with its CR
        raise ApiError(400, "MessageRejected", f"A line is longer than {_LONGEST_LINE} characters.")
    return head


def _has_longer_line(message: bytes, most: int) -> bool:
    """Tell whether a line is longer, looking at its end only: a pretend SES is asked a thousand times a second."""
    begin, enough = 0, len(message) - most
    while begin < enough:
        begin = message.rfind(b"\n", begin, begin + most + 1) + 1
        if not begin:
            return True
    return False


def check_recipients(written: Iterable[str]) -> tuple[str, ...]:
    """Return the bare addresses; Refusal when they are none, too many, or not of ASCII."""
    recipients = tuple(text if _BARE.fullmatch(text) else parseaddr(text)[1] for text in written)
    if not recipients:
        raise ApiError(400, "BadRequestException", "At least one recipient is required.")
    if len(recipients) > MOST_RECIPIENTS:
        raise ApiError(400, "BadRequestException", f"Recipient count exceeds {MOST_RECIPIENTS}.")
    for recipient in recipients:
        if "@" not in recipient or not recipient.isascii():
            raise ApiError(400, "BadRequestException", f"Invalid address: {recipient!r}.")
    return recipients


def check_tags(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return tags as a mapping; Refusal when SES would not take one."""
    for tag in tags:
        for text in (tag["Name"], tag["Value"]):
            if not _TAG.fullmatch(text):
                raise ApiError(400, "BadRequestException", f"Invalid tag: {text!r}.")
    return {tag["Name"]: tag["Value"] for tag in tags}
