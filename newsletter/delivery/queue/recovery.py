"""Takes over what a sender that is gone has left: outcomes it could not write, and claims it did not settle."""

from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol, runtime_checkable

from newsletter.database import Database
from newsletter.delivery.models import DeliveryStatus
from newsletter.delivery.queue.high_water_mark import HighWaterMark, high_water_mark_path
from newsletter.delivery.queue.outcome_spool import OutcomeSpool, spool_path
from newsletter.delivery.queue.record import Outcome, orphans, record
from newsletter.delivery.transports import OutboxTransport, Transport
from newsletter.settings import Settings

_WHY = "the sender was stopped before it knew whether this was taken"


@runtime_checkable
class Remembers(Protocol):
    """A transport that can say for certain what it took."""

    name: str

    def held(self) -> frozenset[int]:
        """Return the deliveries it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryResult:
    """What was found."""

    uncertain: int = 0
    settled: int = 0
    """By the spool, by a transport that remembers, or because they had not been begun."""


def recover(
    database: Database,
    spool: OutcomeSpool,
    transport: Transport | Remembers | None,
    mark: HighWaterMark | None,
    now: datetime,
) -> RecoveryResult:
    """Settle what can be, mark the rest uncertain; only for whoever is the sole sender.

    What the mark shows not to have been begun goes back to planned.
    """
    kept = spool.outcomes()
    if kept:
        record(database, kept, now)
        spool.clear()
    left = orphans(database)
    if not left:
        return RecoveryResult(settled=len(kept))
    rememberer = transport if isinstance(transport, Remembers) else None
    taken = rememberer.held() if rememberer else frozenset()
    begun = {worker: mark.begun(worker) if mark else None for worker in set(left.values())}
    outcomes = []
    for delivery_id, worker in left.items():
        outcome = Outcome(delivery_id=delivery_id, status=DeliveryStatus.UNCERTAIN, reason=_WHY)
        if rememberer is not None and worker.startswith(f"{rememberer.name}/"):
            is_taken = delivery_id in taken
            outcome = replace(
                outcome, status=DeliveryStatus.SUBMITTED if is_taken else DeliveryStatus.PLANNED, reason=None
            )
        elif (known := begun[worker]) is not None and delivery_id not in known:
            outcome = replace(outcome, status=DeliveryStatus.PLANNED, reason=None)
        outcomes.append(outcome)
    record(database, outcomes, now)
    uncertain = sum(outcome.status is DeliveryStatus.UNCERTAIN for outcome in outcomes)
    return RecoveryResult(uncertain=uncertain, settled=len(kept) + len(outcomes) - uncertain)


def take_over(database: Database, settings: Settings, now: datetime) -> RecoveryResult:
    """Recover as a sender does, for a sole sender that sends nothing: of next hops only the outbox is asked."""
    with (
        closing(OutcomeSpool(spool_path(settings), settings.delivery.in_flight)) as spool,
        closing(HighWaterMark(high_water_mark_path(settings), settings.delivery.in_flight)) as mark,
    ):
        known = None if mark.mailing_ahead_of(database) else mark
        if not (settings.var / "outbox").is_dir():
            return recover(database, spool, None, known, now)
        with closing(OutboxTransport(settings.var / "outbox")) as outbox:
            return recover(database, spool, outbox, known, now)
