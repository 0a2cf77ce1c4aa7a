"""Tells why a message bounced, was put off or complained about, from what reporters say in their own words."""

import re

from newsletter.feedback.models import EventReason

_STATUS = re.compile(r"\b([245])[. ](\d{1,3})[. ](\d{1,3})\b")
_ADDRESS = re.compile(r"<?[^\s<>@;:,]+@[^\s<>@;:,]+>?")
_BLOCKED = re.compile(
    r"block ?list|black ?list|spamhaus|spamcop|barracuda|sorbs|\brbl\b|\bdnsbl\b|reputation|banned sending ip|"
    r"(?:ip|host|server|client)\b.{0,60}\b(?:blocked|listed|banned)|5\.7\.(?:606|511|708)",
    re.IGNORECASE,
)
_UNAUTHENTICATED = re.compile(
    r"5\.7\.(?:515|2[0-9])\b|dmarc|\bspf\b|\bdkim\b|unauthenticated|authentication (?:level|requirement)",
    re.IGNORECASE,
)
_SPAM = re.compile(r"\bspam\b|unsolicited|bulk mail|content (?:is )?(?:rejected|refused|denied)", re.IGNORECASE)
_FULL = re.compile(r"(?:mailbox|inbox|account) (?:is )?full|over ?quota|quota exceeded|out of storage", re.IGNORECASE)

_BY_SUBTYPE = {
    "unsubscribedrecipient": EventReason.UNSUBSCRIBED,
    "mailboxfull": EventReason.FULL,
    "messagetoolarge": EventReason.TOO_LARGE,
    "contentrejected": EventReason.CONTENT,
    "attachmentrejected": EventReason.CONTENT,
}
_BY_STATUS = (
    ("5.2.2", EventReason.FULL),
    ("4.2.2", EventReason.FULL),
    ("5.2.3", EventReason.TOO_LARGE),
    ("5.3.4", EventReason.TOO_LARGE),
    ("4.4.7", EventReason.UNREACHABLE),
    ("5.4.7", EventReason.UNREACHABLE),
    ("5.6.", EventReason.CONTENT),
)
_DELAYS = {
    "mailboxfull": EventReason.FULL,
    "spamdetected": EventReason.CONTENT,
    "ipfailure": EventReason.BLOCKED,
    "undetermined": EventReason.UNDETERMINED,
}
_COMPLAINTS = {
    "fraud": EventReason.FRAUD,
    "virus": EventReason.VIRUS,
    "auth-failure": EventReason.NOT_AUTHENTIC,
    "not-spam": EventReason.NOT_SPAM,
}


def bounce_reason(kind: str, subtype: str, status: str, words: str) -> EventReason:
    """Say why a message bounced: `kind` is Permanent, Transient or Undetermined, in whatever case.

    A permanent refusal of the message is no word on the address (RFC 3463: 5.7.x is about policy, 5.2.2 a full
    mailbox), so status and diagnostic go before the kind.
    """
    subtype = subtype.lower()
    if "suppress" in subtype:
        return EventReason.ON_SES_LIST
    status = status_in(status) or status_in(words)
    said = f"{status} {words}"
    if subtype in _BY_SUBTYPE:
        return _BY_SUBTYPE[subtype]
    about_us = _about_us(status, said)
    if about_us is not EventReason.NONE:
        return about_us
    if found := next((reason for start, reason in _BY_STATUS if status.startswith(start)), None):
        return found
    if _FULL.search(words):
        return EventReason.FULL
    if kind.lower() == "permanent":
        return EventReason.NO_MAILBOX
    return EventReason.UNDETERMINED if kind.lower() == "undetermined" else EventReason.UNREACHABLE


def _about_us(status: str, said: str) -> EventReason:
    if status.startswith(("5.1.", "5.2.")):  # about the address, whatever else the words hold
        return EventReason.NONE
    if _UNAUTHENTICATED.search(said):
        return EventReason.UNAUTHENTICATED
    if _BLOCKED.search(said):
        return EventReason.BLOCKED
    if _SPAM.search(said):
        return EventReason.CONTENT
    return EventReason.POLICY if status.startswith("5.7.") else EventReason.NONE


def delay_reason(kind: str, status: str, words: str) -> EventReason:
    """Say why a message is put off."""
    found = _DELAYS.get(kind.lower())
    return found or (
        EventReason.FULL if status_in(status) == "4.2.2" or _FULL.search(words) else EventReason.UNREACHABLE
    )


def complaint_reason(kind: str, subtype: str) -> EventReason:
    """Say what a reader complained of; without a type it is what all feedback loops are for: abuse."""
    if "suppress" in subtype.lower():
        return EventReason.ON_SES_LIST
    return _COMPLAINTS.get(kind.lower(), EventReason.ABUSE)


def status_in(text: str) -> str:
    """Return the first enhanced status code (RFC 3463) in a text, or ""."""
    found = _STATUS.search(text)
    return ".".join(found.groups()) if found else ""


def detail_of(status: str, words: str) -> str:
    """Return a status and its diagnostic as they may be kept: one line, without addresses, not long."""
    whole = " ".join(f"{status} {words}".split())[:2_000]
    return _ADDRESS.sub("<address>", whole)[:300]
