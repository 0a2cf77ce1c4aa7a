"""Mail servers' own reports: delivery status (RFC 3464) and feedback (RFC 5965), with the delivery they are about.

A report is kept as JSON: which kind it is, its machine-readable part, and the delivery that the signed address
named to which it was sent. A bounce in qmail's plain words is kept as those, and read as a delivery status.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from newsletter.feedback.formats.bounce_reasons import bounce_reason, complaint_reason, delay_reason, detail_of
from newsletter.feedback.formats.qmail import parse_qmail_bounce
from newsletter.feedback.models import Event, EventKind, EventReason, UnreadableEvent

DELIVERY_STATUS = "delivery-status"
FEEDBACK = "feedback-report"
PLAIN_BOUNCE = "plain bounce"
BY_SIGNED_ADDRESS = "signed address"
_MOST = 64_000
_ACTIONS = {
    "failed": EventKind.BOUNCED,
    "delayed": EventKind.DEFERRED,
    "delivered": EventKind.DELIVERED,
    "relayed": EventKind.SENT,
    "expanded": EventKind.SENT,
}
_GRAVEST = (EventKind.BOUNCED, EventKind.DEFERRED, EventKind.DELIVERED, EventKind.SENT)


def report_of(kind: str, text: str, *, delivery_id: int, mailing_id: int, address: str, date: str) -> dict[str, Any]:
    """Return a report as it is kept; `date` is its mail's own."""
    return {
        "report": kind,
        "text": text[:_MOST],
        "delivery": delivery_id,
        "mailing": mailing_id,
        "address": address,
        "date": date[:100],
    }


def unreadable_report(mail: str, fault: str) -> dict[str, Any]:
    """Return a mail that is no report we can use as it is kept, with what is wrong with it."""
    return {"report": "unreadable", "mail": mail[:_MOST], "fault": fault}


def read_report(found: Mapping[str, Any], received_at: datetime) -> Event:
    """Read a kept report; Unreadable when it says nothing of what became of a message."""
    kind, text = found.get("report"), found.get("text")
    if kind == "unreadable":
        raise UnreadableEvent(str(found.get("fault")))
    delivery, mailing = found.get("delivery"), found.get("mailing")
    if not isinstance(text, str) or not isinstance(delivery, int) or not isinstance(mailing, int):
        raise UnreadableEvent("a report without its text, or without the delivery it is about")
    address, date = str(found.get("address") or ""), str(found.get("date") or "")
    if kind == FEEDBACK:
        return _feedback(text, delivery, mailing, address, _moment(date) or received_at)
    if kind == DELIVERY_STATUS:
        return _status(groups(text), delivery, mailing, address, _moment(date) or received_at)
    if kind == PLAIN_BOUNCE:
        return _status(parse_qmail_bounce(text), delivery, mailing, address, _moment(date) or received_at)
    raise UnreadableEvent(f"a report of an unknown kind: {str(kind)[:60]}")


def _status(report: Iterable[Mapping[str, str]], delivery: int, mailing: int, address: str, at: datetime) -> Event:
    told = [
        (kind, group)
        for group in report
        if (kind := _ACTIONS.get(group.get("action", "").split(" ")[0].lower())) is not None
    ]
    if not told:
        raise UnreadableEvent("a delivery status report that names no recipient's action")
    kind, group = min(told, key=lambda each: _GRAVEST.index(each[0]))
    status, words = group.get("status", "")[:20], group.get("diagnostic-code", "")
    reason = EventReason.NONE
    if kind is EventKind.BOUNCED:
        reason = bounce_reason("Permanent" if status.startswith("5") else "Transient", "", status, words)
    elif kind is EventKind.DEFERRED:
        reason = delay_reason("", status, words)
    return Event(
        kind=kind,
        at=_moment(group.get("last-attempt-date", "")) or at,
        code=status.strip(),
        reason=reason,
        detail=detail_of(status, words),
        address=address,
        delivery_id=delivery,
        mailing_id=mailing,
        by=BY_SIGNED_ADDRESS,
    )


def _feedback(text: str, delivery: int, mailing: int, address: str, at: datetime) -> Event:
    fields = next(groups(text), {})
    kind = fields.get("feedback-type", "").lower()[:60]
    return Event(
        kind=EventKind.COMPLAINED,
        at=_moment(fields.get("arrival-date", "")) or at,
        code=kind,
        reason=complaint_reason(kind, ""),
        address=address,
        delivery_id=delivery,
        mailing_id=mailing,
        by=BY_SIGNED_ADDRESS,
    )


def groups(report: str) -> Iterator[dict[str, str]]:
    """Yield the groups of fields of a report, names in lower case, folded lines joined."""
    group: dict[str, str] = {}
    last = ""
    for line in report[:_MOST].replace("\r\n", "\n").split("\n"):
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


def _moment(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text[:100])
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return found if found.year > 1990 else None
