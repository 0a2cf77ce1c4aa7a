"""Public names of `newsletter.feedback`, each loaded on first use; `__init__.py` says what they are for."""

from .apply.pipeline import (
    ApplyResult as ApplyResult,
    IngestProgress as IngestProgress,
    apply_stored_events as apply_stored_events,
)
from .apply.circuit_breaker import (
    Cause as Cause,
    Trip as Trip,
    find_open_trip as find_open_trip,
    list_open_trips as list_open_trips,
    resume_paused_mailing as resume_paused_mailing,
)
from .clicks.bot_filter import is_human_click as is_human_click
from .clicks.counter import (
    BURST_WINDOW as BURST_WINDOW,
    AttributedClick as AttributedClick,
    ClickCounter as ClickCounter,
    CountedClicks as CountedClicks,
)
from .clicks.store import (
    PersonalClick as PersonalClick,
    delete_personal_clicks as delete_personal_clicks,
    list_personal_clicks as list_personal_clicks,
    save_clicks as save_clicks,
)
from .formats.qmail import (
    extract_qmail_bounce as extract_qmail_bounce,
    parse_qmail_bounce as parse_qmail_bounce,
)
from .models import Event as Event, EventKind as EventKind, EventReason as EventReason
from .sources.files import (
    ingest_file as ingest_file,
    ingest_report as ingest_report,
)
from .sources.sns_signature import MAX_SNS_BODY as MAX_SNS_BODY
from .sources.sns_webhook import (
    SNS_PATH as SNS_PATH,
    WebhookResponse as WebhookResponse,
    handle_sns_notification as handle_sns_notification,
)
from .sources.sqs import (
    open_event_queue as open_event_queue,
    pull_from_queue as pull_from_queue,
    pull_in_background as pull_in_background,
)
from .store.events import (
    EventState as EventState,
    EventSummary as EventSummary,
    StoredEvent as StoredEvent,
    delete_events_about as delete_events_about,
    delete_events_naming as delete_events_naming,
    find_event as find_event,
    list_events as list_events,
    requeue_events as requeue_events,
    summarise_events as summarise_events,
)
from .store.facts import (
    Fact as Fact,
    FactCount as FactCount,
    ResolvedCount as ResolvedCount,
    count_by_kind as count_by_kind,
    count_facts as count_facts,
    count_resolved as count_resolved,
    list_facts as list_facts,
)
from .suppression_sync import SyncProgress as SyncProgress, sync_suppressions as sync_suppressions
