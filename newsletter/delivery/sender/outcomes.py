"""What a submit's result means for its delivery, and for the run: go on, wait, or stop."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from newsletter.delivery.models import DeliveryStatus
from newsletter.delivery.queue.record import Outcome
from newsletter.delivery.rate.limiter import Pace, Patience
from newsletter.delivery.sender.in_flight import Finished
from newsletter.errors import Deferred, QuotaExceeded, Refused, SendingHalted, TemporaryError, Uncertain

MOST_REFUSED = 10
"""So many refusals with nothing taken before: the letter or the sender is at fault, not the addresses."""
MOST_REFUSED_IN_A_ROW = 50
"""So many refusals on end, though some were taken before: the next hop has turned against the letter."""
ANOTHER_RUN = 24 * 3600
"""Seconds: what is put off for longer than a run lasts is left to the next one."""


@dataclass(slots=True, kw_only=True)
class Judge:
    """Turns results into outcomes, and remembers what makes a run stop."""

    patience: Patience
    pace: Pace | None
    refused: int = 0
    refused_on_end: int = 0
    """How many of these came since a message was taken."""
    stop: Exception | None = None
    """Why nothing more is to be tried."""
    last_reason: str = ""
    """Why the last message was put off."""
    put_off: set[int] = field(default_factory=set)
    """Deliveries that are left to another run."""

    def outcomes(self, finished: Iterable[Finished], now: datetime) -> list[Outcome]:
        """Return the outcomes of what is finished."""
        return [self._outcome(result, now) for result in finished]

    def heed(self, outcomes: Sequence[Outcome], moment: float) -> None:
        """Go more slowly, or stop, by what became of deliveries; `moment` is the monotonic clock's."""
        is_taken = any(outcome.status is DeliveryStatus.SUBMITTED for outcome in outcomes)
        is_put_off = any(outcome.is_put_off for outcome in outcomes)
        if is_taken:
            self.patience.taken()
        elif is_put_off:
            self.patience.put_off(moment)
        if self.pace is not None:
            if is_put_off:
                self.pace.slow_down(moment)
            elif is_taken:
                self.pace.recover(moment)
        if self.patience.is_over:
            self.stop_for(Deferred(f"{self.last_reason}. Nothing is taken at present: run it again later"))
        if self.refused >= MOST_REFUSED and not self.patience.has_taken:
            self.stop_for(
                SendingHalted(f"the first {self.refused} letters were all refused, the last so: {self.last_reason}")
            )
        elif self.refused_on_end >= MOST_REFUSED_IN_A_ROW:
            self.stop_for(
                SendingHalted(
                    f"{self.refused_on_end} letters on end were refused, the last so: {self.last_reason}. If the "
                    "letter is at fault, mend it; if the addresses are, run it again"
                )
            )

    def _outcome(self, result: Finished, now: datetime) -> Outcome:
        number, error = result.delivery.id, result.error
        if result.receipt is not None:
            self.refused_on_end = 0
            reference = result.receipt.reference[:300]
            return Outcome(delivery_id=number, status=DeliveryStatus.SUBMITTED, reference=reference)
        if error is None:
            return Outcome(delivery_id=number, status=DeliveryStatus.PLANNED)
        reason = str(error)[:300]
        if isinstance(error, Refused):
            self.refused, self.refused_on_end = self.refused + 1, self.refused_on_end + 1
            self.last_reason = reason
            return Outcome(delivery_id=number, status=DeliveryStatus.FAILED, reason=reason)
        if isinstance(error, Uncertain):
            return Outcome(delivery_id=number, status=DeliveryStatus.UNCERTAIN, reason=reason)
        if isinstance(error, SendingHalted | QuotaExceeded | TemporaryError):
            self.stop_for(error)
            return Outcome(delivery_id=number, status=DeliveryStatus.PLANNED)
        if isinstance(error, Deferred):
            self.last_reason = reason
            return self._put_off(result, reason, now)
        self.stop_for(error)
        return Outcome(delivery_id=number, status=DeliveryStatus.UNCERTAIN, reason=f"a fault of ours: {reason}")

    def _put_off(self, result: Finished, reason: str, now: datetime) -> Outcome:
        attempts = result.delivery.attempts
        retry = self.patience.delays.retry
        is_left = attempts >= len(retry)
        if is_left:
            self.put_off.add(result.delivery.id)
        seconds = ANOTHER_RUN if is_left else retry[attempts]
        return Outcome(
            delivery_id=result.delivery.id,
            status=DeliveryStatus.PLANNED,
            reason=reason,
            due_at=int(now.timestamp()) + seconds,
            is_put_off=True,
        )

    def stop_for(self, error: Exception) -> None:
        """Let nothing more be tried; the first reason is the one that counts."""
        self.stop = self.stop or error
