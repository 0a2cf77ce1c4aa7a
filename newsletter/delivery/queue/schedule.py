"""Schedule: which mailings are due, and when the next one is. The holder of the sender lock sends them, once."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from newsletter.database import Database
from newsletter.delivery.editions import mailing_of, select_mailings
from newsletter.delivery.models import Mailing, MailingKind, MailingState
from newsletter.delivery.tables import mailings
from newsletter.errors import DecisionRequired


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When a mailing may leave."""

    send_at: datetime | None = None
    """Given with this command; it replaces an earlier time, while nothing has left."""
    default_send_at: datetime | None = None
    """From the issue's file; it applies to a mailing that was given no other time."""
    send_before: datetime | None = None


def due_mailings(database: Database, now: datetime) -> tuple[Mailing, ...]:
    """Return the scheduled mailings that are due and have not ended, the earliest first."""
    with database.read() as connection:
        rows = connection.execute(
            select_mailings()
            .where(
                mailings.c.kind == MailingKind.ISSUE,
                mailings.c.state == MailingState.OPEN,
                mailings.c.finished_at.is_(None),
                mailings.c.send_at <= now,
            )
            .order_by(mailings.c.send_at, mailings.c.id)
        )
        return tuple(map(mailing_of, rows.all()))


def next_send_time(database: Database, now: datetime) -> datetime | None:
    """Return when the next scheduled mailing is due; None if none is scheduled."""
    with database.read() as connection:
        return connection.scalar(
            select(mailings.c.send_at)
            .where(mailings.c.state == MailingState.OPEN, mailings.c.finished_at.is_(None), mailings.c.send_at > now)
            .order_by(mailings.c.send_at)
            .limit(1)
        )


def refuse_late(mailing: Mailing, now: datetime) -> None:
    """Raise DecisionRequired when a mailing's `send_before` has passed."""
    if mailing.send_before is not None and now > mailing.send_before:
        limit = f"{mailing.send_before.astimezone():%Y-%m-%d %H:%M %Z}"
        raise DecisionRequired(
            f"'{mailing.slug}' was to be sent before {limit}, and that has passed. "
            "Add --yes to send it anyway, or cancel it"
        )
