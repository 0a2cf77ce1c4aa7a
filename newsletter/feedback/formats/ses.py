"""Amazon SES's JSON events: from a configuration set (`eventType`) or an identity (`notificationType`).

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from newsletter.feedback.formats.bounce_classifier import (
    classify_bounce,
    classify_complaint,
    classify_delay,
    diagnostic_text,
)
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
    "Subscription": (EventKind.UNSUBSCRIBED, "subscription"),
}
"""SES's name of each kind, with the key of its own object."""
_RECIPIENTS = {EventKind.BOUNCED: "bouncedRecipients", EventKind.COMPLAINED: "complainedRecipients"}
_DAY_ONLY = frozenset({EventKind.OPENED, EventKind.CLICKED})
"""Of these no more than the day is kept, for privacy."""
_FRACTION = re.compile(r"(\.\d{6})\d+")
_USUAL_LENGTH = len("2030-01-01T12:00:00.000000Z")
_EARLIEST, _LATEST = datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


def parse_ses_event(data: Mapping[str, Any], received_at: datetime) -> Event | None:
    """Parse one event; None for an unknown kind. Raises UnreadableEvent when it has no `mail` object."""
    name = data.get("eventType", data.get("notificationType"))
    if not isinstance(name, str) or name not in _KINDS:
        return None
    kind, key = _KINDS[name]
    mail = data.get("mail")
    if not isinstance(mail, Mapping):
        raise UnreadableEvent(f"{name}: 'mail' is missing")
    body = _mapping(data.get(key))
    at = _parse_time(body.get("timestamp")) or _parse_time(mail.get("timestamp")) or received_at
    if kind in _DAY_ONLY:
        at = at.replace(hour=0, minute=0, second=0, microsecond=0)
    code, reason, detail = _classify(kind, body)
    tags = _mapping(mail.get("tags"))
    return Event(
        kind=kind,
        at=at,
        code=code[:100],
        reason=reason,
        detail=detail,
        address=_recipient(mail, body, kind),
        delivery_id=_tag_number(tags.get("delivery")),
        mailing_id=_tag_number(tags.get("mailing")),
        reference=_text(mail.get("messageId"))[:300],
        message_id=_message_id_header(mail),
    )


def _classify(kind: EventKind, body: Mapping[str, Any]) -> tuple[str, EventReason, str]:
    """Return code, reason and detail."""
    if kind is EventKind.BOUNCED:
        first = _first(body.get("bouncedRecipients"))
        types = _text(body.get("bounceType")) or "Undetermined", _text(body.get("bounceSubType"))
        status, diagnostic = _text(first.get("status")), _text(first.get("diagnosticCode"))
        reason = classify_bounce(*types, status, diagnostic)
        return "/".join(filter(None, types)), reason, diagnostic_text(status, diagnostic)
    if kind is EventKind.DEFERRED:
        first = _first(body.get("delayedRecipients"))
        delay = _text(body.get("delayType"))
        status, diagnostic = _text(first.get("status")), _text(first.get("diagnosticCode"))
        return delay, classify_delay(delay, status, diagnostic), diagnostic_text(status, diagnostic)
    if kind is EventKind.COMPLAINED:
        types = _text(body.get("complaintFeedbackType")), _text(body.get("complaintSubType"))
        return "/".join(filter(None, types)), classify_complaint(*types), ""
    if kind is EventKind.REJECTED:
        message = _text(body.get("reason")) or _text(body.get("errorMessage"))
        code = "reject" if "reason" in body else "rendering failure"
        return code, EventReason.DROPPED, diagnostic_text("", message)
    if kind is EventKind.UNSUBSCRIBED:
        opted_out = _has_opted_out(_mapping(body.get("newTopicPreferences")), _mapping(body.get("oldTopicPreferences")))
        return _text(body.get("source")), EventReason.UNSUBSCRIBED if opted_out else EventReason.NONE, ""
    if kind is EventKind.DELIVERED:
        return "", EventReason.NONE, diagnostic_text("", _text(body.get("smtpResponse")))
    return "", EventReason.NONE, ""


def _has_opted_out(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    """Return whether a reader has opted out of all topics, or of one more than before."""

    def opted_out(preferences: Mapping[str, Any]) -> set[str]:
        topics = preferences.get("topicSubscriptionStatus")
        statuses = map(_mapping, topics if isinstance(topics, list) else ())
        return {_text(topic.get("topicName")) for topic in statuses if topic.get("subscriptionStatus") == "OptOut"}

    return new.get("unsubscribeAll") is True or bool(opted_out(new) - opted_out(old))


def _recipient(mail: Mapping[str, Any], body: Mapping[str, Any], kind: EventKind) -> str:
    """Return whom we addressed: the reported recipient may be another, to whom the message was forwarded."""
    destination = mail.get("destination")
    if isinstance(destination, list) and len(destination) == 1:
        return _text(destination[0])[:320]
    if kind in _RECIPIENTS:
        recipients = body.get(_RECIPIENTS[kind])
        if isinstance(recipients, list) and len(recipients) == 1:
            return _text(_mapping(recipients[0]).get("emailAddress"))[:320]
    return ""


def _message_id_header(mail: Mapping[str, Any]) -> str:
    return _text(_mapping(mail.get("commonHeaders")).get("messageId")).strip().strip("<>")[:300]


def _parse_time(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    text = text.strip()
    if len(text) > _USUAL_LENGTH:
        text = _FRACTION.sub(r"\1", text)
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not UTC:
            at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return at if _EARLIEST < at < _LATEST else None


def _tag_number(values: object) -> int | None:
    """Return the number that is a message tag's only value."""
    text = values[0] if isinstance(values, list) and values else values
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 19 else None


def _first(values: object) -> Mapping[str, Any]:
    return _mapping(values[0]) if isinstance(values, list) and values else {}


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return value.replace("\0", "") if isinstance(value, str) else ""
