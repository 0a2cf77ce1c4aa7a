"""Leavings of many readers, written together: whoever comes while a transaction is under way shares the next.

A transaction that survives a power cut waits for the disk, and for the sender of a mailing before that; one
wait for all who ask meanwhile keeps each of them short. Nobody is answered before theirs is written.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from queue import SimpleQueue

from newsletter.errors import DatabaseBusy

PATIENCE_SECONDS = 20.0
"""How long another writer is waited for: a mailbox provider may not come a second time."""
_MOST = 200
"""Leavings in one transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What the holder of a letter's link said: no more of its list, or of any."""

    delivery_id: int
    from_all: bool
    is_one_click: bool
    words: str = ""
    """What they read before; a mailbox provider's own button has words that we do not know."""


class Leavings:
    """The one writer of leavings."""

    def __init__(self, write: Callable[[Sequence[Word]], object]) -> None:
        self._write = write
        self._waiting: SimpleQueue[tuple[Word, Future[None]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="leavings", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, and end."""
        self._waiting.put(None)
        self._thread.join()

    def add(self, word: Word) -> "Future[None]":
        """Return what is done when it is on the disk, or has the error that kept it from there."""
        done: Future[None] = Future()
        self._waiting.put((word, done))
        return done

    def _work(self) -> None:
        while True:
            group = [self._waiting.get()]
            while len(group) < _MOST and not self._waiting.empty():
                group.append(self._waiting.get())
            asked = [each for each in group if each is not None]
            if asked:
                self._settle(asked)
            if None in group:
                return

    def _settle(self, asked: Sequence[tuple[Word, "Future[None]"]]) -> None:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                self._write([word for word, _ in asked])
                break
            except DatabaseBusy as error:
                if time.monotonic() < until:
                    continue
                failed: Exception = error
            except Exception as error:  # whatever it is, whoever waits must hear of it
                failed = error
            for _, done in asked:
                done.set_exception(failed)
            return
        for _, done in asked:
            done.set_result(None)
