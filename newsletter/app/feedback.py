"""Feedback: take in provider events from a queue or from files, retry them, and sync suppressions with SES."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

from newsletter import feedback
from newsletter.app.notices import alert, alerting_on_failure
from newsletter.app.publication import Publication
from newsletter.app.remarks import Remark
from newsletter.feedback import EventState, EventSummary, IngestProgress, StoredEvent, SyncProgress, WebhookResponse

_WATCH_SECONDS = 15 * 60.0
"""How often a pull that goes on looks for what is stuck, and alerts the author."""


def pull_events(
    publication: Publication,
    queue_url: str | None = None,
    *,
    follow: bool = False,
    should_stop: Callable[[], bool] = lambda: False,
) -> Iterator[IngestProgress | Remark]:
    """Take in the events that wait in an SQS queue, the one of `[feedback] queue` without a URL.

    With `follow` it goes on until `should_stop`. Each event is on disk here before it is deleted there, and counts
    once, however often it comes. If the queue fails for good or for hours, the author is mailed.
    """
    settings = publication.settings
    with (
        alerting_on_failure(publication, "events") as remarks,
        closing(feedback.open_event_queue(settings, queue_url)) as queue,
    ):
        watch_at = time.monotonic() + _WATCH_SECONDS
        for arrived in feedback.pull_from_queue(
            publication.database,
            publication.keyring,
            settings,
            queue,
            clock=publication.now,
            is_followed=follow,
            wait_seconds=10 if follow else 1,
        ):
            yield arrived
            if should_stop():
                break
            if time.monotonic() > watch_at:
                yield from alert(publication)
                watch_at = time.monotonic() + _WATCH_SECONDS
    yield from remarks


def ingest_events(publication: Publication, files: Sequence[Path]) -> Iterator[IngestProgress]:
    """Take in events from files: SES JSON in any envelope, delivery status notifications, ARF reports.

    Repeating it changes nothing. A line that cannot be read is parked with the reason. Closing it stops after the
    last batch.
    """
    for file in files:
        yield from feedback.ingest_file(
            publication.database, publication.keyring, publication.settings, file, clock=publication.now
        )


def list_events(
    publication: Publication, states: Collection[EventState] = (), *, limit: int = 100
) -> Sequence[StoredEvent]:
    """Return stored events, the newest first; without states, of all of them."""
    return feedback.list_events(publication.database, list(states), limit=limit)


def pipe_status(publication: Publication) -> EventSummary:
    """Return when the last event came in, and how many there are of each state."""
    return feedback.summarise_events(publication.database)


def show_event(publication: Publication, event_id: int) -> StoredEvent:
    """Return one stored event; UsageError when there is none of that number."""
    return feedback.find_event(publication.database, event_id)


def retry_events(publication: Publication, event_ids: Sequence[int] = ()) -> int:
    """Mark events to be applied again: parked, unmatched or of an unknown kind; return how many.

    Without ids, all of them. `apply_waiting` then applies them.
    """
    return feedback.requeue_events(publication.database, event_ids)


def apply_waiting(publication: Publication) -> Iterator[IngestProgress]:
    """Apply the events that wait."""
    return feedback.apply_stored_events(
        publication.database, publication.keyring, publication.settings, clock=publication.now
    )


def sync_suppressions(
    publication: Publication, *, is_dry_run: bool, wait: Callable[[float], object] = time.sleep
) -> Iterator[SyncProgress]:
    """Bring the suppression list of the SES account and ours together, yielding the totals so far.

    `wait` is called with seconds between two calls to SES, which accepts one a second.
    """
    return feedback.sync_suppressions(
        publication.database,
        publication.keyring,
        publication.settings,
        now=publication.now(),
        is_dry=is_dry_run,
        wait=wait,
    )


def receive_sns_notification(
    publication: Publication, headers: Mapping[str, str], body: bytes, now: datetime
) -> WebhookResponse:
    """Verify and store what was posted to the SNS webhook, and return what to respond."""
    return feedback.handle_sns_notification(
        publication.database, publication.keyring, publication.settings, headers, body, clock=lambda: now
    )
