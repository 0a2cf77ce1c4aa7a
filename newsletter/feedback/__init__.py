"""6. What came back about deliveries: events become facts, suppressions, certainty, and pauses."""

from newsletter.feedback.applying import Applied
from newsletter.feedback.arriving import Arrived, ingest, take_report, work_off
from newsletter.feedback.breaker import Cause, Trip, list_trips, open_trip, resume
from newsletter.feedback.clicks import BURST, ClickCounter, Counted, Follow
from newsletter.feedback.event import Event, Kind, Reason
from newsletter.feedback.following import PersonalClick, clicks_of, forget_clicks, write_clicks
from newsletter.feedback.inbox import (
    State,
    StoredEvent,
    find_event,
    forget_address,
    forget_reader,
    list_events,
    retry,
)
from newsletter.feedback.machines import is_reader
from newsletter.feedback.notified import SNS_PATH, WebAnswer, take_notification
from newsletter.feedback.pulling import open_queue, pull, pulling_beside
from newsletter.feedback.qsbmf import plain_bounce, status_groups
from newsletter.feedback.register import (
    FactCount,
    KnownFact,
    Pipe,
    Settled,
    count_facts,
    count_kinds,
    count_settled,
    facts_of,
    look_at_pipe,
)
from newsletter.feedback.sns import MOST_OCTETS
from newsletter.feedback.syncing import Synced, sync_suppressions

__all__ = [
    "BURST",
    "MOST_OCTETS",
    "SNS_PATH",
    "Applied",
    "Arrived",
    "Cause",
    "ClickCounter",
    "Counted",
    "Event",
    "FactCount",
    "Follow",
    "Kind",
    "KnownFact",
    "PersonalClick",
    "Pipe",
    "Reason",
    "Settled",
    "State",
    "StoredEvent",
    "Synced",
    "Trip",
    "WebAnswer",
    "clicks_of",
    "count_facts",
    "count_kinds",
    "count_settled",
    "facts_of",
    "find_event",
    "forget_address",
    "forget_clicks",
    "forget_reader",
    "ingest",
    "is_reader",
    "list_events",
    "list_trips",
    "look_at_pipe",
    "open_queue",
    "open_trip",
    "plain_bounce",
    "pull",
    "pulling_beside",
    "resume",
    "retry",
    "status_groups",
    "sync_suppressions",
    "take_notification",
    "take_report",
    "work_off",
    "write_clicks",
]
