"""The tray between the sender and those who submit: what is to be done, and what came of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from newsletter.delivery.models import Delivery
from newsletter.delivery.transports.base import Envelope, Receipt

Write = Callable[[Delivery], tuple[Envelope, bytes]]
"""Makes a delivery's envelope and message; ValueError when that cannot be done."""


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


class Tray:
    """Where those who submit put what is finished, in groups as large as the sender waits for."""

    def __init__(self) -> None:
        self._done: SimpleQueue[Sequence[Finished]] = SimpleQueue()
        self.wanted = 1
        """How many the sender waits for at present."""

    def put(self, finished: Sequence[Finished]) -> None:
        """Add what is finished."""
        self._done.put(finished)

    def take(self, seconds: float | None) -> Sequence[Finished]:
        """Return the next group; nothing if none comes in so many seconds."""
        try:
            return self._done.get(timeout=seconds)
        except Empty:
            return ()

    def take_all(self) -> Iterator[Finished]:
        """Return what there is."""
        while not self._done.empty():
            yield from self._done.get()
