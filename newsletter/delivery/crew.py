"""The crew: threads that build and submit what they are handed, and say what came of it."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue

from newsletter.delivery.mailing import Delivery
from newsletter.delivery.mark import Mark
from newsletter.delivery.message import Skeleton
from newsletter.delivery.transports.transport import Receipt, Transport
from newsletter.errors import NewsletterError, Refused, Uncertain

MOST_DOUBTS = 8
"""So many submits in a row of which nobody knows whether they were taken: nothing more is begun."""
_SAY_SECONDS = 0.1
"""How long a finished delivery may wait for the rest of its share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One delivery to submit, not before a moment of the monotonic clock."""

    delivery: Delivery
    slot: int
    """Where the mark notes it."""
    leaves_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What came of one task: a receipt, an error, or neither when it was not tried."""

    delivery: Delivery
    receipt: Receipt | None = None
    error: Exception | None = None


class Crew:
    """Some threads around one transport."""

    def __init__(
        self,
        transport: Transport,
        skeletons: Sequence[Skeleton],
        mark: Mark,
        clock: Callable[[], datetime],
        size: int,
    ) -> None:
        self._transport = transport
        self._skeletons = skeletons
        self._mark = mark
        self._clock = clock
        self._todo: SimpleQueue[Sequence[Task] | None] = SimpleQueue()
        self._done: SimpleQueue[Sequence[Finished]] = SimpleQueue()
        self._is_stopping = threading.Event()
        self._doubts: list[Exception] = []
        self._out: dict[int, Delivery] = {}
        self._begun: set[int] = set()
        self._found: list[Finished] = []
        self._threads = [
            threading.Thread(target=self._work, name=f"submit-{number}", daemon=True) for number in range(size)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def outstanding(self) -> int:
        """How many are handed out and not given back."""
        return len(self._out)

    @property
    def doubts(self) -> Sequence[Exception]:
        """What the last submits said, as long as each left it open whether the message was taken."""
        return tuple(self._doubts)

    def hold(self) -> None:
        """Let nothing more be begun; what was handed out comes back untried."""
        self._is_stopping.set()

    def hand_out(self, tasks: Sequence[Task], share: int) -> None:
        """Give tasks to whoever is free, `share` at a time."""
        self._out |= {task.delivery.id: task.delivery for task in tasks}
        for start in range(0, len(tasks), share):
            self._todo.put(tasks[start : start + share])

    def collect(self, least: int, seconds: float) -> list[Finished]:
        """Return what is finished: as soon as it is `least`, or what there is after `seconds`."""
        deadline = time.monotonic() + seconds
        while len(self._found) < min(least, self.outstanding):
            try:
                self._found += self._done.get(timeout=max(0.0, deadline - time.monotonic()))
            except Empty:
                break
        self._found += self._waiting()
        return self._give()

    def stop(self) -> list[Finished]:
        """Let each thread end the submit it is at, try nothing more, and return everything that is out."""
        self.hold()
        while len(self._found) < self.outstanding:
            self._found += self._done.get()
        for _ in self._threads:
            self._todo.put(None)
        for thread in self._threads:
            thread.join()
        return self._give()

    def abandon(self) -> list[Finished]:
        """Return everything that is out without waiting: what is being submitted is uncertain."""
        self.hold()
        self._found += self._waiting()
        given = {finished.delivery.id for finished in self._found}
        broken = Uncertain("it was broken off before the next hop had answered")
        self._found += [
            Finished(delivery=delivery, error=broken if number in self._begun else None)
            for number, delivery in self._out.items()
            if number not in given
        ]
        return self._give()

    def _give(self) -> list[Finished]:
        found, self._found = self._found, []
        for finished in found:
            del self._out[finished.delivery.id]
            self._begun.discard(finished.delivery.id)
        return found

    def _waiting(self) -> Iterator[Finished]:
        while True:
            try:
                yield from self._done.get_nowait()
            except Empty:
                return

    def _work(self) -> None:
        while (tasks := self._todo.get()) is not None:
            finished: list[Finished] = []
            said_at = time.monotonic()
            for task in tasks:
                finished.append(self._submit(task))
                if time.monotonic() - said_at > _SAY_SECONDS:
                    self._done.put(finished)
                    finished, said_at = [], time.monotonic()
            if finished:
                self._done.put(finished)

    def _submit(self, task: Task) -> Finished:
        delivery = task.delivery
        if self._is_stopped_until(task.leaves_at):
            return Finished(delivery=delivery)
        self._begun.add(delivery.id)  # and only then asks: whoever abandons it holds first, and looks afterwards
        if self._is_stopping.is_set():
            self._begun.discard(delivery.id)
            return Finished(delivery=delivery)
        try:
            skeleton = self._skeletons[delivery.variant]
            envelope = skeleton.envelope(delivery)
            message = skeleton.message(delivery, self._clock())
        except ValueError as error:
            return Finished(delivery=delivery, error=Refused(f"the letter could not be made: {error}"))
        try:
            self._mark.note(task.slot, delivery.id)
            receipt = self._transport.submit(envelope, message)
        except Uncertain as error:
            self._doubts.append(error)
            if len(self._doubts) >= MOST_DOUBTS:
                self.hold()
            return Finished(delivery=delivery, error=error)
        except NewsletterError as error:
            self._doubts.clear()
            return Finished(delivery=delivery, error=error)
        except Exception as error:  # the outermost loop of a worker: recorded as uncertain, and the run ends
            return Finished(delivery=delivery, error=error)
        self._doubts.clear()
        return Finished(delivery=delivery, receipt=receipt)

    def _is_stopped_until(self, moment: float) -> bool:
        delay = moment - time.monotonic() if moment else 0.0
        return delay > 0 and self._is_stopping.wait(delay)
