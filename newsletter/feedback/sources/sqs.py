"""Events from an SQS queue: each is stored durably here before it is deleted there."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from newsletter.database import Database
from newsletter.errors import NewsletterError, SettingsError
from newsletter.feedback.apply.pipeline import IngestProgress, apply_stored_events
from newsletter.feedback.store.events import parse_incoming, store_events
from newsletter.settings import Settings
from newsletter.tokens import Keyring

if TYPE_CHECKING:
    from newsletter.aws import SqsMessage, SqsQueue

_MAX_MESSAGES = 200
"""Stored in one transaction."""
_BATCH = 10
"""The most messages that one call of SQS receives or deletes."""
_BACKGROUND_WAIT_SECONDS = 1
"""How long a call waits for messages (long polling) while a sender runs."""
_STOP_SECONDS = 5.0
_RETRY_SECONDS = 15.0
log = logging.getLogger(__name__)


def open_event_queue(settings: Settings, url: str | None = None) -> "SqsQueue":
    """Open the queue at `url`, else that of `[feedback] queue`; SettingsError when neither is given."""
    from newsletter.aws import SqsQueue  # boto3 is slow to import

    queue_url = url or settings.feedback.queue
    if not queue_url:
        raise SettingsError("[feedback] queue is not set. Set it to the URL of the SQS queue where events arrive")
    return SqsQueue(queue_url, region=settings.delivery.ses.region)


def pull_from_queue(
    database: Database,
    keyring: Keyring,
    settings: Settings,
    queue: "SqsQueue",
    *,
    clock: Callable[[], datetime],
    is_followed: bool = False,
    wait_seconds: int = 1,
) -> Iterator[IngestProgress]:
    """Ingest the events in a queue, yielding the progress of each group; if `is_followed`, for ever.

    A message is deleted only after it is on disk here, and applied afterwards: a kill in between loses nothing.
    Raises TemporaryError and SettingsError for the queue, DatabaseBusy and DiskFull for the database; SQS delivers
    what was not deleted again.
    """
    yield from apply_stored_events(database, keyring, settings, clock=clock)
    while True:
        messages = _receive(queue, wait_seconds)
        if not messages:
            if not is_followed:
                return
            yield from apply_stored_events(database, keyring, settings, clock=clock)
            yield IngestProgress()  # so that the caller can stop
            continue
        incoming = [event for message in messages for event in parse_incoming(message.body)]
        new = store_events(database, incoming, "sqs", clock())
        for start in range(0, len(messages), _BATCH):
            queue.delete(messages[start : start + _BATCH])
        yield IngestProgress(received=len(incoming), new=new)
        yield from apply_stored_events(database, keyring, settings, clock=clock, group=incoming)


@contextmanager
def pull_in_background(
    database: Database,
    keyring: Keyring,
    settings: Settings,
    *,
    clock: Callable[[], datetime],
    warn: Callable[[str], None],
) -> Iterator[None]:
    """Pull events in a thread while the block runs, if `[feedback] queue` is set; errors are retried, never raised.

    `warn` is called with the first error, from that thread.
    """
    if not settings.feedback.queue:
        yield
        return
    stopping = threading.Event()
    puller = threading.Thread(
        target=_pull_until_stopped,
        args=(database, keyring, settings, clock, warn, stopping),
        daemon=True,
        name="events",
    )
    puller.start()
    try:
        yield
    finally:
        stopping.set()
        puller.join(_STOP_SECONDS)  # SQS would hide for a while what it has received and not deleted


def _pull_until_stopped(
    database: Database,
    keyring: Keyring,
    settings: Settings,
    clock: Callable[[], datetime],
    warn: Callable[[str], None],
    stopping: threading.Event,
) -> None:
    has_warned = False
    while not stopping.is_set():
        try:
            with closing(open_event_queue(settings)) as queue:
                for _ in pull_from_queue(
                    database,
                    keyring,
                    settings,
                    queue,
                    clock=clock,
                    is_followed=True,
                    wait_seconds=_BACKGROUND_WAIT_SECONDS,
                ):
                    if stopping.is_set():
                        return
        except NewsletterError as error:
            log.warning("feedback.pull_failed", extra={"reason": str(error)})
            if not has_warned:
                warn(f"events cannot be read at the moment: {error}")
            has_warned = True
            stopping.wait(_RETRY_SECONDS)


def _receive(queue: "SqsQueue", wait_seconds: int) -> list["SqsMessage"]:
    """Receive messages until the queue is empty, or as many as one transaction stores."""
    messages = queue.receive(wait_seconds)
    while messages and len(messages) % _BATCH == 0 and len(messages) < _MAX_MESSAGES:
        more = queue.receive(0)
        if not more:
            break
        messages += more
    return messages
