"""Pulls events out of an SQS queue: each is durable here before it is deleted there."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

from newsletter.database import Database
from newsletter.errors import NewsletterError, SettingsError
from newsletter.feedback.sources.files import IngestProgress, apply_stored_events
from newsletter.feedback.store.events import keep, read_incoming
from newsletter.settings import Settings
from newsletter.tokens import Keyring

if TYPE_CHECKING:
    from newsletter.aws import SqsMessage, SqsQueue

_MOST_AT_ONCE = 200
"""Messages that are kept in one transaction."""
_FULL = 10
"""What a call brings at most."""
_WAIT_BESIDE = 1
"""Seconds that a call waits for events beside a sender."""
_ENDING_SECONDS = 5.0
_AFTER_FAULT = 15.0
log = logging.getLogger(__name__)


def open_event_queue(settings: Settings, url: str | None = None) -> "SqsQueue":
    """Open the queue at `url`, else that of `[feedback] queue`; SettingsError when neither is given."""
    from newsletter.aws import SqsQueue  # boto3 takes a while to import

    wanted = url or settings.feedback.queue
    if not wanted:
        raise SettingsError("[feedback] queue is not set: give the URL of the SQS queue where events arrive")
    return SqsQueue(wanted, region=settings.delivery.ses.region)


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
    """Take in what waits in a queue, yielding what each group brought; when `is_followed`, for ever.

    A message is deleted only after it is on disk here, and applied afterwards: a kill in between loses nothing.
    Raises TemporaryError and SettingsError of the queue, DatabaseBusy and DiskFull of the database; what was not
    deleted comes again.
    """
    yield from apply_stored_events(database, keyring, settings, clock=clock)
    while True:
        messages = _gathered(queue, wait_seconds)
        if not messages:
            if not is_followed:
                return
            yield from apply_stored_events(database, keyring, settings, clock=clock)
            yield IngestProgress()  # so that whoever follows can stop
            continue
        incoming = [each for message in messages for each in read_incoming(message.body)]
        new = keep(database, incoming, "sqs", clock())
        for start in range(0, len(messages), _FULL):
            queue.delete(messages[start : start + _FULL])
        yield IngestProgress(received=len(incoming), new=new)
        yield from apply_stored_events(database, keyring, settings, clock=clock, group=incoming)


@contextmanager
def pull_in_background(
    database: Database,
    keyring: Keyring,
    settings: Settings,
    *,
    clock: Callable[[], datetime],
    complain: Callable[[str], None],
) -> Iterator[None]:
    """Pull in a thread of its own while the block runs, where `[feedback] queue` is set; faults end nothing.

    `complain` hears of the first fault, from that thread.
    """
    if not settings.feedback.queue:
        yield
        return
    ending = threading.Event()
    puller = threading.Thread(
        target=_work, args=(database, keyring, settings, clock, complain, ending), daemon=True, name="events"
    )
    puller.start()
    try:
        yield
    finally:
        ending.set()
        puller.join(_ENDING_SECONDS)  # what it has received would else be hidden for a while


def _work(
    database: Database,
    keyring: Keyring,
    settings: Settings,
    clock: Callable[[], datetime],
    complain: Callable[[str], None],
    ending: threading.Event,
) -> None:
    has_complained = False
    while not ending.is_set():
        try:
            with closing(open_event_queue(settings)) as queue:
                for _ in pull_from_queue(
                    database,
                    keyring,
                    settings,
                    queue,
                    clock=clock,
                    is_followed=True,
                    wait_seconds=_WAIT_BESIDE,
                ):
                    if ending.is_set():
                        return
        except NewsletterError as error:
            log.warning("feedback.pull_failed", extra={"reason": str(error)})
            if not has_complained:
                complain(f"events are not read meanwhile: {error}")
            has_complained = True
            ending.wait(_AFTER_FAULT)


def _gathered(queue: "SqsQueue", wait_seconds: int) -> list["SqsMessage"]:
    """Receive what is there, up to what one transaction takes."""
    found = queue.receive(wait_seconds)
    while found and len(found) % _FULL == 0 and len(found) < _MOST_AT_ONCE:
        more = queue.receive(0)
        if not more:
            break
        found += more
    return found
