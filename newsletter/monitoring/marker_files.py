"""Marker files: empty files in `var/` whose date says since when something fails, or when it was last reported.

They remember what the database cannot while it is unreachable; setting a date works on a full disk, too.
"""

import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from newsletter.settings import Settings

PATIENCE = timedelta(hours=6)
"""How long a failure that may pass is waited for before it is reported."""
REPORT_INTERVAL = timedelta(days=1)
"""How long the same thing is not reported again."""


def record_failure(settings: Settings, what: str, now: datetime) -> bool:
    """Note that `what` fails; return whether it has failed for so long that it will not pass by itself."""
    path = _marker(settings, f"failing-{what}")
    since = _read_date(path)
    if since is None:
        _set_date(path, now)
        return False
    return now - since > PATIENCE


def clear_failure(settings: Settings, what: str) -> None:
    """Note that `what` works again."""
    with suppress(OSError):
        _marker(settings, f"failing-{what}").unlink(missing_ok=True)


def claim_daily_alert(settings: Settings, what: str, now: datetime) -> bool:
    """Return whether `what` may be reported now, at most once a day, and note that it is.

    False if it cannot be noted.
    """
    path = _marker(settings, f"told-{what}")
    before = _read_date(path)
    return (before is None or now - before > REPORT_INTERVAL) and _set_date(path, now)


def _marker(settings: Settings, name: str) -> Path:
    return settings.var / name


def _read_date(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return None


def _set_date(path: Path, now: datetime) -> bool:
    try:
        path.touch(mode=0o600)
        os.utime(path, (now.timestamp(), now.timestamp()))
    except OSError:
        return False
    return True
