"""Public names of `newsletter.feedback`, each loaded on first use; `__init__.py` says what they are for."""

from .applying import Applied as Applied
from .arriving import Arrived as Arrived, ingest as ingest, take_report as take_report, work_off as work_off
from .breaker import (
    Cause as Cause,
    Trip as Trip,
    list_trips as list_trips,
    open_trip as open_trip,
    resume as resume,
)
from .clicks import BURST as BURST, ClickCounter as ClickCounter, Counted as Counted, Follow as Follow
from .event import Event as Event, Kind as Kind, Reason as Reason
from .following import (
    PersonalClick as PersonalClick,
    clicks_of as clicks_of,
    forget_clicks as forget_clicks,
    write_clicks as write_clicks,
)
from .inbox import (
    State as State,
    StoredEvent as StoredEvent,
    find_event as find_event,
    forget_address as forget_address,
    forget_reader as forget_reader,
    list_events as list_events,
    retry as retry,
)
from .machines import is_reader as is_reader
from .notified import SNS_PATH as SNS_PATH, WebAnswer as WebAnswer, take_notification as take_notification
from .pulling import open_queue as open_queue, pull as pull, pulling_beside as pulling_beside
from .qsbmf import plain_bounce as plain_bounce, status_groups as status_groups
from .register import (
    FactCount as FactCount,
    KnownFact as KnownFact,
    Pipe as Pipe,
    Settled as Settled,
    count_facts as count_facts,
    count_kinds as count_kinds,
    count_settled as count_settled,
    facts_of as facts_of,
    look_at_pipe as look_at_pipe,
)
from .sns import MOST_OCTETS as MOST_OCTETS
from .syncing import Synced as Synced, sync_suppressions as sync_suppressions
