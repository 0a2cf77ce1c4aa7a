"""Amazon SES's events: JSON of a configuration set (`eventType`) or of an identity (`notificationType`)."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from newsletter.feedback.formats.bounce_reasons import bounce_reason, complaint_reason, delay_reason, detail_of
from newsletter.feedback.models import Event, EventKind, EventReason, UnreadableEvent

_KINDS = {
    "Send": (EventKind.SENT, "send"),
    "Delivery": (EventKind.DELIVERED, "delivery"),
    "DeliveryDelay": (EventKind.DEFERRED, "deliveryDelay"),
    "Bounce": (EventKind.BOUNCED, "bounce"),
    "Complaint": (EventKind.COMPLAINED, "complaint"),
    "Reject": (EventKind.REJECTED, "reject"),
    "Rendering Failure": (EventKind.REJECTED, "failure"),
    "RenderingFailure": (EventKind.REJECTED, "failure"),
    "Open": (EventKind.OPENED, "open"),
    "Click": (EventKind.CLICKED, "click"),
    "Subscription": (EventKind.LEFT, "subscription"),
}
_RECIPIENTS = {EventKind.BOUNCED: "bouncedRecipients", EventKind.COMPLAINED: "complainedRecipients"}
_DAILY = frozenset({EventKind.OPENED, EventKind.CLICKED})
"""Of which no more than the day is kept."""
_FRACTION = re.compile(r"(\.\d{6})\d+")
_USUAL = len("2030-01-01T12:00:00.000000Z")
_FIRST, _LAST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def read_event(found: Mapping[str, Any], received_at: datetime) -> Event | None:
    """Read one event; None for a kind that we do not know. Unreadable when it is not about any message."""
    name = found.get("eventType", found.get("notificationType"))
    if not isinstance(name, str) or name not in _KINDS:
        return None
    kind, place = _KINDS[name]
    mail = found.get("mail")
    if not isinstance(mail, Mapping):
        raise UnreadableEvent(f"{name}: there is no 'mail' in it")
    said = _mapping(found.get(place))
    at = _moment(said.get("timestamp")) or _moment(mail.get("timestamp")) or received_at
    if kind in _DAILY:
        at = at.replace(hour=0, minute=0, second=0, microsecond=0)
    address = _address(mail, said, kind)
    code, reason, detail = _why(kind, said)
    tags = _mapping(mail.get("tags"))
    return Event(
        kind=kind,
        at=at,
        code=code[:100],
        reason=reason,
        detail=detail,
        address=address,
        delivery_id=_number(tags.get("delivery")),
        mailing_id=_number(tags.get("mailing")),
        reference=_text(mail.get("messageId"))[:300],
        own_reference=_own_reference(mail),
    )


def _why(kind: EventKind, said: Mapping[str, Any]) -> tuple[str, EventReason, str]:
    if kind is EventKind.BOUNCED:
        first = _first(said.get("bouncedRecipients"))
        kinds = _text(said.get("bounceType")) or "Undetermined", _text(said.get("bounceSubType"))
        status, words = _text(first.get("status")), _text(first.get("diagnosticCode"))
        return "/".join(filter(None, kinds)), bounce_reason(*kinds, status, words), detail_of(status, words)
    if kind is EventKind.DEFERRED:
        first = _first(said.get("delayedRecipients"))
        delay = _text(said.get("delayType"))
        status, words = _text(first.get("status")), _text(first.get("diagnosticCode"))
        return delay, delay_reason(delay, status, words), detail_of(status, words)
    if kind is EventKind.COMPLAINED:
        kinds = _text(said.get("complaintFeedbackType")), _text(said.get("complaintSubType"))
        return "/".join(filter(None, kinds)), complaint_reason(*kinds), ""
    if kind is EventKind.REJECTED:
        words = _text(said.get("reason")) or _text(said.get("errorMessage"))
        return "reject" if "reason" in said else "rendering failure", EventReason.DROPPED, detail_of("", words)
    if kind is EventKind.LEFT:
        has_left = _has_left(_mapping(said.get("newTopicPreferences")), _mapping(said.get("oldTopicPreferences")))
        return _text(said.get("source")), EventReason.UNSUBSCRIBED if has_left else EventReason.NONE, ""
    if kind is EventKind.DELIVERED:
        return "", EventReason.NONE, detail_of("", _text(said.get("smtpResponse")))
    return "", EventReason.NONE, ""


def _has_left(now: Mapping[str, Any], before: Mapping[str, Any]) -> bool:
    """Whether a reader has left all topics or one more of them."""

    def left(preferences: Mapping[str, Any]) -> set[str]:
        topics = preferences.get("topicSubscriptionStatus")
        told = map(_mapping, topics if isinstance(topics, list) else ())
        return {_text(each.get("topicName")) for each in told if each.get("subscriptionStatus") == "OptOut"}

    return now.get("unsubscribeAll") is True or bool(left(now) - left(before))


def _address(mail: Mapping[str, Any], said: Mapping[str, Any], kind: EventKind) -> str:
    """Return whom the message was for: the reported recipient may be another one, to whom it was handed on."""
    destination = mail.get("destination")
    if isinstance(destination, list) and len(destination) == 1:
        return _text(destination[0])[:320]
    if kind in _RECIPIENTS:
        recipients = said.get(_RECIPIENTS[kind])
        if isinstance(recipients, list) and len(recipients) == 1:
            return _text(_mapping(recipients[0]).get("emailAddress"))[:320]
    return ""


def _own_reference(mail: Mapping[str, Any]) -> str:
    return _text(_mapping(mail.get("commonHeaders")).get("messageId")).strip().strip("<>")[:300]


def _moment(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    text = text.strip()
    if len(text) > _USUAL:
        text = _FRACTION.sub(r"\1", text)
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is not UTC:
            found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return found if _FIRST < found < _LAST else None


def _number(values: object) -> int | None:
    """Return the number that a tag's only value is."""
    text = values[0] if isinstance(values, list) and values else values
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 19 else None


def _first(values: object) -> Mapping[str, Any]:
    return _mapping(values[0]) if isinstance(values, list) and values else {}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return value.replace("\0", "") if isinstance(value, str) else ""
