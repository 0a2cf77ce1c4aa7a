"""Control: pause, resume and cancel a mailing; a sender in any process obeys at its next transaction."""

from datetime import datetime

from sqlalchemy import Connection, null, update

from newsletter.database import Database
from newsletter.delivery.editions import read_mailing
from newsletter.delivery.models import DeliveryStatus, Exclusion, Mailing, MailingState
from newsletter.delivery.tables import deliveries, mailings
from newsletter.errors import UsageError


def pause(database: Database, mailing: Mailing) -> Mailing:
    """Let nothing more of a mailing leave until it is resumed; a second call changes nothing.

    Raises UsageError for a mailing that has ended or is cancelled.
    """
    with database.write() as connection:
        current = read_mailing(connection, mailing.id)
        _refuse_cancelled(current)
        if current.finished_at is not None:
            raise UsageError(f"mailing {current.id} has ended: there is nothing to pause")
        return _set_state(connection, current, MailingState.PAUSED)


def resume(database: Database, mailing: Mailing) -> Mailing:
    """Let a paused mailing leave again; a second call changes nothing.

    Raises UsageError for a mailing that has ended without being paused, or is cancelled.
    """
    with database.write() as connection:
        current = read_mailing(connection, mailing.id)
        _refuse_cancelled(current)
        if current.finished_at is not None and current.state is not MailingState.PAUSED:
            raise UsageError(
                f"mailing {current.id} has ended: there is nothing to resume. "
                f"'newsletter send {current.slug}' sends it to new subscribers"
            )
        return _set_state(connection, current, MailingState.OPEN)


def cancel(database: Database, mailing: Mailing, now: datetime) -> int:
    """End a mailing for good; return how many planned recipients were excluded.

    What is being submitted at this moment still gets its outcome; a second call changes nothing.
    """
    with database.write() as connection:
        _set_state(connection, mailing, MailingState.CANCELLED)
        connection.execute(
            update(mailings)
            .where(mailings.c.id == mailing.id, mailings.c.finished_at.is_(None))
            .values(finished_at=now)
        )
        return cancel_planned(connection, mailing.id, now)


def cancel_planned(connection: Connection, mailing_id: int, now: datetime) -> int:
    """Exclude the planned deliveries of a mailing; return how many there were."""
    return connection.execute(
        update(deliveries)
        .where(deliveries.c.mailing_id == mailing_id, deliveries.c.status == DeliveryStatus.PLANNED)
        .values(status=DeliveryStatus.EXCLUDED, reason=Exclusion.CANCELLED, round_id=null(), changed_at=now)
    ).rowcount


def _set_state(connection: Connection, mailing: Mailing, state: MailingState) -> Mailing:
    connection.execute(update(mailings).where(mailings.c.id == mailing.id).values(state=state))
    return read_mailing(connection, mailing.id)


def _refuse_cancelled(mailing: Mailing) -> None:
    if mailing.state is MailingState.CANCELLED:
        raise UsageError(
            f"mailing {mailing.id} is cancelled, for good. 'newsletter send {mailing.slug} --again' makes a new one"
        )
