"""qmail-send bounce messages (QSBMF): parsed into the fields of a delivery status report.

Such a text begins with "Hi. This is the", has a paragraph for each recipient, `<address>:` and the reason, and ends
where the original message follows, at a paragraph that begins with a hyphen (https://cr.yp.to/proto/qsbmf.txt).
The caller must check that a mail system sent it: the text alone proves nothing.
"""

import re
from collections.abc import Iterator

_MAX_CHARACTERS = 64_000
_MAX_RECIPIENTS = 100
_BEGINNING = "Hi. This is the"
_PARAGRAPH_BREAK = re.compile(r"\n[ \t]*\n")
_RECIPIENT = re.compile(r"<([^\n]{1,320})>:[ \t]*(?:\n|$)")
_STATUS = re.compile(r"\(#([45]\.\d{1,3}\.\d{1,3})\)")
_REMOTE = re.compile(r"Remote[ _]host[ _]said:[ _]*([45])\d\d(?:[ _-]+#?(([45])\.\d{1,3}\.\d{1,3})(?![.\d]))?")
"""The remote server's reply; qmail adds no status of its own to it."""
_GIVEN_UP = re.compile(r"this is a permanent error|i['’]ve given up", re.IGNORECASE)
_TOO_LONG = re.compile(r"not going to try again|in the queue too long", re.IGNORECASE)
_EXPIRED = "4.4.7"
"""RFC 3463: delivery time expired."""


def extract_qmail_bounce(text: str) -> str:
    """Return the bounce in a text, without the original message; "" if the text is not such a bounce."""
    text = text[:_MAX_CHARACTERS].replace("\r\n", "\n").strip()
    if not text.startswith(_BEGINNING):
        return ""
    paragraphs: list[str] = []
    for paragraph in _PARAGRAPH_BREAK.split(text):
        if paragraph.startswith("-"):
            break
        paragraphs.append(paragraph.strip("\n"))
    return "\n\n".join(paragraphs) if any(map(_RECIPIENT.match, paragraphs)) else ""


def parse_qmail_bounce(bounce: str) -> Iterator[dict[str, str]]:
    """Yield for each recipient with a status the fields that a delivery status report (RFC 3464) would have.

    Without a status, a bounce is permanent only if the text says so.
    """
    beginning, *paragraphs = _PARAGRAPH_BREAK.split(bounce[:_MAX_CHARACTERS])
    has_given_up = _GIVEN_UP.search(beginning) is not None
    for address, reason in _recipients(paragraphs):
        is_permanent = has_given_up or _GIVEN_UP.search(reason) is not None
        status = _status(reason, is_permanent=is_permanent)
        if status:
            is_failed = status[0] == "5" or is_permanent or _TOO_LONG.search(reason) is not None
            yield {
                "final-recipient": f"rfc822; {address}",
                "action": "failed" if is_failed else "delayed",
                "status": status,
                "diagnostic-code": " ".join(reason.split()),
            }


def _recipients(paragraphs: list[str]) -> Iterator[tuple[str, str]]:
    """Yield each recipient with its reason; some programs put a blank line between the two."""
    address, reason, count = "", "", 0
    for paragraph in paragraphs:
        match = _RECIPIENT.match(paragraph)
        if match is None:
            reason += f"\n{paragraph}"
            continue
        if address:
            yield address, reason
        count += 1
        if count > _MAX_RECIPIENTS:
            return
        address, reason = match[1], paragraph[match.end() :]
    if address:
        yield address, reason


def _status(reason: str, *, is_permanent: bool) -> str:
    """Return a reason's enhanced status code (RFC 3463); only its class where no more is known, or ""."""
    if match := _STATUS.search(reason):
        return match[1]
    remote = _REMOTE.search(reason)
    if remote and remote[2] and remote[1] == remote[3]:
        return remote[2]
    if _TOO_LONG.search(reason):
        return _EXPIRED
    if remote and remote[1] == "4":
        return "4.0.0"
    return "5.0.0" if is_permanent else ""
