"""Recovery: takes over what a killed sender left, outcomes it could not write and claims without an outcome."""

from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime

from newsletter.database import Database
from newsletter.delivery.models import DeliveryStatus
from newsletter.delivery.queue.claim import DeliveryOutcome, claimed_deliveries, record
from newsletter.delivery.queue.high_water_mark import HighWaterMark, high_water_mark_path
from newsletter.delivery.queue.outcome_spool import OutcomeSpool, spool_path
from newsletter.delivery.transports.base import Transport
from newsletter.delivery.transports.outbox import OutboxTransport
from newsletter.settings import Settings

_INTERRUPTED = "the sender was stopped before it knew whether this was accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryResult:
    """How many deliveries an interrupted sender had left."""

    uncertain: int = 0
    resolved: int = 0
    """By the spool, by a transport that knows what it accepted, or because they had not begun."""


def recover(
    database: Database,
    spool: OutcomeSpool,
    transport: Transport | None,
    mark: HighWaterMark | None,
    now: datetime,
) -> RecoveryResult:
    """Resolve what is known, and make the rest uncertain; only for the holder of the sender lock.

    Deliveries that had not begun, by the high-water mark, are planned again.
    """
    spooled = spool.outcomes()
    if spooled:
        record(database, spooled, now)
        spool.clear()
    left = claimed_deliveries(database)
    if not left:
        return RecoveryResult(resolved=len(spooled))
    accepted = transport.accepted() if transport is not None else None
    begun = {worker: mark.begun(worker) if mark else None for worker in set(left.values())}
    outcomes = []
    for delivery_id, worker in left.items():
        outcome = DeliveryOutcome(delivery_id=delivery_id, status=DeliveryStatus.UNCERTAIN, reason=_INTERRUPTED)
        if transport is not None and accepted is not None and worker.startswith(f"{transport.name}/"):
            is_accepted = delivery_id in accepted
            outcome = replace(
                outcome, status=DeliveryStatus.SUBMITTED if is_accepted else DeliveryStatus.PLANNED, reason=None
            )
        elif (known := begun[worker]) is not None and delivery_id not in known:
            outcome = replace(outcome, status=DeliveryStatus.PLANNED, reason=None)
        outcomes.append(outcome)
    record(database, outcomes, now)
    uncertain = sum(outcome.status is DeliveryStatus.UNCERTAIN for outcome in outcomes)
    return RecoveryResult(uncertain=uncertain, resolved=len(spooled) + len(outcomes) - uncertain)


def take_over(database: Database, settings: Settings, now: datetime) -> RecoveryResult:
    """Recover as a sender does, for a holder of the sender lock that sends nothing: only the outbox is asked."""
    with (
        closing(OutcomeSpool(spool_path(settings), settings.delivery.in_flight)) as spool,
        closing(HighWaterMark(high_water_mark_path(settings), settings.delivery.in_flight)) as mark,
    ):
        known = None if mark.mailing_ahead_of(database) else mark
        if not (settings.var / "outbox").is_dir():
            return recover(database, spool, None, known, now)
        with closing(OutboxTransport(settings.var / "outbox")) as outbox:
            return recover(database, spool, outbox, known, now)
