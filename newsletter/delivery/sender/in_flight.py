"""In-flight messages: the state that the sender's thread and the event loop's thread share.

It holds the results that have not been collected yet, which messages have begun, and whether more may begin. A message
begins just before the provider may accept it. That is recorded first, in the high-water mark, so that of everything a
killed sender had claimed only these messages are uncertain.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from newsletter.delivery.transports.base import Envelope, Receipt
from newsletter.errors import NewsletterError, Uncertain

MAX_UNCERTAIN = 8
"""After so many uncertain results in a row nothing more begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One message to submit, not before a time on the monotonic clock."""

    delivery_id: int
    build: Callable[[], tuple[Envelope, bytes]]
    """Builds the message; raises TransportError or ValueError where that fails."""
    attempts: int = 0
    """How often the provider has deferred it already."""
    slot: int = 0
    """Its place in the high-water mark."""
    due_at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The result of one task: a receipt, an error, or neither when it was not tried."""

    task: Task
    receipt: Receipt | None = None
    error: BaseException | None = None


class InFlight:
    """Results and stop signal, safe to share between the two threads."""

    def __init__(
        self, record_begin: Callable[[int, int], None] | None = None, *, max_uncertain: int = MAX_UNCERTAIN
    ) -> None:
        """`record_begin` is called with a slot and a delivery before that delivery's message may be accepted."""
        self._record_begin = record_begin
        self._max_uncertain = max_uncertain
        self._begun: set[int] = set()
        self._uncertain: list[Uncertain] = []
        self._results: SimpleQueue[Sequence[Finished]] = SimpleQueue()
        self.wanted = 1
        """How many results the sender waits for at present."""
        self.is_stopping = False
        """Whether nothing more may begin."""

    @property
    def uncertain_in_a_row(self) -> Sequence[Uncertain]:
        """The latest results, as far back as all of them were uncertain."""
        return tuple(self._uncertain)

    def stop(self) -> None:
        """Let nothing more begin."""
        self.is_stopping = True

    def begin(self, slot: int, delivery_id: int) -> bool:
        """Record that a message may be accepted from now on; False when nothing more may begin."""
        self._begun.add(delivery_id)  # before the check: stopping sets the flag, then reads this set
        if self.is_stopping:
            self._begun.discard(delivery_id)
            return False
        if self._record_begin is not None:
            self._record_begin(slot, delivery_id)
        return True

    def is_begun(self, delivery_id: int) -> bool:
        """Whether a message has begun and its result is not collected yet."""
        return delivery_id in self._begun

    def forget(self, delivery_id: int) -> None:
        """Note that a message's result is collected."""
        self._begun.discard(delivery_id)

    def count_result(self, error: BaseException | None) -> None:
        """Count uncertain results in a row, and stop at too many; those that stopped it stay known."""
        if error is None and not self._uncertain:
            return
        if isinstance(error, Uncertain):
            self._uncertain.append(error)
            if len(self._uncertain) >= self._max_uncertain:
                self.stop()
        elif not self.is_stopping and (error is None or isinstance(error, NewsletterError)):
            self._uncertain.clear()

    def put(self, finished: Sequence[Finished]) -> None:
        """Add results."""
        self._results.put(finished)

    def take(self, seconds: float | None) -> Sequence[Finished]:
        """Return the next group of results; nothing if none comes within so many seconds."""
        try:
            return self._results.get(timeout=seconds)
        except Empty:
            return ()

    def take_all(self) -> Iterator[Finished]:
        """Return the results there are, without waiting."""
        while not self._results.empty():
            yield from self._results.get()
