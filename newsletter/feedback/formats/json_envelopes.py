"""Opens what a message comes in: Amazon SNS, EventBridge, SQS, a Lambda's records, or nothing at all."""

import json
from collections.abc import Iterator
from typing import Any

from newsletter.feedback.models import UnreadableEvent

_MOST_DEPTH = 6
_INSIDE = ("Message", "detail", "Sns", "Body", "body")
_SEVERAL = ("Records", "Messages")
_READER = json.JSONDecoder()
_WRITER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def opened(text: str) -> Iterator[dict[str, Any]]:
    """Yield every event in a message, out of its envelopes; Unreadable when it is no JSON object."""
    try:
        found = json.loads(text) if text[-1:] not in "}]" or "}{" not in text else list(_several(text))
    except (ValueError, RecursionError) as error:
        raise UnreadableEvent(f"no JSON: {error}"[:200]) from error
    yield from _inside(found, 0)


def _several(text: str) -> Iterator[Any]:
    """Read values that follow upon each other with nothing between them, as Firehose writes them."""
    at = 0
    while at < len(text):
        found, at = _READER.raw_decode(text, at)
        at += len(text) - at - len(text[at:].lstrip()) if text[at : at + 1].isspace() else 0
        yield found


def _inside(found: Any, depth: int) -> Iterator[dict[str, Any]]:
    if isinstance(found, list) and depth < _MOST_DEPTH:
        for each in found:
            yield from _inside(each, depth + 1)
        return
    if not isinstance(found, dict):
        raise UnreadableEvent("no JSON object")
    if "eventType" in found or "notificationType" in found:
        yield found
        return
    place = next((name for name in (*_SEVERAL, *_INSIDE) if name in found), None)
    inner = found.get(place) if place else None
    if isinstance(inner, str) and depth < _MOST_DEPTH:
        try:
            inner = json.loads(inner)
        except (ValueError, RecursionError):
            inner = None  # SNS's own words, such as that a subscription was confirmed
    if isinstance(inner, dict | list) and depth < _MOST_DEPTH:
        yield from _inside(inner, depth + 1)
    else:
        yield found


def kind_in(found: dict[str, Any]) -> str:
    """Return what an event calls itself, for counting what we do not know."""
    for name in ("eventType", "notificationType", "Type", "detail-type", "report"):
        if isinstance(found.get(name), str):
            return str(found[name])[:60]
    return "no type"


def identity(found: dict[str, Any]) -> bytes:
    """Return what makes an event the one it is, in whatever envelope it comes: without its message's headers."""
    mail = found.get("mail")
    if not isinstance(mail, dict) or not mail.get("messageId"):
        return canonical(found)
    told = {name: mail.get(name) for name in ("messageId", "timestamp", "destination", "tags", "commonHeaders")}
    return canonical({**found, "mail": told})


def canonical(found: dict[str, Any]) -> bytes:
    """Return an event as it is the same in whatever envelope it comes."""
    return _WRITER.encode(found).encode("utf-8", "replace")
