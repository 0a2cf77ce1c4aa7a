"""Clock check: this machine's clock against the database server's, Amazon's, and the last mailing's date."""

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
_TOO_FAR, _FAR = timedelta(minutes=5), timedelta(seconds=30)
"""AWS refuses requests whose signature is more than five minutes off."""
_REMEDY = "Set the clock: timedatectl set-ntp true"


def check_clock(settings: Settings, *, now: datetime) -> Iterator[CheckResult]:
    """Compare the clock with the database server's, and with the newest mailing in the database."""
    other = database_time(settings)
    if other is not None:
        yield check_skew(now, other, "the database server")
    latest = _newest_mailing(settings)
    if latest is not None and latest > now + _FAR:
        yield fail(
            _PART, "ledger", f"the database has a mailing dated {latest:%d %B %Y %H:%M} UTC, in the future", _REMEDY
        )
    elif other is None:
        yield ok(_PART, "time", f"{now:%Y-%m-%d %H:%M:%S} UTC, later than every mailing")


def check_skew(ours: datetime, other: datetime, whose: str) -> CheckResult:
    """Check how far two clocks are apart."""
    apart = abs(ours - other)
    message = f"{apart.total_seconds():.0f} s apart from {whose}"
    if apart >= _TOO_FAR:
        return fail(_PART, whose, f"{message}: signed requests are refused", _REMEDY)
    if apart >= _FAR:
        return warn(_PART, whose, message, _REMEDY)
    return ok(_PART, whose, message)


def _newest_mailing(settings: Settings) -> datetime | None:
    url = settings.database_url
    if url.startswith("sqlite:///") and not Path(url.removeprefix("sqlite:///")).exists():
        return None
    mailings = table("mailings", column("created_at", UtcDateTime))
    with closing(open_database(url, busy_seconds=5)) as database:
        if not is_up_to_date(database):
            return None
        with database.read() as connection:
            newest: datetime | None = connection.scalar(select(func.max(mailings.c.created_at)))
    return newest
