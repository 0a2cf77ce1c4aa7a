"""Resolve: uncertain deliveries are sent again or counted as failed, by the author's decision."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import literal_column, select, update

from newsletter.audience import candidates
from newsletter.database import Database
from newsletter.delivery.models import DeliveryStatus, Mailing, MailingState
from newsletter.delivery.queue.lock import sender_lock
from newsletter.delivery.queue.recovery import take_over
from newsletter.delivery.tables import deliveries, mailings
from newsletter.errors import UsageError
from newsletter.settings import Settings

SKIPPED = "it may have been accepted; the author chose not to send it again"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryProblem:
    """One delivery that failed, or that is uncertain."""

    delivery_id: int
    address: str
    """"" once the reader's record is erased."""
    reason: str
    since: datetime | None


def list_delivery_problems(
    database: Database, mailing: Mailing, status: DeliveryStatus, *, limit: int = 1000
) -> tuple[DeliveryProblem, ...]:
    """Return the first deliveries of a mailing that are uncertain, or that failed."""
    people = candidates(mailing.list_name).subquery("people")
    with database.read() as connection:
        rows = connection.execute(
            select(
                deliveries.c.id,
                people.c.address,
                deliveries.c.address.label("tested"),
                deliveries.c.reason,
                deliveries.c.changed_at,
            )
            .outerjoin(people, people.c.subscriber_id == deliveries.c.subscriber_id)
            .where(deliveries.c.mailing_id == mailing.id, deliveries.c.status == literal_column(f"'{status}'"))
            .order_by(deliveries.c.id)
            .limit(limit)
        )
        return tuple(
            DeliveryProblem(
                delivery_id=row.id,
                address=row.tested or row.address or "",
                reason=row.reason or "",
                since=row.changed_at,
            )
            for row in rows
        )


def resolve(database: Database, settings: Settings, mailing: Mailing, *, resend: bool, now: datetime) -> int:
    """Plan a mailing's uncertain deliveries again, or count them as failed; return how many there were.

    What a killed sender left is recovered first.

    Raises TemporaryError while a sender is running, UsageError when a cancelled mailing is to be sent again.
    """
    if resend and mailing.state is MailingState.CANCELLED:
        raise UsageError(f"mailing {mailing.id} is cancelled: nothing of it is sent again. Use --skip")
    with sender_lock(database, "resolving uncertain deliveries"):
        take_over(database, settings, now)
        status = DeliveryStatus.PLANNED if resend else DeliveryStatus.FAILED
        with database.write() as connection:
            resolved = connection.execute(
                update(deliveries)
                .where(
                    deliveries.c.mailing_id == mailing.id,
                    deliveries.c.status == literal_column("'uncertain'"),
                )
                .values(status=status, reason=None if resend else SKIPPED, due_at=0, attempts=0, changed_at=now)
            ).rowcount
            if resend and resolved:
                connection.execute(update(mailings).where(mailings.c.id == mailing.id).values(finished_at=None))
    return resolved
