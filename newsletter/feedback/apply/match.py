"""Parses stored events and finds the deliveries they are about: by the delivery's tag, else by message identifier."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from newsletter.delivery import (
    ReportedDelivery,
    find_reported_by_references,
    find_reported_deliveries,
)
from newsletter.delivery.notices import is_notice
from newsletter.feedback.formats.dsn_arf import parse_report
from newsletter.feedback.formats.json_envelopes import unwrap
from newsletter.feedback.formats.ses import parse_ses_event
from newsletter.feedback.models import Event, UnreadableEvent

BY_MESSAGE_ID = "message id"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedEvent:
    """A stored event, parsed."""

    number: int
    attempts: int
    event: Event | None = None
    """None for an unknown kind, and for what cannot be parsed."""
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchedEvent:
    """An event and what it is about: a delivery, a notice, or nothing that we know."""

    parsed: ParsedEvent
    event: Event
    delivery: ReportedDelivery | None
    matched_by: str = ""

    @property
    def notice(self) -> int | None:
        """The notice's number, if it is about one."""
        number = self.event.delivery_id
        return number if number is not None and is_notice(number) and not self.event.mailing_id else None


def parse_stored_event(number: int, attempts: int, stored: dict[str, Any] | str, received_at: datetime) -> ParsedEvent:
    """Parse a stored event, unwrapped already or as it came; what is wrong with it is returned, never raised."""
    try:
        data = next(unwrap(stored), None) if isinstance(stored, str) else stored
        if data is None:
            raise UnreadableEvent("it holds no event")  # noqa: TRY301
        event = parse_report(data, received_at) if "report" in data else parse_ses_event(data, received_at)
    except UnreadableEvent as error:
        return ParsedEvent(number=number, attempts=attempts, fault=str(error))
    except Exception as error:  # whatever a stranger's event holds, it must not stop the next one
        return ParsedEvent(number=number, attempts=attempts, fault=f"{type(error).__name__}: {error}"[:300])
    return ParsedEvent(number=number, attempts=attempts, event=event)


def match_events(connection: Connection, group: Sequence[ParsedEvent]) -> list[MatchedEvent]:
    """Find what events are about; a delivery tag counts only together with its mailing's."""
    events = [(parsed, parsed.event) for parsed in group if parsed.event is not None]
    tagged = find_reported_deliveries(connection, (e.delivery_id for _, e in events if e.delivery_id and e.mailing_id))
    by_tag = [(parsed, event, _match_tag(event, tagged)) for parsed, event in events]
    references = {name for _, e, delivery in by_tag if delivery is None for name in (e.reference, e.message_id) if name}
    named = find_reported_by_references(connection, references) if references else {}
    return [
        MatchedEvent(parsed=parsed, event=event, delivery=delivery, matched_by=event.matched_by)
        if delivery is not None
        else MatchedEvent(
            parsed=parsed,
            event=event,
            delivery=None if event.mailing_id else named.get(event.reference) or named.get(event.message_id),
            matched_by=BY_MESSAGE_ID,
        )
        for parsed, event, delivery in by_tag
    ]


def _match_tag(event: Event, tagged: dict[int, ReportedDelivery]) -> ReportedDelivery | None:
    delivery = tagged.get(event.delivery_id or 0)
    return delivery if delivery is not None and delivery.mailing_id == event.mailing_id else None
