"""The crew: takes deliveries to submit and gives back what came of them.

They are submitted by threads that each wait for their answer, or by one that serves lines which make nobody wait.
"""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from newsletter.delivery.models import Delivery
from newsletter.delivery.queue.high_water_mark import HighWaterMark
from newsletter.delivery.sender.event_loop import Switchboard
from newsletter.delivery.sender.in_flight import Finished, Task, Tray, Write
from newsletter.delivery.sender.thread_workers import Threads
from newsletter.delivery.transports.base import Lined, Transport
from newsletter.delivery.watch import Watch
from newsletter.errors import Uncertain

_LOOK_SECONDS = 0.1
"""How often a crew that ends is asked whether anybody still wants to wait."""


class Hands(Protocol):
    """Those who submit; what they are given comes back through the tray."""

    def hand_out(self, tasks: Sequence[Task]) -> None:
        """Take tasks."""

    def heed(self) -> None:
        """Look at the watch, which says stop: give back untried whatever is not begun."""

    def end(self) -> None:
        """Go, once nothing is left."""


class Crew:
    """The sender's side of those who submit."""

    def __init__(self, hands: Hands, tray: Tray, watch: Watch) -> None:
        self._hands = hands
        self._tray = tray
        self._watch = watch
        self._out: dict[int, Delivery] = {}
        self._found: list[Finished] = []

    @property
    def outstanding(self) -> int:
        """How many are handed out and not given back."""
        return len(self._out)

    @property
    def doubts(self) -> Sequence[Exception]:
        """What the last submits said, as long as each left it open whether the message was taken."""
        return self._watch.doubts

    def hold(self) -> None:
        """Let nothing more be begun; what was handed out comes back untried."""
        self._watch.stop()
        self._hands.heed()

    def hand_out(self, tasks: Sequence[Task]) -> None:
        """Give tasks to whoever is free."""
        self._out |= {task.delivery.id: task.delivery for task in tasks}
        self._hands.hand_out(tasks)

    def collect(self, least: int, seconds: float) -> list[Finished]:
        """Return what is finished: as soon as it is `least`, or what there is after `seconds`."""
        deadline = time.monotonic() + seconds
        least = min(least, self.outstanding)
        while len(self._found) < least:
            self._tray.wanted = least - len(self._found)
            group = self._tray.take(max(0.0, deadline - time.monotonic()))
            if not group:
                break
            self._found += group
        self._found += self._tray.take_all()
        return self._give()

    def stop(self, is_hurried: Callable[[], bool]) -> list[Finished]:
        """Let each submit that is under way end, try nothing more, and return everything that is out.

        Once `is_hurried`, it waits no longer: what is still being submitted then is uncertain.
        """
        self.hold()
        while len(self._found) < self.outstanding:
            if is_hurried():
                return self._abandoned()
            self._tray.wanted = 1
            self._found += self._tray.take(_LOOK_SECONDS)
        self._hands.end()
        return self._give()

    def _abandoned(self) -> list[Finished]:
        self._found += self._tray.take_all()
        given = {finished.delivery.id for finished in self._found}
        broken = Uncertain("it was broken off before the next hop had answered")
        self._found += [
            Finished(delivery=delivery, error=broken if self._watch.is_begun(number) else None)
            for number, delivery in self._out.items()
            if number not in given
        ]
        return self._give()

    def _give(self) -> list[Finished]:
        found, self._found = self._found, []
        for finished in found:
            del self._out[finished.delivery.id]
            self._watch.forget(finished.delivery.id)
        return found


def muster(transport: Transport, write: Write, mark: HighWaterMark, size: int) -> Crew:
    """Return a crew of so many connections, as the transport allows."""
    tray, watch = Tray(), Watch(mark)
    if isinstance(transport, Lined):
        return Crew(Switchboard(transport.open_line, write, tray, watch, size), tray, watch)
    return Crew(Threads(transport, write, tray, watch, size), tray, watch)
