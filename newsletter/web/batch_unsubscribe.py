"""Batch unsubscribe: requests of many readers are written in shared transactions.

A transaction that survives a power cut waits for the disk and, before that, for a sender that is writing. Everybody
who unsubscribes meanwhile shares the next transaction, which keeps each wait short. No request is answered before it
is committed.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import SimpleQueue

from newsletter.app import readers
from newsletter.errors import DatabaseBusy

BUSY_SECONDS = 20.0
"""How long another writer is waited for: a mailbox provider may not send its request a second time."""
_MAX_BATCH = 200
"""Requests in one transaction."""


class UnsubscribeBatcher:
    """The one thread that writes unsubscribe requests."""

    def __init__(self, write: Callable[[Sequence[readers.unsubscribe.UnsubscribeRequest]], object]) -> None:
        self._write = write
        self._pending: SimpleQueue[tuple[readers.unsubscribe.UnsubscribeRequest, Future[None]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="unsubscribe", daemon=True)

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self) -> None:
        """Write what is pending, and end the thread."""
        self._pending.put(None)
        self._thread.join()

    def submit(self, request: readers.unsubscribe.UnsubscribeRequest) -> "Future[None]":
        """Return a future that is done once the request is committed, or fails with the error that prevented it."""
        done: Future[None] = Future()
        self._pending.put((request, done))
        return done

    def _run(self) -> None:
        while True:
            batch = [self._pending.get()]
            while len(batch) < _MAX_BATCH and not self._pending.empty():
                batch.append(self._pending.get())
            requests = [entry for entry in batch if entry is not None]
            if requests:
                self._commit(requests)
            if None in batch:
                return

    def _commit(self, batch: Sequence[tuple[readers.unsubscribe.UnsubscribeRequest, "Future[None]"]]) -> None:
        deadline = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                self._write([request for request, _ in batch])
                break
            except DatabaseBusy as error:
                if time.monotonic() < deadline:
                    continue
                failure: Exception = error
            except Exception as error:  # whatever it is, everybody who waits must learn of it
                failure = error
            for _, done in batch:
                done.set_exception(failure)
            return
        for _, done in batch:
            done.set_result(None)
