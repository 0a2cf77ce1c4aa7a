"""Settles what is uncertain by the provider's own word: events that carry the delivery's tag (Amazon SES's JSON).

An event proves that a message was taken. That none has come proves nothing.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import literal_column, select

from newsletter.database import Database
from newsletter.delivery.journal import Journal
from newsletter.delivery.ledger import Outcome, record
from newsletter.delivery.mailing import DeliveryStatus
from newsletter.delivery.tables import deliveries

if TYPE_CHECKING:
    from newsletter.aws import Queue

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


def settle_from_queue(database: Database, queue: "Queue", kept: Path, *, clock: Callable[[], datetime]) -> int:
    """Settle by every event that waits in a queue; return how many deliveries that settled.

    What is received is on disk, in the file `kept`, before it is deleted from the queue: an event says more than
    that a letter was taken.
    """
    settled = 0
    with closing(Journal(kept)) as journal:
        while messages := queue.receive():
            found = [open_envelope(message.body) for message in messages]
            events = [event for event in found if event is not None]
            journal.add(*events)
            settled += settle_by_events(database, events, now=clock())
            queue.delete(messages)
    return settled


def settle_by_events(database: Database, events: Iterable[Mapping[str, Any]], *, now: datetime) -> int:
    """Settle each uncertain delivery that an event speaks of; return how many. Harmless to repeat.

    The event must name both the delivery and its mailing, as our tags do.
    """
    spoken = {pair: outcome for event in events for pair, outcome in _read(event)}
    settled, pairs = 0, iter(spoken)
    while group := list(islice(pairs, _GROUP)):
        outcomes = [spoken[pair] for pair in _uncertain(database, group)]
        if outcomes:
            record(database, outcomes, now)
        settled += len(outcomes)
    return settled


def _uncertain(database: Database, pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return those of the pairs of delivery and mailing that are in the ledger, and uncertain."""
    asked = select(deliveries.c.id, deliveries.c.mailing_id).where(
        deliveries.c.id.in_([number for number, _ in pairs]),
        deliveries.c.status == literal_column("'uncertain'"),
    )
    with database.read() as connection:
        found = {(row.id, row.mailing_id) for row in connection.execute(asked)}
    return [pair for pair in pairs if pair in found]


def _read(event: Mapping[str, Any]) -> Iterator[tuple[tuple[int, int], Outcome]]:
    kind = event.get("eventType")
    mail = event.get("mail")
    tags = mail.get("tags") if isinstance(mail, dict) else None
    if not isinstance(tags, dict) or not isinstance(mail, dict) or (kind not in _TAKEN and kind not in _DROPPED):
        return
    delivery, mailing = (_number(tags.get(name)) for name in ("delivery", "mailing"))
    if delivery is None or mailing is None:
        return
    is_taken = kind in _TAKEN
    outcome = Outcome(
        delivery_id=delivery,
        status=DeliveryStatus.SUBMITTED if is_taken else DeliveryStatus.FAILED,
        reference=str(mail.get("messageId") or "")[:300] or None,
        reason=None if is_taken else f"SES took it and dropped it: {kind}",
    )
    yield (delivery, mailing), outcome


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
