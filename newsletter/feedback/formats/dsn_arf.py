"""DSN and ARF: mail servers' own reports, delivery status (RFC 3464) and feedback (RFC 5965), with their delivery.

A report is stored as JSON: its kind, its machine-readable part, and the delivery, which the signed address named to
which the report was sent. A qmail bounce is stored as its text, and read like a delivery status.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from newsletter.feedback.formats.bounce_classifier import (
    classify_bounce,
    classify_complaint,
    classify_delay,
    diagnostic_text,
)
from newsletter.feedback.formats.qmail import parse_qmail_bounce
from newsletter.feedback.models import Event, EventKind, EventReason, UnreadableEvent

DSN = "delivery-status"
ARF = "feedback-report"
QMAIL_BOUNCE = "plain bounce"
BY_SIGNED_ADDRESS = "signed address"
_MAX_CHARACTERS = 64_000
_ACTIONS = {
    "failed": EventKind.BOUNCED,
    "delayed": EventKind.DEFERRED,
    "delivered": EventKind.DELIVERED,
    "relayed": EventKind.SENT,
    "expanded": EventKind.SENT,
}
_MOST_SERIOUS_FIRST = (EventKind.BOUNCED, EventKind.DEFERRED, EventKind.DELIVERED, EventKind.SENT)


def stored_report(
    kind: str, text: str, *, delivery_id: int, mailing_id: int, address: str, date: str
) -> dict[str, Any]:
    """Return a report in the form it is stored in; `date` is the Date header of its mail."""
    return {
        "report": kind,
        "text": text[:_MAX_CHARACTERS],
        "delivery": delivery_id,
        "mailing": mailing_id,
        "address": address,
        "date": date[:100],
    }


def stored_unreadable_mail(mail: str, fault: str) -> dict[str, Any]:
    """Return a mail that is no usable report in the form it is stored in, with what is wrong with it."""
    return {"report": "unreadable", "mail": mail[:_MAX_CHARACTERS], "fault": fault}


def parse_report(data: Mapping[str, Any], received_at: datetime) -> Event:
    """Parse a stored report; UnreadableEvent when it does not say what became of a message."""
    kind, text = data.get("report"), data.get("text")
    if kind == "unreadable":
        raise UnreadableEvent(str(data.get("fault")))
    delivery, mailing = data.get("delivery"), data.get("mailing")
    if not isinstance(text, str) or not isinstance(delivery, int) or not isinstance(mailing, int):
        raise UnreadableEvent("a report without its text, or without the delivery it is about")
    address, date = str(data.get("address") or ""), str(data.get("date") or "")
    at = _parse_date(date) or received_at
    if kind == ARF:
        return _complaint(text, delivery, mailing, address, at)
    if kind == DSN:
        return _delivery_status(field_groups(text), delivery, mailing, address, at)
    if kind == QMAIL_BOUNCE:
        return _delivery_status(parse_qmail_bounce(text), delivery, mailing, address, at)
    raise UnreadableEvent(f"a report of an unknown kind: {str(kind)[:60]}")


def _delivery_status(
    report: Iterable[Mapping[str, str]], delivery: int, mailing: int, address: str, at: datetime
) -> Event:
    """Return the event of the most serious action among the recipients of a report."""
    actions = [
        (kind, group)
        for group in report
        if (kind := _ACTIONS.get(group.get("action", "").split(" ")[0].lower())) is not None
    ]
    if not actions:
        raise UnreadableEvent("a delivery status report without an Action field")
    kind, group = min(actions, key=lambda each: _MOST_SERIOUS_FIRST.index(each[0]))
    status, diagnostic = group.get("status", "")[:20], group.get("diagnostic-code", "")
    reason = EventReason.NONE
    if kind is EventKind.BOUNCED:
        reason = classify_bounce("Permanent" if status.startswith("5") else "Transient", "", status, diagnostic)
    elif kind is EventKind.DEFERRED:
        reason = classify_delay("", status, diagnostic)
    return Event(
        kind=kind,
        at=_parse_date(group.get("last-attempt-date", "")) or at,
        code=status.strip(),
        reason=reason,
        detail=diagnostic_text(status, diagnostic),
        address=address,
        delivery_id=delivery,
        mailing_id=mailing,
        matched_by=BY_SIGNED_ADDRESS,
    )


def _complaint(text: str, delivery: int, mailing: int, address: str, at: datetime) -> Event:
    fields = next(field_groups(text), {})
    feedback_type = fields.get("feedback-type", "").lower()[:60]
    return Event(
        kind=EventKind.COMPLAINED,
        at=_parse_date(fields.get("arrival-date", "")) or at,
        code=feedback_type,
        reason=classify_complaint(feedback_type, ""),
        address=address,
        delivery_id=delivery,
        mailing_id=mailing,
        matched_by=BY_SIGNED_ADDRESS,
    )


def field_groups(report: str) -> Iterator[dict[str, str]]:
    """Yield a report's groups of fields, names in lower case, folded lines unfolded (RFC 3464, section 2.1)."""
    group: dict[str, str] = {}
    last = ""
    for line in report[:_MAX_CHARACTERS].replace("\r\n", "\n").split("\n"):
        name, colon, value = line.partition(":")
        if not line.strip():
            if group:
                yield group
            group, last = {}, ""
        elif line[:1].isspace():
            if last:
                group[last] = f"{group[last]} {line.strip()}"
        elif colon:
            last = name.strip().lower()
            group.setdefault(last, value.strip())
    if group:
        yield group


def _parse_date(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text[:100])
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at if at.year > 1990 else None
