"""Says who wrote a mail: a person, or a machine (RFC 3834, 3464, 6522, 5965, 8098), each with its reason.

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
    """What screening says a mail is."""

    HUMAN = "human"
    AUTO_REPLY = "auto-reply"
    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    LIST = "list"
    LOOP = "loop"
    SPAM = "spam"


@dataclass(frozen=True, slots=True)
class Classification:
    """A verdict and the sign it rests on."""

    verdict: Verdict
    reason: str


def classify_message(
    mail: ParsedMessage, *, own_lists: frozenset[str] = frozenset(), own_addresses: frozenset[str] = frozenset()
) -> Classification:
    """Judge one mail; `own_lists` are our List-Ids and `own_addresses` those we send from, in lower case."""
    rules: tuple[tuple[Callable[[ParsedMessage], str], Verdict], ...] = (
        (_complaint, Verdict.COMPLAINT),
        (_bounce, Verdict.BOUNCE),
        (_receipt, Verdict.AUTO_REPLY),
        (lambda read: _loop(read, own_lists, own_addresses), Verdict.LOOP),
        (_automatic, Verdict.AUTO_REPLY),
        (_echo, Verdict.LOOP),
        (_list, Verdict.LIST),
        (_spam, Verdict.SPAM),
    )
    for rule, verdict in rules:
        if reason := rule(mail):
            return Classification(verdict, reason)
    return Classification(Verdict.HUMAN, "no sign of a machine")


def _report_type(mail: ParsedMessage) -> str:
    kind, parameters = read_parameters(mail.headers.get("content-type"))
    return parameters.get("report-type", "").lower() if kind == "multipart/report" else ""


def _complaint(mail: ParsedMessage) -> str:
    if "message/feedback-report" in mail.kinds or _report_type(mail) == "feedback-report":
        return "feedback report (RFC 5965)"
    if "x-hmxmroriginalrecipient" in mail.headers:
        return "Hotmail's junk mail report"
    if mail.headers.get("x-apple-unsubscribe").lower() == "true":
        return "Apple Mail's unsubscribe"
    subject = mail.headers.get("subject")
    if COMPLAINT_SUBJECT.match(subject) or ("message/rfc822" in mail.kinds and REPORT_SUBJECT.match(subject)):
        return "subject of a complaint"
    return ""


def _bounce(mail: ParsedMessage) -> str:
    if "message/delivery-status" in mail.kinds or _report_type(mail) == "delivery-status":
        return "delivery status report (RFC 3464)"
    if "x-failed-recipients" in mail.headers:
        return "X-Failed-Recipients"
    is_about = BOUNCE_SUBJECT.match(mail.headers.get("subject")) is not None
    said = (mail.text or mail.html)[:20_000]
    has_status = ENHANCED_STATUS.search(said) is not None
    speaks_of_it = BOUNCE_WORDS.search(said) is not None
    if _is_daemons_address(mail) and (is_about or has_status or speaks_of_it):
        return "from a mail system, about a delivery"
    if _is_daemons_name(mail) and (has_status or speaks_of_it):
        return "named as a mail system, about a delivery"
    if (
        _has_null_sender(mail)
        and BOUNCE_WORDS.search(said[:2_000])
        and not AUTO_SUBJECT.match(mail.headers.get("subject"))
    ):
        return "empty return path, about a delivery"
    if is_about and not _is_reply(mail) and has_status and speaks_of_it and FAILED_ADDRESS.search(said):
        return "subject and status code of a bounce"
    return ""


def is_from_mail_system(mail: ParsedMessage) -> bool:
    """Whether a mail came with an empty return path, or from an address that only mail systems write from."""
    return _has_null_sender(mail) or _is_daemons_address(mail)


def _is_daemons_address(mail: ParsedMessage) -> bool:
    return bool(DAEMONS.match(read_mailbox(mail.headers.get("from"))[1]))


def _is_daemons_name(mail: ParsedMessage) -> bool:
    name = read_mailbox(mail.headers.get("from"))[0].lower()
    return any(
        word in name for word in ("mailer-daemon", "mail delivery", "postmaster", "mail administrator", "mail daemon")
    )


def _has_null_sender(mail: ParsedMessage) -> bool:
    return any(value.replace(" ", "") == "<>" for value in mail.headers.all("return-path"))


def _is_reply(mail: ParsedMessage) -> bool:
    return "in-reply-to" in mail.headers or bool(
        re.match(r"(?:re|aw|sv|antw|ref|rif|odp|ответ)\s?:", mail.headers.get("subject").lower())
    )


def _receipt(mail: ParsedMessage) -> str:
    if "message/disposition-notification" in mail.kinds or _report_type(mail) == "disposition-notification":
        return "read receipt (RFC 8098)"
    said = mail.text[:1_000]
    if READ_SUBJECT.match(mail.headers.get("subject")) and (
        READ_WORDS.match(said.lstrip()) or (READ_WORDS.search(said) and READ_LABEL.search(said))
    ):
        return "read receipt"
    return "machine's report (RFC 6522)" if _report_type(mail) else ""


def _loop(mail: ParsedMessage, own_lists: frozenset[str], own_addresses: frozenset[str]) -> str:
    list_id = mail.headers.get("list-id").lower()
    if any(f"<{own}>" in list_id or list_id == own for own in own_lists):
        return "our own List-Id"
    if read_mailbox(mail.headers.get("from"))[1] in own_addresses:
        return "from our own address"
    return ""


def _automatic(mail: ParsedMessage) -> str:
    submitted = mail.headers.get("auto-submitted").partition(";")[0].strip().lower()
    if submitted and submitted not in {"no", "auto-forwarded"}:
        return f"Auto-Submitted: {submitted[:40]}"
    for name in AUTO_HEADERS:
        if name in mail.headers and mail.headers.get(name).lower() not in {"no", "false"}:
            return name.title()
    precedence = mail.headers.get("precedence").strip().lower()
    if precedence in {"auto_reply", "auto-reply"}:
        return f"Precedence: {precedence}"
    if UNREAD.match(read_mailbox(mail.headers.get("from"))[1]):
        return "from an address that nobody reads"
    if "autoresponder" in mail.headers.get("x-post-messageclass").lower():
        return "X-Post-Messageclass"
    if "rules agent" in mail.headers.get("x-ms-exchange-generated-message-source").lower():
        return "made by a mailbox rule"
    if mail.headers.get("x-ms-exchange-inbox-rules-loop"):
        return "made by a mailbox rule"
    if _has_null_sender(mail):
        return "empty return path"
    subject = mail.headers.get("subject")
    is_away = AWAY_SUBJECT.search(subject) is not None and not _is_reply(mail)
    if is_away or AUTO_SUBJECT.match(subject):  # behind "Re:" it is what a person answers
        return "subject of an auto-reply"
    if mail.calendar_method in {"reply", "counter", "declinecounter"}:
        return "answer of a calendar (RFC 5546)"
    return ""


def _echo(mail: ParsedMessage) -> str:
    """Tell mail whose sender marks it as his own round trip; a mailing list marks other people's."""
    marked = mail.headers.get("x-loop").lower().rpartition("@")[2].strip(" <>")
    domain = read_mailbox(mail.headers.get("from"))[1].rpartition("@")[2]
    return "X-Loop" if marked and domain and (domain == marked or domain.endswith(f".{marked}")) else ""


def _list(mail: ParsedMessage) -> str:
    for name in LIST_HEADERS:
        if name in mail.headers:
            return name.title()
    precedence = mail.headers.get("precedence").strip().lower()
    return f"Precedence: {precedence}" if precedence in {"bulk", "junk", "list"} else ""


def _spam(mail: ParsedMessage) -> str:
    if mail.headers.get("x-spam-flag").lower().startswith("yes") or mail.headers.get(
        "x-spam-status"
    ).lower().startswith("yes"):
        return "marked as spam on its way"
    for name in ("x-ses-spam-verdict", "x-ses-virus-verdict"):
        if mail.headers.get(name).upper() == "FAIL":
            return name.title()
    return ""
