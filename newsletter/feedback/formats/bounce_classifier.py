"""Bounce classification: why a message bounced, was deferred or complained about, from codes and diagnostics.

Reads enhanced status codes (RFC 3463), SES's bounce and complaint types, and the free text of SMTP replies.
"""

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


def classify_bounce(bounce_type: str, subtype: str, status: str, diagnostic: str) -> EventReason:
    """Return why a message bounced; `bounce_type` is Permanent, Transient or Undetermined, in whatever case.

    A permanent refusal need not be about the address (RFC 3463: 5.7.x is about policy, 5.2.2 a full mailbox), so
    status and diagnostic are looked at before the type.
    """
    subtype = subtype.lower()
    if "suppress" in subtype:
        return EventReason.ON_SES_LIST
    status = find_status_code(status) or find_status_code(diagnostic)
    if subtype in _BY_SUBTYPE:
        return _BY_SUBTYPE[subtype]
    sender_fault = _sender_fault(status, f"{status} {diagnostic}")
    if sender_fault is not EventReason.NONE:
        return sender_fault
    if by_status := next((reason for prefix, reason in _BY_STATUS if status.startswith(prefix)), None):
        return by_status
    if _FULL.search(diagnostic):
        return EventReason.FULL
    if bounce_type.lower() == "permanent":
        return EventReason.NO_MAILBOX
    return EventReason.UNDETERMINED if bounce_type.lower() == "undetermined" else EventReason.UNREACHABLE


def _sender_fault(status: str, text: str) -> EventReason:
    """Return the reason if the receiver objects to our server, domain or content; NONE if it is about the address."""
    if status.startswith(("5.1.", "5.2.")):  # about the address, whatever else the text says
        return EventReason.NONE
    if _UNAUTHENTICATED.search(text):
        return EventReason.UNAUTHENTICATED
    if _BLOCKED.search(text):
        return EventReason.BLOCKED
    if _SPAM.search(text):
        return EventReason.CONTENT
    return EventReason.POLICY if status.startswith("5.7.") else EventReason.NONE


def classify_delay(delay_type: str, status: str, diagnostic: str) -> EventReason:
    """Return why a message is deferred; `delay_type` is SES's, or ""."""
    known = _DELAYS.get(delay_type.lower())
    is_full = find_status_code(status) == "4.2.2" or _FULL.search(diagnostic)
    return known or (EventReason.FULL if is_full else EventReason.UNREACHABLE)


def classify_complaint(feedback_type: str, subtype: str) -> EventReason:
    """Return what a reader complained of; without a type it is abuse, which all feedback loops are for."""
    if "suppress" in subtype.lower():
        return EventReason.ON_SES_LIST
    return _COMPLAINTS.get(feedback_type.lower(), EventReason.ABUSE)


def find_status_code(text: str) -> str:
    """Return the first enhanced status code (RFC 3463) in a text, or ""."""
    match = _STATUS.search(text)
    return ".".join(match.groups()) if match else ""


def diagnostic_text(status: str, diagnostic: str) -> str:
    """Return a status and its diagnostic as they may be stored: one line of at most 300 characters, no addresses."""
    line = " ".join(f"{status} {diagnostic}".split())[:2_000]
    return _ADDRESS.sub("<address>", line)[:300]
