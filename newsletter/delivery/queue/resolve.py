"""Settles what is uncertain, by the author's word."""

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

SKIPPED = "it may have been taken; the author chose not to send it again"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryProblem:
    """One delivery that failed, or that may have been taken."""

    delivery_id: int
    address: str
    """"" once the reader's record is erased."""
    reason: str
    since: datetime | None


def list_delivery_problems(
    database: Database, mailing: Mailing, status: DeliveryStatus, *, limit: int = 1000
) -> tuple[DeliveryProblem, ...]:
    """Return the deliveries of a mailing that are uncertain, or that failed, the first of them."""
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
    """Plan a mailing's uncertain deliveries anew, or count them as failed; return how many there were.

    What a sender that is gone has left is settled first, as far as it can be known.

    Raises TemporaryError while a sender is at work, UsageError when a cancelled mailing is to be sent again.
    """
    if resend and mailing.state is MailingState.CANCELLED:
        raise UsageError(f"mailing {mailing.id} is cancelled: nothing of it is sent again. Say --skip")
    with sender_lock(database, "settling what is uncertain"):
        take_over(database, settings, now)
        status = DeliveryStatus.PLANNED if resend else DeliveryStatus.FAILED
        with database.write() as connection:
            settled = connection.execute(
                update(deliveries)
                .where(
                    deliveries.c.mailing_id == mailing.id,
                    deliveries.c.status == literal_column("'uncertain'"),
                )
                .values(status=status, reason=None if resend else SKIPPED, due_at=0, attempts=0, changed_at=now)
            ).rowcount
            if resend and settled:
                connection.execute(update(mailings).where(mailings.c.id == mailing.id).values(finished_at=None))
    return settled
