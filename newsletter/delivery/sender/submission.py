"""Submission: hands messages to the event loop and collects their results.

A mailing's sender hands over many at a time (`Submission`); a notice is one (`MessageSubmitter`). Both use the same
event loop and the same connections.
"""

import threading
import time
from collections.abc import Callable, Sequence

from newsletter.delivery.sender.event_loop import EventLoop
from newsletter.delivery.sender.in_flight import Finished, InFlight, Task
from newsletter.delivery.transports.base import Envelope, Receipt, Transport
from newsletter.errors import Uncertain

_POLL_SECONDS = 0.1
"""How often a submission that ends looks whether it should still wait."""


class Submission:
    """The sender's side of the event loop; for one thread."""

    def __init__(self, transport: Transport, record_begin: Callable[[int, int], None], connections: int) -> None:
        self._in_flight = InFlight(record_begin)
        self._loop = EventLoop(transport.connect, self._in_flight, connections)
        self._tasks: dict[int, Task] = {}
        self._finished: list[Finished] = []

    @property
    def outstanding(self) -> int:
        """How many messages are handed over and not collected."""
        return len(self._tasks)

    @property
    def uncertain_in_a_row(self) -> Sequence[Uncertain]:
        """The latest results, as far back as all of them were uncertain."""
        return self._in_flight.uncertain_in_a_row

    def hand_over(self, tasks: Sequence[Task]) -> None:
        """Give tasks to the event loop, which begins them in this order."""
        self._tasks |= {task.delivery_id: task for task in tasks}
        self._loop.add(tasks)

    def collect(self, least: int, seconds: float) -> list[Finished]:
        """Return what is finished: as soon as it is `least`, or what there is after `seconds`."""
        deadline = time.monotonic() + seconds
        least = min(least, self.outstanding)
        while len(self._finished) < least:
            self._in_flight.wanted = least - len(self._finished)
            group = self._in_flight.take(max(0.0, deadline - time.monotonic()))
            if not group:
                break
            self._finished += group
        self._finished += self._in_flight.take_all()
        return self._collected()

    def stop(self) -> None:
        """Let nothing more begin; what has not begun comes back untried."""
        self._in_flight.stop()
        self._loop.wake()

    def end(self, is_hurried: Callable[[], bool]) -> list[Finished]:
        """Stop, wait for what has begun, and return everything that is outstanding.

        Once `is_hurried` returns True it waits no longer: what has begun by then is uncertain.
        """
        self.stop()
        while len(self._finished) < self.outstanding:
            if is_hurried():
                return self._abandoned()
            self._in_flight.wanted = 1
            self._finished += self._in_flight.take(_POLL_SECONDS)
        self._loop.end()
        return self._collected()

    def _abandoned(self) -> list[Finished]:
        self._finished += self._in_flight.take_all()
        finished_ids = {finished.task.delivery_id for finished in self._finished}
        interrupted = Uncertain("it was interrupted before the mail server had answered")
        self._finished += [
            Finished(task=task, error=interrupted if self._in_flight.is_begun(delivery_id) else None)
            for delivery_id, task in self._tasks.items()
            if delivery_id not in finished_ids
        ]
        return self._collected()

    def _collected(self) -> list[Finished]:
        collected, self._finished = self._finished, []
        for finished in collected:
            del self._tasks[finished.task.delivery_id]
            self._in_flight.forget(finished.task.delivery_id)
        return collected


class MessageSubmitter:
    """Submits single messages, such as notices, one after the other over one kept connection; close it at the end."""

    def __init__(self, transport: Transport) -> None:
        self._in_flight = InFlight(max_uncertain=2**62)
        self._loop = EventLoop(transport.connect, self._in_flight, 1)
        self._submitting = threading.Lock()

    def submit(self, envelope: Envelope, message: bytes) -> Receipt:
        """Submit one message and wait for its receipt; raises what the provider's answer means, and DiskFull."""
        with self._submitting:
            self._loop.add([Task(delivery_id=envelope.delivery_id, build=lambda: (envelope, message))])
            (finished,) = self._in_flight.take(None)
        self._in_flight.forget(envelope.delivery_id)
        if finished.receipt is None:
            raise finished.error or Uncertain("it was not tried")
        return finished.receipt

    def close(self) -> None:
        """Close the connection."""
        self._in_flight.stop()
        self._loop.end()
