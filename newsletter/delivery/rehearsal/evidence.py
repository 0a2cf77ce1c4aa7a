"""Settles what is uncertain by events of the pretend SES, whose file of them a rehearsal reads back."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from newsletter.database import Database
from newsletter.delivery.evidence import SubmissionEvidence, apply_evidence, find_reported_deliveries
from newsletter.delivery.models import DeliveryStatus

_TAKEN = {"Send", "Delivery", "Bounce", "Complaint", "DeliveryDelay", "Open", "Click", "Subscription"}
_DROPPED = {"Reject", "Rendering Failure"}
"""Events after which the message goes to nobody."""
_GROUP = 500


def read_events(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the events of a file of JSON lines; an SNS envelope is opened, a line that is none passed over."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            event = open_envelope(line)
            if event is not None:
                yield event


def open_envelope(text: str) -> dict[str, Any] | None:
    """Return the event in a message: as SNS or EventBridge sends it on, or bare; None when there is none."""
    event = _object(text)
    for place in ("Message", "detail"):
        if event is not None and place in event:
            event = _object(event[place])
    return event


def settle_by_events(database: Database, events: Iterable[Mapping[str, Any]], *, now: datetime) -> int:
    """Settle each uncertain delivery that an event speaks of; return how many. Harmless to repeat.

    The event must name both the delivery and its mailing, as our tags do.
    """
    settled, spoken = 0, (said for event in events if (said := _read(event)) is not None)
    while group := list(islice(spoken, _GROUP)):
        with database.write() as connection:
            known = find_reported_deliveries(connection, (number for number, *_ in group))
            proofs = [
                SubmissionEvidence(delivery=known[number], reference=reference, dropped=dropped)
                for number, mailing, reference, dropped in group
                if number in known and known[number].mailing_id == mailing
            ]
            changed = apply_evidence(connection, proofs, now)
        settled += sum(delivery.status is DeliveryStatus.UNCERTAIN for delivery in changed)
    return settled


def _read(event: Mapping[str, Any]) -> tuple[int, int, str, str] | None:
    """Return the delivery, its mailing, how SES names the message, and why it dropped it."""
    kind, mail = event.get("eventType"), event.get("mail")
    tags = mail.get("tags") if isinstance(mail, dict) else None
    if not isinstance(tags, dict) or not isinstance(mail, dict) or (kind not in _TAKEN and kind not in _DROPPED):
        return None
    delivery, mailing = (_number(tags.get(name)) for name in ("delivery", "mailing"))
    if delivery is None or mailing is None:
        return None
    dropped = f"SES took it and dropped it: {kind}" if kind in _DROPPED else ""
    return delivery, mailing, str(mail.get("messageId") or ""), dropped


def _number(values: object) -> int | None:
    """Return the number that a tag's only value is."""
    text = values[0] if isinstance(values, list) and values else values
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 19 else None


def _object(text: object) -> dict[str, Any] | None:
    if isinstance(text, dict):
        return text
    try:
        found = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
