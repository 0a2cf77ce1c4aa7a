"""Bounces as qmail writes them, in plain words (QSBMF): read as the delivery status report that they are.

Such a text begins with "Hi. This is the", has a paragraph for each recipient, `<address>:` and the reason, and
ends where the letter follows, with a paragraph that begins with a hyphen (https://cr.yp.to/proto/qsbmf.txt).
Who may say so is for whoever calls to judge: the words alone prove nothing.
"""

import re
from collections.abc import Iterator

_MOST = 64_000
_MOST_RECIPIENTS = 100
_BEGINNING = "Hi. This is the"
_PARAGRAPHS = re.compile(r"\n[ \t]*\n")
_RECIPIENT = re.compile(r"<([^\n]{1,320})>:[ \t]*(?:\n|$)")
_STATUS = re.compile(r"\(#([45]\.\d{1,3}\.\d{1,3})\)")
_REMOTE = re.compile(r"Remote[ _]host[ _]said:[ _]*([45])\d\d(?:[ _-]+#?(([45])\.\d{1,3}\.\d{1,3})(?![.\d]))?")
"""What the next server said; qmail itself gives no status then."""
_GIVEN_UP = re.compile(r"this is a permanent error|i['’]ve given up", re.IGNORECASE)
_TOO_LONG = re.compile(r"not going to try again|in the queue too long", re.IGNORECASE)
_EXPIRED = "4.4.7"
"""RFC 3463: delivery time expired."""


def extract_qmail_bounce(text: str) -> str:
    """Return a text that is a bounce of this form, without the letter that came back; "" for any other."""
    text = text[:_MOST].replace("\r\n", "\n").strip()
    if not text.startswith(_BEGINNING):
        return ""
    told: list[str] = []
    for paragraph in _PARAGRAPHS.split(text):
        if paragraph.startswith("-"):
            break
        told.append(paragraph.strip("\n"))
    return "\n\n".join(told) if any(map(_RECIPIENT.match, told)) else ""


def parse_qmail_bounce(bounce: str) -> Iterator[dict[str, str]]:
    """Yield the fields that a report (RFC 3464) would have for each recipient of whom a status is told.

    Without a status it is permanent only where the words say so.
    """
    beginning, *paragraphs = _PARAGRAPHS.split(bounce[:_MOST])
    is_given_up = _GIVEN_UP.search(beginning) is not None
    for address, reason in _recipients(paragraphs):
        is_over = is_given_up or _GIVEN_UP.search(reason) is not None
        status = _status_in(reason, is_permanent=is_over)
        if status:
            is_failed = status[0] == "5" or is_over or _TOO_LONG.search(reason) is not None
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
        begun = _RECIPIENT.match(paragraph)
        if begun is None:
            reason += f"\n{paragraph}"
            continue
        if address:
            yield address, reason
        count += 1
        if count > _MOST_RECIPIENTS:
            return
        address, reason = begun[1], paragraph[begun.end() :]
    if address:
        yield address, reason


def _status_in(reason: str, *, is_permanent: bool) -> str:
    """Return the status (RFC 3463) of a reason, no more than its class where only that is told, or ""."""
    if found := _STATUS.search(reason):
        return found[1]
    remote = _REMOTE.search(reason)
    if remote and remote[2] and remote[1] == remote[3]:
        return remote[2]
    if _TOO_LONG.search(reason):
        return _EXPIRED
    if remote and remote[1] == "4":
        return "4.0.0"
    return "5.0.0" if is_permanent else ""
