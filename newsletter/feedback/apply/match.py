"""Reads kept events and finds the deliveries they are about: by the delivery's tag, else by the message's name."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from newsletter.delivery import ReportedDelivery, find_reported_by_references, find_reported_deliveries, is_notice
from newsletter.feedback.formats.dsn_arf import read_report
from newsletter.feedback.formats.json_envelopes import opened
from newsletter.feedback.formats.ses import read_event
from newsletter.feedback.models import Event, UnreadableEvent

BY_MESSAGE_ID = "message id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A kept event that was read."""

    number: int
    attempts: int
    event: Event | None = None
    """None for a kind that we do not know, and for what cannot be read."""
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """An event and what it is about: a delivery, a notice, or nothing that we know."""

    read: Read
    event: Event
    delivery: ReportedDelivery | None
    by: str = ""

    @property
    def notice(self) -> int | None:
        """The notice's number, where it is about one."""
        number = self.event.delivery_id
        return number if number is not None and is_notice(number) and not self.event.mailing_id else None


def read_kept(number: int, attempts: int, found: dict[str, Any] | str, received_at: datetime) -> Read:
    """Read a kept event, out of its envelope or as it came; whatever is wrong with it is said, not raised."""
    try:
        said = next(opened(found), None) if isinstance(found, str) else found
        if said is None:
            raise UnreadableEvent("no event is in it")  # noqa: TRY301
        event = _read(said, received_at)
    except UnreadableEvent as error:
        return Read(number=number, attempts=attempts, fault=str(error))
    except Exception as error:  # whatever a stranger's event holds, it must not stop the next one
        return Read(number=number, attempts=attempts, fault=f"{type(error).__name__}: {error}"[:300])
    return Read(number=number, attempts=attempts, event=event)


def match(connection: Connection, found: Sequence[Read]) -> list[Matched]:
    """Find what events are about; a tag counts only together with the mailing's."""
    events = [(read, read.event) for read in found if read.event is not None]
    tagged = find_reported_deliveries(connection, (e.delivery_id for _, e in events if e.delivery_id and e.mailing_id))
    matched = [(read, event, _by_tag(event, tagged)) for read, event in events]
    names = {name for _, e, known in matched if known is None for name in (e.reference, e.own_reference) if name}
    named = find_reported_by_references(connection, names) if names else {}
    return [
        Matched(read=read, event=event, delivery=known, by=event.by)
        if known is not None
        else Matched(
            read=read,
            event=event,
            delivery=None if event.mailing_id else named.get(event.reference) or named.get(event.own_reference),
            by=BY_MESSAGE_ID,
        )
        for read, event, known in matched
    ]


def _by_tag(event: Event, tagged: dict[int, ReportedDelivery]) -> ReportedDelivery | None:
    known = tagged.get(event.delivery_id or 0)
    return known if known is not None and known.mailing_id == event.mailing_id else None


def _read(found: dict[str, Any], received_at: datetime) -> Event | None:
    return read_report(found, received_at) if "report" in found else read_event(found, received_at)
