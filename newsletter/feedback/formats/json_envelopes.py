"""Unwraps events from JSON envelopes: Amazon SNS, EventBridge, SQS, Lambda records, Firehose, or none."""

import json
from collections.abc import Iterator
from typing import Any

from newsletter.feedback.models import UnreadableEvent

_MAX_DEPTH = 6
_NESTED_KEYS = ("Message", "detail", "Sns", "Body", "body")
_LIST_KEYS = ("Records", "Messages")
_DECODER = json.JSONDecoder()
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def unwrap(text: str) -> Iterator[dict[str, Any]]:
    """Yield every event in a message, without its envelopes; UnreadableEvent when it is not a JSON object."""
    try:
        value = json.loads(text) if text[-1:] not in "}]" or "}{" not in text else list(_concatenated(text))
    except (ValueError, RecursionError) as error:
        raise UnreadableEvent(f"not JSON: {error}"[:200]) from error
    yield from _nested(value, 0)


def _concatenated(text: str) -> Iterator[Any]:
    """Read JSON values that follow each other without a separator, as Firehose writes them."""
    at = 0
    while at < len(text):
        value, at = _DECODER.raw_decode(text, at)
        at += len(text) - at - len(text[at:].lstrip()) if text[at : at + 1].isspace() else 0
        yield value


def _nested(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    if isinstance(value, list) and depth < _MAX_DEPTH:
        for item in value:
            yield from _nested(item, depth + 1)
        return
    if not isinstance(value, dict):
        raise UnreadableEvent("not a JSON object")
    if "eventType" in value or "notificationType" in value:
        yield value
        return
    key = next((name for name in (*_LIST_KEYS, *_NESTED_KEYS) if name in value), None)
    inner = value.get(key) if key else None
    if isinstance(inner, str) and depth < _MAX_DEPTH:
        try:
            inner = json.loads(inner)
        except (ValueError, RecursionError):
            inner = None  # SNS's own text, such as that a subscription was confirmed
    if isinstance(inner, dict | list) and depth < _MAX_DEPTH:
        yield from _nested(inner, depth + 1)
    else:
        yield value


def event_type(event: dict[str, Any]) -> str:
    """Return the name that an event gives itself, for counting unknown kinds."""
    for name in ("eventType", "notificationType", "Type", "detail-type", "report"):
        if isinstance(event.get(name), str):
            return str(event[name])[:60]
    return "no type"


def identity_of(event: dict[str, Any]) -> bytes:
    """Return what identifies an event whatever envelope it comes in: its content without the message's headers."""
    mail = event.get("mail")
    if not isinstance(mail, dict) or not mail.get("messageId"):
        return canonical_json(event)
    kept = {name: mail.get(name) for name in ("messageId", "timestamp", "destination", "tags", "commonHeaders")}
    return canonical_json({**event, "mail": kept})


def canonical_json(event: dict[str, Any]) -> bytes:
    """Return an event as JSON with sorted keys and no whitespace: the same bytes whatever envelope it came in."""
    return _ENCODER.encode(event).encode("utf-8", "replace")
