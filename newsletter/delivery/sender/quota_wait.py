"""Quota wait: a mailing at the provider's daily quota waits until the quota frees, and says why and until when.

The quota is counted over the last 24 hours, so it frees as fast as it was used the day before. How much is free only
the provider knows: it is asked now and then, for others may send through the same account.
"""

import time
from collections.abc import Callable, Generator
from datetime import datetime, timedelta

from sqlalchemy import func, literal_column, select

from newsletter.database import Database
from newsletter.delivery.editions import read_mailing
from newsletter.delivery.models import Mailing, MailingState
from newsletter.delivery.tables import deliveries, mailings
from newsletter.delivery.transports.base import SendQuota, Transport
from newsletter.errors import SendingHalted, TransportError

_WINDOW = timedelta(hours=24)
_CHECK_SECONDS = 1.0
"""How often it looks whether the mailing was paused or cancelled meanwhile."""
_YIELD_SECONDS = 0.2
_RETRY_SECONDS = 15 * 60.0
"""Between two attempts at a provider that cannot be asked."""


def wait_for_quota(
    database: Database, mailing: Mailing, transport: Transport, clock: Callable[[], datetime]
) -> Generator[str, None, None]:
    """Yield the reason several times a second, until something may leave or the mailing is no longer open.

    Raises SendingHalted when the account may not send any more.
    """
    account = transport.account
    seconds = account.refresh if account is not None else _RETRY_SECONDS
    quota = account.quota if account is not None else SendQuota()
    frees_at = _frees_at(database, transport.name, clock())
    while True:
        reason = _reason(quota, frees_at, seconds)
        ask_at = check_at = time.monotonic()
        ask_at += seconds
        while (moment := time.monotonic()) < ask_at:
            if moment >= check_at:
                if not _is_open(database, mailing):
                    return
                check_at = moment + _CHECK_SECONDS
            yield reason
            time.sleep(min(_YIELD_SECONDS, max(0.0, ask_at - moment)))
        if account is None:
            return
        try:
            quota = account.read_quota()
        except SendingHalted:  # a TransportError too, but not a temporary one
            raise
        except TransportError:
            continue
        if quota.remaining is None or quota.remaining >= 1:
            return


def _is_open(database: Database, mailing: Mailing) -> bool:
    with database.read() as connection:
        return read_mailing(connection, mailing.id).state is MailingState.OPEN


def _frees_at(database: Database, transport: str, now: datetime) -> datetime | None:
    """Return when the first of our own messages of the last 24 hours no longer counts; None without any."""
    query = (
        select(func.min(deliveries.c.changed_at))
        .join(mailings, mailings.c.id == deliveries.c.mailing_id)
        .where(
            mailings.c.transport == transport,
            deliveries.c.status == literal_column("'submitted'"),
            deliveries.c.changed_at > now - _WINDOW,
        )
    )
    with database.read() as connection:
        first: datetime | None = connection.scalar(query)
    return first + _WINDOW if first else None


def _reason(quota: SendQuota, frees_at: datetime | None, seconds: float) -> str:
    limit = f"the quota of {quota.daily:,.0f} messages in 24 hours" if quota.daily else "the daily quota"
    until = f"; it starts to free up at {frees_at.astimezone():%a %H:%M}" if frees_at else ""
    return f"{limit} is used up{until}. Checked every {seconds:,.0f} s; press Ctrl-C to stop; nothing is lost"
