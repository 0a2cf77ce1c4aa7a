"""Event loop: one thread that drives all connections to the provider and waits on none of them.

Only opening a connection takes time: each is opened by a thread of its own. A connection that ends with nothing
handed over loses nothing: its message goes to another one.
"""

import contextlib
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from selectors import EVENT_READ, DefaultSelector

from newsletter.delivery.sender.in_flight import Finished, InFlight, Task
from newsletter.delivery.transports.base import Connection, Envelope, Receipt
from newsletter.errors import Deferred, Refused, TransportError

_GROUP_SECONDS = 0.02
"""How long a result may wait for the rest of its group."""
_CHECK_SECONDS = 0.5
"""How often connections are checked for timeouts."""
_RECONNECT_SECONDS = 5.0
"""How long the open connections must do when no further one could be opened."""


class EventLoop:
    """A thread and its connections, which take their messages from it (`MessageSource`)."""

    def __init__(self, connect: Callable[[], Connection], in_flight: InFlight, max_connections: int) -> None:
        self._connect = connect
        self._in_flight = in_flight
        self._max_connections = max_connections
        self._todo: deque[Task] = deque()
        self._tasks: dict[int, Task] = {}
        """The tasks in progress, by delivery."""
        self._finished: list[Finished] = []
        self._finished_since = 0.0
        self._connections: dict[Connection, int] = {}
        """Each with the event that the selector waits for."""
        self._opening = 0
        self._opened: deque[Connection | Exception] = deque()
        self._connect_at = 0.0
        self._checked_at = 0.0
        self._is_ending = False
        self._selector = DefaultSelector()
        self._wake_writer, self._wake_reader = socket.socketpair()
        self._wake_writer.setblocking(False)
        self._selector.register(self._wake_reader, EVENT_READ)
        self._thread = threading.Thread(target=self._run, name="event-loop", daemon=True)
        self._thread.start()

    def add(self, tasks: Sequence[Task]) -> None:
        """Take tasks; they begin in this order. Called by another thread."""
        self._todo.extend(tasks)
        self.wake()

    def wake(self) -> None:
        """Wake the thread. Called by another thread."""
        with contextlib.suppress(OSError):  # the pipe is full of wake-ups already, or gone
            self._wake_writer.send(b"!")

    def end(self) -> None:
        """Close the connections and let the thread end. Called by another thread."""
        self._is_ending = True
        self.wake()
        self._thread.join()

    def next_message(self) -> tuple[Envelope, bytes] | None:
        """Build the next message that is due; see `MessageSource`."""
        while self._is_due() and not self._in_flight.is_stopping:
            task = self._todo.popleft()
            self._tasks[task.delivery_id] = task
            try:
                return task.build()
            except TransportError as error:
                self.finish(task.delivery_id, error)
            except ValueError as error:
                self.finish(task.delivery_id, Refused(f"the message could not be built: {error}"))
            except Exception as error:  # a bug: the loop goes on, and the sender stops
                self.finish(task.delivery_id, error)
        return None

    def begin(self, delivery_id: int) -> bool:
        """Record in the high-water mark that a message may be accepted from now on; see `MessageSource`."""
        task = self._tasks.get(delivery_id)
        return task is not None and self._in_flight.begin(task.slot, delivery_id)

    def finish(self, delivery_id: int, result: Receipt | BaseException | None) -> None:
        """Take a message's result; with None it goes to another connection, unless sending stops."""
        task = self._tasks.pop(delivery_id, None)
        if task is None:
            return  # it was given back untried, when sending stopped
        if result is None and not self._in_flight.is_stopping:
            self._todo.appendleft(task)
            return
        if not self._finished:
            self._finished_since = time.monotonic()
        if isinstance(result, Receipt):
            self._in_flight.count_result(None)
            self._finished.append(Finished(task=task, receipt=result))
            return
        if result is not None:
            self._in_flight.count_result(result)
        self._finished.append(Finished(task=task, error=result))

    def _run(self) -> None:
        try:
            while not self._is_ending:
                self._run_once()
        except Exception as error:  # the outermost loop of a worker: recorded as uncertain, and the sender stops
            self._in_flight.stop()
            while not self._is_ending:
                self._fail_everything(error)
                time.sleep(_GROUP_SECONDS)
        finally:
            self._close_all()

    def _run_once(self) -> None:
        """Wait until something can be done, and do it."""
        for key, events in self._selector.select(self._timeout()):
            connection: Connection | None = key.data
            if connection is None:
                self._wake_reader.recv(4096)
            elif connection in self._connections:
                self._advance(connection, events)
        while self._opened:
            self._add_connection(self._opened.popleft())
        if self._in_flight.is_stopping:
            self._give_back()
        if self._todo:
            self._offer()
        now = time.monotonic()
        if now - self._checked_at > _CHECK_SECONDS:
            self._checked_at = now
            self._close_timed_out(now)
        if self._finished and self._is_group(now):
            self._in_flight.put(self._finished)
            self._finished = []

    def _timeout(self) -> float:
        """Return for how many seconds nothing needs to be done unless a connection reports something."""
        longest = _GROUP_SECONDS if self._finished else _CHECK_SECONDS
        delay = self._todo[0].due_at - time.monotonic() if self._todo else 0.0
        return min(longest, delay) if delay > 0 else longest

    def _is_group(self, now: float) -> bool:
        """Return whether the results should be passed on now."""
        is_all = not self._tasks and not self._todo
        return is_all or len(self._finished) >= self._in_flight.wanted or now - self._finished_since >= _GROUP_SECONDS

    def _is_due(self) -> bool:
        return bool(self._todo) and self._todo[0].due_at <= time.monotonic()

    def _offer(self) -> None:
        """Offer due messages to idle connections, and open more connections where they would be of use."""
        if not self._is_due():
            return
        for connection in [connection for connection in self._connections if connection.is_idle]:
            self._advance(connection, 0)
            if not self._is_due():
                return
        if time.monotonic() >= self._connect_at:
            for _ in range(min(len(self._todo), self._max_connections - len(self._connections)) - self._opening):
                self._opening += 1
                threading.Thread(target=self._open, name="connect", daemon=True).start()

    def _advance(self, connection: Connection, events: int) -> None:
        """Drive a connection as far as it can go, and register it for the event it needs next."""
        event = connection.advance(self, events)
        if not event:
            self._forget(connection)
        elif event != self._connections[connection]:
            self._selector.modify(connection, event, connection)
            self._connections[connection] = event

    def _give_back(self) -> None:
        """Return untried whatever has not begun."""
        self._take_todo()
        for delivery_id in [number for number in self._tasks if not self._in_flight.is_begun(number)]:
            self.finish(delivery_id, None)

    def _fail_everything(self, error: Exception) -> None:
        """After a bug: what has begun is uncertain."""
        self._take_todo()
        begun = {number for number in self._tasks if self._in_flight.is_begun(number)}
        failed = begun or set(list(self._tasks)[:1])  # at least one result has to carry the error
        for number, task in self._tasks.items():
            self._finished.append(Finished(task=task, error=error if number in failed else None))
        self._tasks.clear()
        if self._finished:
            self._in_flight.put(self._finished)
            self._finished = []

    def _take_todo(self) -> None:
        while self._todo:
            task = self._todo.popleft()
            self._tasks[task.delivery_id] = task

    def _open(self) -> None:
        """Open one connection; in a thread of its own."""
        try:
            connection = self._connect()
        except Exception as error:  # passed on to the loop's own thread
            self._opened.append(error)
        else:
            self._opened.append(connection)
            if self._is_ending:
                connection.close(self, "sending has ended")
        self.wake()

    def _add_connection(self, opened: Connection | Exception) -> None:
        """Use a connection that was opened; where none else is open, its error is the next message's result."""
        self._opening -= 1
        if isinstance(opened, TransportError):
            self._connect_at = time.monotonic() + (_RECONNECT_SECONDS if self._connections else 0.0)
            if self._todo and not (self._connections and isinstance(opened, Deferred)):
                task = self._todo.popleft()
                self._tasks[task.delivery_id] = task
                self.finish(task.delivery_id, opened)
            return
        if isinstance(opened, Exception):
            raise opened
        self._selector.register(opened, EVENT_READ, opened)
        self._connections[opened] = EVENT_READ
        self._advance(opened, 0)

    def _close_timed_out(self, now: float) -> None:
        """Close connections on which something has taken too long."""
        for connection in [it for it in self._connections if not it.is_idle and it.deadline < now]:
            self._close(connection, "no answer in time")

    def _close(self, connection: Connection, reason: str) -> None:
        self._forget(connection)
        connection.close(self, reason)

    def _forget(self, connection: Connection) -> None:
        del self._connections[connection]
        self._selector.unregister(connection)

    def _close_all(self) -> None:
        for connection in list(self._connections):
            self._close(connection, "sending has ended")
        while self._opened:
            opened = self._opened.popleft()
            if not isinstance(opened, Exception):
                opened.close(self, "sending has ended")
        self._selector.close()
        self._wake_writer.close()
        self._wake_reader.close()
