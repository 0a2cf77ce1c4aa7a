"""Lasting trouble: how long something has failed, and whether it was told, where the database cannot remember it.

Each memory is the date of an empty file in `var/`: setting it works on a full disk as well.
"""

import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from newsletter.settings import Settings

PATIENCE = timedelta(hours=6)
"""How long something that may pass by itself is waited for."""
AGAIN = timedelta(days=1)
"""How long nothing is told twice."""


def record_failure(settings: Settings, what: str, now: datetime) -> bool:
    """Note that `what` fails, and return whether it has failed for too long to pass by itself."""
    path = _memory(settings, f"failing-{what}")
    since = _date(path)
    if since is None:
        _set_date(path, now)
        return False
    return now - since > PATIENCE


def clear_failure(settings: Settings, what: str) -> None:
    """Note that `what` works again."""
    with suppress(OSError):
        _memory(settings, f"failing-{what}").unlink(missing_ok=True)


def claim_daily_alert(settings: Settings, what: str, now: datetime) -> bool:
    """Return whether `what` was not told within a day, and note that it is now; False where that cannot be."""
    path = _memory(settings, f"told-{what}")
    before = _date(path)
    return (before is None or now - before > AGAIN) and _set_date(path, now)


def _memory(settings: Settings, name: str) -> Path:
    return settings.var / name


def _date(path: Path) -> datetime | None:
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
