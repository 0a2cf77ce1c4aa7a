"""What the next hop grants during one run: asked again now and then, and turned into the run's pace.

The questions are asked in a thread of their own, so that a slow answer holds up no letter.
"""

import threading
from queue import Empty, SimpleQueue

from newsletter.database import Database
from newsletter.delivery.rate.limiter import USED, Pace
from newsletter.delivery.rate.shared_db import LedgerBook
from newsletter.delivery.transports.base import Accounted, Allowance, Transport
from newsletter.errors import SendingHalted, TransportError


class Grant:
    """The pace of one run, kept to what is granted; close it when the run ends."""

    def __init__(self, database: Database, transport: Transport, own_rate: float | None) -> None:
        """`own_rate` is the most that the publication itself wants, in messages a second."""
        self._own_rate = own_rate
        self._transport = transport
        self._answers: SimpleQueue[Allowance | SendingHalted] = SimpleQueue()
        self._is_closing = threading.Event()
        self.pace = self._first_pace(database)
        if isinstance(transport, Accounted):
            threading.Thread(target=self._ask, args=(transport,), daemon=True).start()

    def heed(self) -> None:
        """Go by what was answered since the last call; SendingHalted when the account may not send any more."""
        try:
            answer = self._answers.get_nowait()
        except Empty:
            return
        if isinstance(answer, SendingHalted):
            raise answer
        if answer.rate and self.pace is not None:
            self.pace.grant(self._rate(answer.rate), answer.rate * USED)

    def close(self) -> None:
        """Ask no longer."""
        self._is_closing.set()

    def _first_pace(self, database: Database) -> Pace | None:
        granted = self._transport.rate
        if not isinstance(self._transport, Accounted):
            rate = min(filter(None, (self._own_rate, granted)), default=None)
            return Pace(rate=rate) if rate else None
        if granted is None:
            return Pace(rate=self._own_rate) if self._own_rate else None
        shared = [] if self._transport.book is None else [self._transport.book]
        if not database.is_sqlite:  # whose file only one machine has
            shared.append(LedgerBook(database, self._transport.account))
        return Pace(rate=self._rate(granted), granted=granted * USED, books=tuple(shared))

    def _rate(self, granted: float) -> float:
        return min(self._own_rate or granted, granted * USED)

    def _ask(self, transport: Accounted) -> None:
        while not self._is_closing.wait(transport.refresh):
            try:
                self._answers.put(transport.allowance())
            except SendingHalted as halted:
                self._answers.put(halted)
            except TransportError:
                continue  # what was last answered stays
