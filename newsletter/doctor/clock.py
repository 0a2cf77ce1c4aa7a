"""The clock of this machine, against others that are at hand anyway."""

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import column, func, select, table

from newsletter.database import UtcDateTime, is_up_to_date, open_database
from newsletter.doctor.check import CheckResult, fail, ok, warn
from newsletter.doctor.storage import database_time
from newsletter.settings import Settings

_PART = "clock"
_MUCH, _SOME = timedelta(minutes=5), timedelta(seconds=30)
"""AWS refuses a request that is signed more than five minutes off."""
_REMEDY = "Set the clock: timedatectl set-ntp true"


def check_clock(settings: Settings, *, now: datetime) -> Iterator[CheckResult]:
    """Compare with the database server's clock, and with what the ledger was last told."""
    other = database_time(settings)
    if other is not None:
        yield check_skew(now, other, "the database server")
    latest = _latest(settings)
    if latest is not None and latest > now + _SOME:
        yield fail(_PART, "ledger", f"the ledger has a mailing of {latest:%d %B %Y %H:%M} UTC, still to come", _REMEDY)
    elif other is None:
        yield ok(_PART, "time", f"{now:%Y-%m-%d %H:%M:%S} UTC, after all that the ledger knows")


def check_skew(ours: datetime, other: datetime, whose: str) -> CheckResult:
    """Say how far two clocks are apart."""
    apart = abs(ours - other)
    said = f"{apart.total_seconds():.0f} s apart from {whose}"
    if apart >= _MUCH:
        return fail(_PART, whose, f"{said}: signed requests are refused", _REMEDY)
    if apart >= _SOME:
        return warn(_PART, whose, said, _REMEDY)
    return ok(_PART, whose, said)


def _latest(settings: Settings) -> datetime | None:
    url = settings.database_url
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        return None
    mailings = table("mailings", column("created_at", UtcDateTime))
    with closing(open_database(url, busy_seconds=5)) as database:
        if not is_up_to_date(database):
            return None
        with database.read() as connection:
            found: datetime | None = connection.scalar(select(func.max(mailings.c.created_at)))
    return found
