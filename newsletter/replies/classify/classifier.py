"""Message classifier: a person's reply, auto-reply, bounce, complaint, list mail, loop or spam, each with its reason.

The rules follow RFC 3834 (automatic responses), 3464 and 6522 (bounces), 5965 (complaints) and 8098 (receipts).

X-Auto-Response-Suppress is no sign: ordinary Exchange mail carries it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from newsletter.replies.classify.patterns import (
    AUTO_HEADERS,
    AUTO_SUBJECT,
    AWAY_SUBJECT,
    BOUNCE_SUBJECT,
    BOUNCE_WORDS,
    COMPLAINT_SUBJECT,
    DAEMONS,
    ENHANCED_STATUS,
    FAILED_ADDRESS,
    LIST_HEADERS,
    READ_LABEL,
    READ_SUBJECT,
    READ_WORDS,
    REPORT_SUBJECT,
    UNREAD,
)
from newsletter.replies.parsing.headers import read_mailbox, read_parameters
from newsletter.replies.parsing.message import ParsedMessage


class Verdict(StrEnum):
    """What a message is."""

    HUMAN = "human"
    AUTO_REPLY = "auto-reply"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    LIST = "list"
    LOOP = "loop"
    SPAM = "spam"


@dataclass(frozen=True, slots=True)
class Classification:
    """A verdict and the reason for it."""

    verdict: Verdict
    reason: str


def classify_message(
    message: ParsedMessage, *, own_lists: frozenset[str] = frozenset(), own_addresses: frozenset[str] = frozenset()
) -> Classification:
    """Classify one message; `own_lists` are our List-Ids and `own_addresses` those we send from, in lower case."""
    rules: tuple[tuple[Callable[[ParsedMessage], str], Verdict], ...] = (
        (_complaint, Verdict.COMPLAINT),
        (_bounce, Verdict.BOUNCE),
        (_receipt, Verdict.AUTO_REPLY),
        (lambda parsed: _loop(parsed, own_lists, own_addresses), Verdict.LOOP),
        (_auto_reply, Verdict.AUTO_REPLY),
        (_round_trip, Verdict.LOOP),
        (_list, Verdict.LIST),
        (_spam, Verdict.SPAM),
    )
    for rule, verdict in rules:
        if reason := rule(message):
            return Classification(verdict, reason)
    return Classification(Verdict.HUMAN, "no sign of an automatic message")


def _report_type(message: ParsedMessage) -> str:
    kind, parameters = read_parameters(message.headers.get("content-type"))
    return parameters.get("report-type", "").lower() if kind == "multipart/report" else ""


def _complaint(message: ParsedMessage) -> str:
    if "message/feedback-report" in message.kinds or _report_type(message) == "feedback-report":
        return "feedback report (RFC 5965)"
    if "x-hmxmroriginalrecipient" in message.headers:
        return "Hotmail's junk mail report"
    if message.headers.get("x-apple-unsubscribe").lower() == "true":
        return "Apple Mail's unsubscribe"
    subject = message.headers.get("subject")
    if COMPLAINT_SUBJECT.match(subject) or ("message/rfc822" in message.kinds and REPORT_SUBJECT.match(subject)):
        return "subject of a complaint"
    return ""


def _bounce(message: ParsedMessage) -> str:
    if "message/delivery-status" in message.kinds or _report_type(message) == "delivery-status":
        return "delivery status report (RFC 3464)"
    if "x-failed-recipients" in message.headers:
        return "X-Failed-Recipients"
    has_bounce_subject = BOUNCE_SUBJECT.match(message.headers.get("subject")) is not None
    text = (message.text or message.html)[:20_000]
    has_status = ENHANCED_STATUS.search(text) is not None
    mentions_failure = BOUNCE_WORDS.search(text) is not None
    if _is_daemons_address(message) and (has_bounce_subject or has_status or mentions_failure):
        return "from a mail system, about a delivery"
    if _is_daemons_name(message) and (has_status or mentions_failure):
        return "named as a mail system, about a delivery"
    if (
        _has_null_sender(message)
        and BOUNCE_WORDS.search(text[:2_000])
        and not AUTO_SUBJECT.match(message.headers.get("subject"))
    ):
        return "empty return path, about a delivery"
    if (
        has_bounce_subject
        and not _is_reply(message)
        and has_status
        and mentions_failure
        and FAILED_ADDRESS.search(text)
    ):
        return "subject and status code of a bounce"
    return ""


def is_from_mail_system(message: ParsedMessage) -> bool:
    """Whether a message has an empty return path, or comes from an address that only mail systems write from."""
    return _has_null_sender(message) or _is_daemons_address(message)


def _is_daemons_address(message: ParsedMessage) -> bool:
    return bool(DAEMONS.match(read_mailbox(message.headers.get("from"))[1]))


def _is_daemons_name(message: ParsedMessage) -> bool:
    name = read_mailbox(message.headers.get("from"))[0].lower()
    return any(
        word in name for word in ("mailer-daemon", "mail delivery", "postmaster", "mail administrator", "mail daemon")
    )


def _has_null_sender(message: ParsedMessage) -> bool:
    return any(value.replace(" ", "") == "<>" for value in message.headers.all("return-path"))


def _is_reply(message: ParsedMessage) -> bool:
    return "in-reply-to" in message.headers or bool(
        re.match(r"(?:re|aw|sv|antw|ref|rif|odp|ответ)\s?:", message.headers.get("subject").lower())
    )


def _receipt(message: ParsedMessage) -> str:
    if "message/disposition-notification" in message.kinds or _report_type(message) == "disposition-notification":
        return "read receipt (RFC 8098)"
    text = message.text[:1_000]
    if READ_SUBJECT.match(message.headers.get("subject")) and (
        READ_WORDS.match(text.lstrip()) or (READ_WORDS.search(text) and READ_LABEL.search(text))
    ):
        return "read receipt"
    return "report (RFC 6522)" if _report_type(message) else ""


def _loop(message: ParsedMessage, own_lists: frozenset[str], own_addresses: frozenset[str]) -> str:
    list_id = message.headers.get("list-id").lower()
    if any(f"<{own}>" in list_id or list_id == own for own in own_lists):
        return "our own List-Id"
    if read_mailbox(message.headers.get("from"))[1] in own_addresses:
        return "from our own address"
    return ""


def _auto_reply(message: ParsedMessage) -> str:
    submitted = message.headers.get("auto-submitted").partition(";")[0].strip().lower()
    if submitted and submitted not in {"no", "auto-forwarded"}:
        return f"Auto-Submitted: {submitted[:40]}"
    for name in AUTO_HEADERS:
        if name in message.headers and message.headers.get(name).lower() not in {"no", "false"}:
            return name.title()
    precedence = message.headers.get("precedence").strip().lower()
    if precedence in {"auto_reply", "auto-reply"}:
        return f"Precedence: {precedence}"
    if UNREAD.match(read_mailbox(message.headers.get("from"))[1]):
        return "from an address that nobody reads"
    if "autoresponder" in message.headers.get("x-post-messageclass").lower():
        return "X-Post-Messageclass"
    if "rules agent" in message.headers.get("x-ms-exchange-generated-message-source").lower():
        return "made by a mailbox rule"
    if message.headers.get("x-ms-exchange-inbox-rules-loop"):
        return "made by a mailbox rule"
    if _has_null_sender(message):
        return "empty return path"
    subject = message.headers.get("subject")
    is_away = AWAY_SUBJECT.search(subject) is not None and not _is_reply(message)
    if is_away or AUTO_SUBJECT.match(subject):  # behind "Re:" it is what a person answers
        return "subject of an auto-reply"
    if message.calendar_method in {"reply", "counter", "declinecounter"}:
        return "answer of a calendar (RFC 5546)"
    return ""


def _round_trip(message: ParsedMessage) -> str:
    """Recognise a message that its sender marks as their own coming back; a mailing list marks other people's."""
    marked = message.headers.get("x-loop").lower().rpartition("@")[2].strip(" <>")
    domain = read_mailbox(message.headers.get("from"))[1].rpartition("@")[2]
    return "X-Loop" if marked and domain and (domain == marked or domain.endswith(f".{marked}")) else ""


def _list(message: ParsedMessage) -> str:
    for name in LIST_HEADERS:
        if name in message.headers:
            return name.title()
    precedence = message.headers.get("precedence").strip().lower()
    return f"Precedence: {precedence}" if precedence in {"bulk", "junk", "list"} else ""


def _spam(message: ParsedMessage) -> str:
    if message.headers.get("x-spam-flag").lower().startswith("yes") or message.headers.get(
        "x-spam-status"
    ).lower().startswith("yes"):
        return "marked as spam on its way"
    for name in ("x-ses-spam-verdict", "x-ses-virus-verdict"):
        if message.headers.get(name).upper() == "FAIL":
            return name.title()
    return ""
