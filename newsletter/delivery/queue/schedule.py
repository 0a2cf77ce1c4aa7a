"""The schedule: which mailings are due, and which is the next. Who holds the sender's lock fires them, once."""

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

    at: datetime | None = None
    """What the author says now; it replaces what was said before, while nothing has left."""
    usually: datetime | None = None
    """What the issue's file says; it holds for a mailing of which nothing else was said."""
    before: datetime | None = None


def due_mailings(database: Database, now: datetime) -> tuple[Mailing, ...]:
    """Return the scheduled mailings whose time has come and which have not ended, the earliest first."""
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
    """Return when the next scheduled mailing is due; None if none is."""
    with database.read() as connection:
        return connection.scalar(
            select(mailings.c.send_at)
            .where(mailings.c.state == MailingState.OPEN, mailings.c.finished_at.is_(None), mailings.c.send_at > now)
            .order_by(mailings.c.send_at)
            .limit(1)
        )


def refuse_late(mailing: Mailing, now: datetime) -> None:
    """Raise DecisionRequired when a mailing was meant to have left before now."""
    if mailing.send_before is not None and now > mailing.send_before:
        limit = f"{mailing.send_before.astimezone():%Y-%m-%d %H:%M %Z}"
        raise DecisionRequired(
            f"'{mailing.slug}' was to be sent before {limit}, and that has passed. "
            "Add --yes to send it all the same, or cancel it"
        )
