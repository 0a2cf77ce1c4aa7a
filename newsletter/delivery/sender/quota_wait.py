"""A mailing at the next hop's daily quota: it waits until the quota frees, and says why and until when.

The quota is counted over the last 24 hours, so it frees as fast as it was used the day before. How much is free
only the next hop knows: it is asked now and then, for others may send through the same account.
"""

import time
from collections.abc import Callable, Generator
from datetime import datetime, timedelta

from sqlalchemy import func, literal_column, select

from newsletter.database import Database
from newsletter.delivery.editions import read_mailing
from newsletter.delivery.models import Mailing, MailingState
from newsletter.delivery.tables import deliveries, mailings
from newsletter.delivery.transports.base import Accounted, Allowance, Transport
from newsletter.errors import SendingHalted, TransportError

_WINDOW = timedelta(hours=24)
_LOOK_SECONDS = 1.0
"""How often the author's own word is looked for meanwhile."""
_TICK_SECONDS = 0.2
_BLIND_SECONDS = 15 * 60.0
"""Between two tries at a next hop that cannot be asked."""


def wait_for_quota(
    database: Database, mailing: Mailing, transport: Transport, clock: Callable[[], datetime]
) -> Generator[str, None, None]:
    """Yield why nothing leaves, several times a second, until something may leave, or the mailing must not.

    Raises SendingHalted when the account may not send any more.
    """
    seconds = transport.refresh if isinstance(transport, Accounted) else _BLIND_SECONDS
    granted = transport.granted if isinstance(transport, Accounted) else Allowance()
    frees_at = _frees_at(database, transport.name, clock())
    while True:
        words = _words(granted, frees_at, seconds)
        asks_at = looks_at = time.monotonic()
        asks_at += seconds
        while (moment := time.monotonic()) < asks_at:
            if moment >= looks_at:
                if not _is_open(database, mailing):
                    return
                looks_at = moment + _LOOK_SECONDS
            yield words
            time.sleep(min(_TICK_SECONDS, max(0.0, asks_at - moment)))
        if not isinstance(transport, Accounted):
            return
        try:
            granted = transport.allowance()
        except SendingHalted:  # which is a TransportError too, but no passing one
            raise
        except TransportError:
            continue
        if granted.left is None or granted.left >= 1:
            return


def _is_open(database: Database, mailing: Mailing) -> bool:
    with database.read() as connection:
        return read_mailing(connection, mailing.id).state is MailingState.OPEN


def _frees_at(database: Database, transport: str, now: datetime) -> datetime | None:
    """Return when the first of our own letters of the last 24 hours no longer counts; None without any."""
    asked = (
        select(func.min(deliveries.c.changed_at))
        .join(mailings, mailings.c.id == deliveries.c.mailing_id)
        .where(
            mailings.c.transport == transport,
            deliveries.c.status == literal_column("'submitted'"),
            deliveries.c.changed_at > now - _WINDOW,
        )
    )
    with database.read() as connection:
        first: datetime | None = connection.scalar(asked)
    return first + _WINDOW if first else None


def _words(granted: Allowance, frees_at: datetime | None, seconds: float) -> str:
    quota = f"the quota of {granted.daily:,.0f} letters in 24 hours" if granted.daily else "the day's quota"
    until = f"; of what went out from here, it frees from {frees_at.astimezone():%a %H:%M} on" if frees_at else ""
    return f"{quota} is spent{until}. Looked at again every {seconds:,.0f} s; Ctrl-C stops, and nothing is lost"
