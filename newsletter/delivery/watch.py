"""The watch: which deliveries have been begun, whether more may be, and when doubt after doubt ends it.

A delivery is begun just before the next hop may take it: that is written into the mark first, so that of what
a killed sender had claimed only these are in doubt.
"""

import threading
from collections.abc import Sequence

from newsletter.delivery.queue.high_water_mark import HighWaterMark
from newsletter.errors import NewsletterError, Uncertain

MOST_DOUBTS = 8
"""So many submits in a row of which nobody knows whether they were taken: nothing more is begun."""


class Watch:
    """What everybody who submits heeds; safe to share between threads."""

    def __init__(self, mark: HighWaterMark) -> None:
        self._mark = mark
        self._begun: set[int] = set()
        self._doubts: list[Exception] = []
        self._is_stopping = threading.Event()
        self._heeding = threading.Lock()

    @property
    def is_stopping(self) -> bool:
        """Whether nothing more may be begun."""
        return self._is_stopping.is_set()

    @property
    def doubts(self) -> Sequence[Exception]:
        """What the last submits said, as long as each left it open whether the message was taken."""
        return tuple(self._doubts)

    def stop(self) -> None:
        """Let nothing more be begun."""
        self._is_stopping.set()

    def is_stopped_within(self, seconds: float) -> bool:
        """Wait so long, and return whether nothing may be begun any more."""
        return self._is_stopping.wait(seconds) if seconds > 0 else self.is_stopping

    def begin(self, slot: int, delivery_id: int) -> bool:
        """Note that a delivery is being submitted; False when it may not be any more."""
        self._begun.add(delivery_id)  # and only then asks: whoever abandons it stops first, and looks afterwards
        if self._is_stopping.is_set():
            self._begun.discard(delivery_id)
            return False
        self._mark.note(slot, delivery_id)
        return True

    def is_begun(self, delivery_id: int) -> bool:
        """Whether a delivery has been begun and is not forgotten."""
        return delivery_id in self._begun

    def forget(self, delivery_id: int) -> None:
        """Note that what became of a delivery is known."""
        self._begun.discard(delivery_id)

    def heed(self, error: Exception | None) -> None:
        """Note how a submit ended: doubt upon doubt ends everything, and what ended it stays known."""
        if error is None and not self._doubts:
            return
        with self._heeding:
            if isinstance(error, Uncertain):
                self._doubts.append(error)
                if len(self._doubts) >= MOST_DOUBTS:
                    self.stop()
            elif not self.is_stopping and (error is None or isinstance(error, NewsletterError)):
                self._doubts.clear()
