"""Rate refresh: the rate limiter of one send, kept to what the provider grants at present.

The quota is read again now and then in a thread of its own, so that a slow answer delays no message.
"""

import threading
from queue import Empty, SimpleQueue

from newsletter.database import Database
from newsletter.delivery.rate.limiter import USED, RateLimiter
from newsletter.delivery.rate.shared_db import SharedRateRow
from newsletter.delivery.transports.base import ProviderAccount, SendQuota, Transport
from newsletter.errors import SendingHalted, TransportError


class GrantedRate:
    """A rate limiter and the thread that keeps it current; close it when the send ends."""

    def __init__(self, database: Database, transport: Transport, own_rate: float | None) -> None:
        """`own_rate` is the most that the publication itself wants, in messages a second."""
        self._own_rate = own_rate
        self._answers: SimpleQueue[SendQuota | SendingHalted] = SimpleQueue()
        self._is_closing = threading.Event()
        self.limiter = self._make_limiter(database, transport)
        if transport.account is not None:
            threading.Thread(target=self._refresh, args=(transport.account,), daemon=True).start()

    def update(self) -> None:
        """Apply what was answered since the last call; SendingHalted when the account may not send any more."""
        try:
            answer = self._answers.get_nowait()
        except Empty:
            return
        if isinstance(answer, SendingHalted):
            raise answer
        if answer.rate and self.limiter is not None:
            self.limiter.set_rate(self._usable(answer.rate), answer.rate * USED)

    def close(self) -> None:
        """Stop refreshing."""
        self._is_closing.set()

    def _make_limiter(self, database: Database, transport: Transport) -> RateLimiter | None:
        account, granted = transport.account, transport.rate
        if account is None:
            rate = min(filter(None, (self._own_rate, granted)), default=None)
            return RateLimiter(rate=rate) if rate else None
        if granted is None:
            return RateLimiter(rate=self._own_rate) if self._own_rate else None
        shared = [] if account.shared_rate is None else [account.shared_rate]
        if not database.is_sqlite:  # which only one machine has
            shared.append(SharedRateRow(database, account.id))
        return RateLimiter(rate=self._usable(granted), granted=granted * USED, shared=tuple(shared))

    def _usable(self, granted: float) -> float:
        return min(self._own_rate or granted, granted * USED)

    def _refresh(self, account: ProviderAccount) -> None:
        while not self._is_closing.wait(account.refresh):
            try:
                self._answers.put(account.read_quota())
            except SendingHalted as halted:
                self._answers.put(halted)
            except TransportError:
                continue  # the last answer stays valid
