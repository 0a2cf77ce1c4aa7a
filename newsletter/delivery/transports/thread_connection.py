"""Blocking transports: lets the event loop drive an API that waits for its answer, such as boto3's or a file system's.

Each connection is a thread that submits one message at a time.
"""

import os
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from selectors import EVENT_READ

from newsletter.delivery.transports.base import Connection, Envelope, MessageSource, ProviderAccount, Receipt
from newsletter.errors import Uncertain


class ThreadConnection:
    """A thread that submits one message at a time, and a pipe that wakes the event loop when it has finished."""

    deadline = float("inf")
    """The API has time limits of its own."""

    def __init__(self, submit: Callable[[Envelope, bytes], Receipt]) -> None:
        self._submit = submit
        self._messages: SimpleQueue[tuple[Envelope, bytes] | None] = SimpleQueue()
        self._results: SimpleQueue[Receipt | BaseException] = SimpleQueue()
        self._delivery_id: int | None = None
        self._wake_reader, self._wake_writer = os.pipe()
        self._thread = threading.Thread(target=self._work, name="submit", daemon=True)
        self._thread.start()

    def fileno(self) -> int:
        """Return the descriptor that a selector waits on."""
        return self._wake_reader

    @property
    def is_idle(self) -> bool:
        """Whether no message is in progress."""
        return self._delivery_id is None

    def advance(self, source: MessageSource, events: int) -> int:
        """Report the result of the message in progress, and give the thread the next one."""
        if events and self._delivery_id is not None:
            os.read(self._wake_reader, 1)
            delivery_id, self._delivery_id = self._delivery_id, None
            source.finish(delivery_id, self._results.get())
        while self._delivery_id is None and (message := source.next_message()) is not None:
            delivery_id = message[0].delivery_id
            if source.begin(delivery_id):
                self._delivery_id = delivery_id
                self._messages.put(message)
            else:
                source.finish(delivery_id, None)
        return EVENT_READ

    def close(self, source: MessageSource, reason: str) -> None:
        """Let the thread end, after the message in progress if there is one; its result is then unknown."""
        self._messages.put(None)
        if self._delivery_id is not None:
            source.finish(self._delivery_id, Uncertain(reason))
            return
        self._thread.join()

    def _work(self) -> None:
        try:
            while (message := self._messages.get()) is not None:
                try:
                    result: Receipt | BaseException = self._submit(*message)
                except BaseException as error:  # the outermost loop of a worker: else the event loop would wait
                    result = error
                self._results.put(result)
                os.write(self._wake_writer, b"!")
        finally:
            for descriptor in (self._wake_writer, self._wake_reader):
                with suppress(OSError):
                    os.close(descriptor)


class BlockingTransport(ABC):
    """Base of a transport whose API waits for its answer: each of its connections is a thread."""

    name: str
    connections: int = 1
    notices: tuple[str, ...] = ()

    @property
    def rate(self) -> float | None:
        """None: no rate is granted."""
        return None

    @property
    def account(self) -> ProviderAccount | None:
        """None: there is no shared account."""
        return None

    @abstractmethod
    def submit(self, envelope: Envelope, message: bytes) -> Receipt:
        """Submit one message and wait for its receipt; called by several threads at once.

        Raises Refused, Deferred, SendingHalted or Uncertain; DiskFull when this machine has no room.
        """

    def connect(self) -> Connection:
        """Start a thread that submits."""
        return ThreadConnection(self.submit)

    def accepted(self) -> frozenset[int] | None:
        """Return None: it cannot be known."""
        return None

    @abstractmethod
    def close(self) -> None:
        """Release what the transport holds."""
