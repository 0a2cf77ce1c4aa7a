"""The switchboard: one thread that serves many lines to the next hop, none of which makes it wait.

Only opening a line takes time: each is opened by a thread of its own. A line that ends with nothing handed over
loses nothing: its delivery goes to another one.
"""

import contextlib
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from selectors import EVENT_READ, EVENT_WRITE, DefaultSelector

from newsletter.delivery.sender.in_flight import Finished, Task, Tray, Write
from newsletter.delivery.transports.base import Line, Receipt, Settled
from newsletter.delivery.watch import Watch
from newsletter.errors import Deferred, Refused, SendingHalted, TransportError

_SAY_SECONDS = 0.02
"""How long a finished delivery may wait for the rest of its group."""
_LOOK_SECONDS = 0.5
"""How often lines are looked at that have fallen silent."""
_AGAIN_SECONDS = 5.0
"""How long the lines that are open must do, when no further one could be opened."""


class Switchboard:
    """A thread and its lines."""

    def __init__(self, open_line: Callable[[], Line], write: Write, tray: Tray, watch: Watch, size: int) -> None:
        self._open_line = open_line
        self._write = write
        self._tray = tray
        self._watch = watch
        self._size = size
        self._todo: deque[Task] = deque()
        self._tasks: dict[int, Task] = {}
        """What is under way, by delivery."""
        self._finished: list[Finished] = []
        self._said_at = 0.0
        self._lines: dict[Line, int] = {}
        """Each with the event that the selector waits for."""
        self._opening = 0
        self._opened: deque[Line | Exception] = deque()
        self._opens_at = 0.0
        self._looked_at = 0.0
        self._is_ending = False
        self._selector = DefaultSelector()
        self._bell, self._ears = socket.socketpair()
        self._bell.setblocking(False)
        self._selector.register(self._ears, EVENT_READ)
        self._thread = threading.Thread(target=self._work, name="switchboard", daemon=True)
        self._thread.start()

    def hand_out(self, tasks: Sequence[Task]) -> None:
        """Take tasks; they are begun in this order."""
        self._todo.extend(tasks)
        self.heed()

    def heed(self) -> None:
        """Wake the thread."""
        with contextlib.suppress(OSError):  # full of calls that it has not heard yet, or gone
            self._bell.send(b"!")

    def end(self) -> None:
        """Close the lines and let the thread end."""
        self._is_ending = True
        self.heed()
        self._thread.join()

    def _work(self) -> None:
        try:
            while not self._is_ending:
                self._serve()
        except Exception as error:  # the outermost loop of a worker: recorded as uncertain, and the run ends
            self._watch.stop()
            while not self._is_ending:
                self._give_everything_back(error)
                time.sleep(_SAY_SECONDS)
        finally:
            self._hang_up()

    def _serve(self) -> None:
        """Wait until something can be done, and do it."""
        for key, event in self._selector.select(self._patience()):
            line: Line | None = key.data
            if line is None:
                self._ears.recv(4096)
            elif line in self._lines:
                self._settle(line.write() if event & EVENT_WRITE else line.read())
                self._advance(line)
        while self._opened:
            self._welcome(self._opened.popleft())
        if self._watch.is_stopping:
            self._give_back()
        if self._todo:
            self._call()
        moment = time.monotonic()
        if moment - self._looked_at > _LOOK_SECONDS:
            self._looked_at = moment
            self._look(moment)
        if self._finished and self._is_group(moment):
            self._tray.put(self._finished)
            self._finished = []

    def _patience(self) -> float:
        """Return how long nothing need be done."""
        longest = _SAY_SECONDS if self._finished else _LOOK_SECONDS
        delay = self._todo[0].leaves_at - time.monotonic() if self._todo else 0.0
        return min(longest, delay) if delay > 0 else longest

    def _is_group(self, moment: float) -> bool:
        """Return whether what is finished should be said now."""
        is_all = not self._tasks and not self._todo
        return is_all or len(self._finished) >= self._tray.wanted or moment - self._said_at >= _SAY_SECONDS

    def _call(self) -> None:
        """Give what is to be done to lines that are free, and open more where they would be of use."""
        if not self._is_due():
            return
        for line in [line for line in self._lines if line.is_idle]:
            if line.is_spent:
                self._drop(line)
            elif line.has_room:
                self._advance(line)
            if not self._is_due():
                return
        if time.monotonic() >= self._opens_at:
            for _ in range(min(len(self._todo), self._size - len(self._lines)) - self._opening):
                self._opening += 1
                threading.Thread(target=self._open, name="open-line", daemon=True).start()

    def _is_due(self) -> bool:
        return bool(self._todo) and self._todo[0].leaves_at <= time.monotonic()

    def _advance(self, line: Line) -> None:
        """Do with a line all that can be done at once."""
        if self._is_gone(line) or not self._hand_over(line):
            return
        while line.has_room and self._is_due() and not self._watch.is_stopping:
            self._begin(line, self._todo.popleft())
            if not self._hand_over(line):
                return
        if line.is_writing:
            self._settle(line.write())
        if self._is_gone(line):
            return
        wanted = EVENT_WRITE if line.is_writing else EVENT_READ
        if wanted != self._lines[line]:
            self._selector.modify(line, wanted, line)
            self._lines[line] = wanted

    def _hand_over(self, line: Line) -> bool:
        """Let the message follow that a line waits for, if it does; else drop the line, and return False."""
        if (awaited := line.awaited) is None:
            return True
        task = self._tasks.get(awaited)
        if task is None or not self._watch.begin(task.slot, awaited):
            if task is not None:
                self._finish(awaited, None)
            self._settle(line.give_up("nothing more is begun"))
            self._drop(line)
            return False
        line.hand_over()
        return True

    def _is_gone(self, line: Line) -> bool:
        """Return whether a line has ended, and forget it then."""
        if line.is_open:
            return False
        self._drop(line)
        return True

    def _begin(self, line: Line, task: Task) -> None:
        delivery = task.delivery
        self._tasks[delivery.id] = task
        try:
            line.begin(*self._write(delivery))
        except (Refused, SendingHalted) as error:
            self._finish(delivery.id, error)
        except ValueError as error:
            self._finish(delivery.id, Refused(f"the letter could not be made: {error}"))

    def _settle(self, settled: Sequence[Settled]) -> None:
        for number, found in settled:
            if number not in self._tasks:
                continue  # it was given back meanwhile, not begun
            if found is not None:
                self._finish(number, found)
            else:
                self._todo.appendleft(self._tasks.pop(number))

    def _finish(self, number: int, found: Receipt | TransportError | None) -> None:
        """Note what became of a delivery; None when it was not tried."""
        delivery = self._tasks.pop(number).delivery
        if not self._finished:
            self._said_at = time.monotonic()
        if isinstance(found, Receipt):
            self._watch.heed(None)
            self._finished.append(Finished(delivery=delivery, receipt=found))
            return
        if found is not None:
            self._watch.heed(found)
        self._finished.append(Finished(delivery=delivery, error=found))

    def _give_back(self) -> None:
        """Give back untried whatever is not begun."""
        self._take_all()
        for number in [number for number in self._tasks if not self._watch.is_begun(number)]:
            self._finish(number, None)

    def _give_everything_back(self, error: Exception) -> None:
        """After a fault of ours: what was begun is uncertain."""
        self._take_all()
        begun = {number for number in self._tasks if self._watch.is_begun(number)}
        faulty = begun or set(list(self._tasks)[:1])  # somebody has to say it
        for number, task in self._tasks.items():
            self._finished.append(Finished(delivery=task.delivery, error=error if number in faulty else None))
        self._tasks.clear()
        if self._finished:
            self._tray.put(self._finished)
            self._finished = []

    def _take_all(self) -> None:
        while self._todo:
            task = self._todo.popleft()
            self._tasks[task.delivery.id] = task

    def _open(self) -> None:
        """Open one line; in a thread of its own."""
        try:
            line = self._open_line()
        except Exception as error:  # handed to the switchboard's own thread
            self._opened.append(error)
        else:
            self._opened.append(line)
            if self._is_ending:
                line.close()
        self.heed()

    def _welcome(self, opened: Line | Exception) -> None:
        """Use a line that was opened; or let a delivery, if none else serves it, say why there is none."""
        self._opening -= 1
        if isinstance(opened, TransportError):
            self._opens_at = time.monotonic() + (_AGAIN_SECONDS if self._lines else 0.0)
            if self._todo and not (self._lines and isinstance(opened, Deferred)):
                task = self._todo.popleft()
                self._tasks[task.delivery.id] = task
                self._finish(task.delivery.id, opened)
            return
        if isinstance(opened, Exception):
            raise opened
        self._selector.register(opened, EVENT_READ, opened)
        self._lines[opened] = EVENT_READ
        self._advance(opened)

    def _look(self, moment: float) -> None:
        """Give up lines on which something has taken too long."""
        for line in [line for line in self._lines if not line.is_idle and line.deadline < moment]:
            self._settle(line.give_up("no answer in time"))
            self._drop(line)

    def _drop(self, line: Line) -> None:
        del self._lines[line]
        self._selector.unregister(line)
        line.close()

    def _hang_up(self) -> None:
        for line in list(self._lines):
            self._drop(line)
        while self._opened:
            opened = self._opened.popleft()
            if not isinstance(opened, Exception):
                opened.close()
        self._selector.close()
        self._bell.close()
        self._ears.close()
