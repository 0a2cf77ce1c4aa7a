"""Progress: the counts of a running send, kept up to date without counting in the database, and its speed."""

import time
from collections import Counter, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from newsletter.delivery.models import Counts, DeliveryStatus, Exclusion
from newsletter.delivery.queue.claim import DeliveryOutcome
from newsletter.delivery.queue.recovery import RecoveryResult

_MEASURED_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SendProgress:
    """How far a send has come."""

    counts: Counts
    rate: float
    """Messages a second, over the last few seconds."""
    eta: float | None
    """Seconds until everybody has been tried; None while the rate is unknown."""
    in_flight: int
    """How many messages may be being submitted at this instant."""
    waiting_for: str = ""
    """Why nothing leaves at present; "" when messages do."""
    recovered: RecoveryResult = field(default_factory=RecoveryResult)
    """What an earlier, interrupted sender had left."""


class ProgressCounter:
    """Counts that go on from those in the database."""

    def __init__(self, counts: Counts) -> None:
        """Start from the database's counts."""
        self._numbers = Counter(
            {
                DeliveryStatus.PLANNED: counts.planned,
                DeliveryStatus.SUBMITTED: counts.submitted,
                DeliveryStatus.FAILED: counts.failed,
                DeliveryStatus.UNCERTAIN: counts.uncertain,
            }
        )
        self._excluded = Counter(counts.excluded)
        self._tried: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])
        self._tries = 0

    @property
    def planned(self) -> int:
        """How many deliveries are left, those in flight included."""
        return self._numbers[DeliveryStatus.PLANNED]

    def add(self, outcomes: Iterable[DeliveryOutcome], excluded: Sequence[Exclusion]) -> None:
        """Count what one transaction has recorded."""
        for outcome in outcomes:
            if outcome.status is not DeliveryStatus.PLANNED:
                self._numbers[DeliveryStatus.PLANNED] -= 1
                self._numbers[outcome.status] += 1
                self._tries += 1
        self._excluded.update(excluded)
        self._numbers[DeliveryStatus.PLANNED] -= len(excluded)

    def rate(self, moment: float) -> float:
        """Return the messages per second over the last few seconds; `moment` is on the monotonic clock."""
        if moment - self._tried[-1][0] > _MEASURED_SECONDS / 20:
            self._tried.append((moment, self._tries))
            while len(self._tried) > 2 and moment - self._tried[0][0] > _MEASURED_SECONDS:
                self._tried.popleft()
        since, tries = self._tried[0]
        return (self._tries - tries) / max(moment - since, 0.001)

    def progress(self, moment: float, *, in_flight: int, waiting_for: str) -> SendProgress:
        """Return the progress at a moment of the monotonic clock."""
        rate = self.rate(moment)
        return SendProgress(
            counts=Counts(
                planned=self.planned,
                submitted=self._numbers[DeliveryStatus.SUBMITTED],
                failed=self._numbers[DeliveryStatus.FAILED],
                uncertain=self._numbers[DeliveryStatus.UNCERTAIN],
                excluded=dict(self._excluded),
            ),
            rate=rate,
            eta=self.planned / rate if rate else None,
            in_flight=in_flight,
            waiting_for=waiting_for,
        )
