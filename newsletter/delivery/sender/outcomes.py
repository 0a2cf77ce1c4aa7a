"""Outcomes: what each submit result means for its delivery, and when a send waits, slows down or stops."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from newsletter.delivery.models import DeliveryStatus
from newsletter.delivery.queue.claim import DeliveryOutcome
from newsletter.delivery.rate.limiter import Backoff, RateLimiter
from newsletter.delivery.sender.in_flight import Finished
from newsletter.errors import Deferred, QuotaExceeded, Refused, SendingHalted, TemporaryError, Uncertain

MAX_REFUSED = 10
"""After so many refusals with nothing accepted before, the message or the sender is at fault, not the addresses."""
MAX_REFUSED_IN_A_ROW = 50
"""After so many refusals in a row, though some were accepted before, the provider has turned against the message."""
NEXT_SEND_SECONDS = 24 * 3600
"""What is deferred for longer than a send lasts is left to the next one."""


@dataclass(slots=True, kw_only=True)
class OutcomePolicy:
    """Turns results into outcomes, and keeps what makes a send wait or stop."""

    backoff: Backoff
    limiter: RateLimiter | None
    refused: int = 0
    refused_in_a_row: int = 0
    """How many of these came since a message was accepted."""
    stop_error: BaseException | None = None
    """Why nothing more is to be tried."""
    last_reason: str = ""
    """Why the last message was refused or deferred."""
    left_over: set[int] = field(default_factory=set)
    """Deliveries that are left to the next send."""

    def outcomes(self, finished: Iterable[Finished], now: datetime) -> list[DeliveryOutcome]:
        """Return the outcomes of what is finished."""
        return [self._outcome(result, now) for result in finished]

    def update(self, outcomes: Sequence[DeliveryOutcome], moment: float) -> None:
        """Back off, change the rate or stop, as these outcomes demand; `moment` is on the monotonic clock."""
        is_accepted = any(outcome.status is DeliveryStatus.SUBMITTED for outcome in outcomes)
        is_deferred = any(outcome.is_deferred for outcome in outcomes)
        if is_accepted:
            self.backoff.accepted()
        elif is_deferred:
            self.backoff.deferred(moment)
        if self.limiter is not None:
            if is_deferred:
                self.limiter.slow_down(moment)
            elif is_accepted:
                self.limiter.recover(moment)
        if self.backoff.is_over:
            self.stop(Deferred(f"{self.last_reason}. Nothing is accepted at present: run it again later"))
        if self.refused >= MAX_REFUSED and not self.backoff.has_accepted:
            self.stop(
                SendingHalted(f"the first {self.refused} messages were all refused, the last one: {self.last_reason}")
            )
        elif self.refused_in_a_row >= MAX_REFUSED_IN_A_ROW:
            self.stop(
                SendingHalted(
                    f"{self.refused_in_a_row} messages in a row were refused, the last one: {self.last_reason}. If the "
                    "issue is at fault, correct it; if the addresses are, run it again"
                )
            )

    def stop(self, error: BaseException) -> None:
        """Let nothing more be tried; the first error is the one that counts."""
        self.stop_error = self.stop_error or error

    def _outcome(self, result: Finished, now: datetime) -> DeliveryOutcome:
        delivery_id, error = result.task.delivery_id, result.error
        if result.receipt is not None:
            self.refused_in_a_row = 0
            reference = result.receipt.reference[:300]
            return DeliveryOutcome(delivery_id=delivery_id, status=DeliveryStatus.SUBMITTED, reference=reference)
        if error is None:
            return DeliveryOutcome(delivery_id=delivery_id, status=DeliveryStatus.PLANNED)
        reason = str(error)[:300]
        if isinstance(error, Refused):
            self.refused, self.refused_in_a_row = self.refused + 1, self.refused_in_a_row + 1
            self.last_reason = reason
            return DeliveryOutcome(delivery_id=delivery_id, status=DeliveryStatus.FAILED, reason=reason)
        if isinstance(error, Uncertain):
            return DeliveryOutcome(delivery_id=delivery_id, status=DeliveryStatus.UNCERTAIN, reason=reason)
        if isinstance(error, SendingHalted | QuotaExceeded | TemporaryError):
            self.stop(error)
            return DeliveryOutcome(delivery_id=delivery_id, status=DeliveryStatus.PLANNED)
        if isinstance(error, Deferred):
            self.last_reason = reason
            return self._deferred(result, reason, now)
        self.stop(error)
        return DeliveryOutcome(
            delivery_id=delivery_id, status=DeliveryStatus.UNCERTAIN, reason=f"an internal error: {reason}"
        )

    def _deferred(self, result: Finished, reason: str, now: datetime) -> DeliveryOutcome:
        """Return when a deferred delivery is tried again."""
        attempts = result.task.attempts
        retry = self.backoff.delays.retry
        is_left_over = attempts >= len(retry)
        if is_left_over:
            self.left_over.add(result.task.delivery_id)
        seconds = NEXT_SEND_SECONDS if is_left_over else retry[attempts]
        return DeliveryOutcome(
            delivery_id=result.task.delivery_id,
            status=DeliveryStatus.PLANNED,
            reason=reason,
            due_at=int(now.timestamp()) + seconds,
            is_deferred=True,
        )
