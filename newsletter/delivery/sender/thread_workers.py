"""Threads that each build and submit one message at a time, for transports that wait for their answer."""

import threading
import time
from collections.abc import Sequence
from queue import SimpleQueue

from newsletter.delivery.sender.in_flight import Finished, Task, Tray, Write
from newsletter.delivery.transports.base import Transport
from newsletter.delivery.watch import Watch
from newsletter.errors import NewsletterError, Refused

_SAY_SECONDS = 0.1
"""How long a finished delivery may wait for the rest of its share."""


class Threads:
    """Some threads around one transport."""

    def __init__(self, transport: Transport, write: Write, tray: Tray, watch: Watch, size: int) -> None:
        self._transport = transport
        self._write = write
        self._tray = tray
        self._watch = watch
        self._todo: SimpleQueue[Sequence[Task] | None] = SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"submit-{number}", daemon=True) for number in range(size)
        ]
        for thread in self._threads:
            thread.start()

    def hand_out(self, tasks: Sequence[Task]) -> None:
        """Give tasks to whoever is free, in shares; one by one where each has its own moment."""
        is_paced = any(task.leaves_at for task in tasks)
        share = 1 if is_paced else max(1, len(tasks) // (2 * len(self._threads)))
        for start in range(0, len(tasks), share):
            self._todo.put(tasks[start : start + share])

    def heed(self) -> None:
        """Do nothing: each thread looks at the watch before it begins anything."""

    def end(self) -> None:
        """Let each thread end, and wait for it."""
        for _ in self._threads:
            self._todo.put(None)
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while (tasks := self._todo.get()) is not None:
            finished: list[Finished] = []
            said_at = time.monotonic()
            for task in tasks:
                finished.append(self._submit(task))
                if time.monotonic() - said_at > _SAY_SECONDS:
                    self._tray.put(finished)
                    finished, said_at = [], time.monotonic()
            if finished:
                self._tray.put(finished)

    def _submit(self, task: Task) -> Finished:
        delivery = task.delivery
        delay = task.leaves_at - time.monotonic() if task.leaves_at else 0.0
        if self._watch.is_stopped_within(delay):
            return Finished(delivery=delivery)
        try:
            envelope, message = self._write(delivery)
        except ValueError as error:
            return Finished(delivery=delivery, error=Refused(f"the letter could not be made: {error}"))
        except Exception as error:  # a fault of ours: the thread goes on, and the run ends
            return Finished(delivery=delivery, error=error)
        try:
            if not self._watch.begin(task.slot, delivery.id):
                return Finished(delivery=delivery)
            receipt = self._transport.submit(envelope, message)
        except NewsletterError as error:
            self._watch.heed(error)
            return Finished(delivery=delivery, error=error)
        except Exception as error:  # the outermost loop of a worker: recorded as uncertain, and the run ends
            return Finished(delivery=delivery, error=error)
        self._watch.heed(None)
        return Finished(delivery=delivery, receipt=receipt)
