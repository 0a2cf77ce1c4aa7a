"""The clock of one run: it asks the time once and then counts on, so that no jump of the wall clock moves it."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta


def steady(clock: Callable[[], datetime]) -> Callable[[], datetime]:
    """Return a clock that begins with `clock` and goes on by the monotonic one."""
    begun_at, since = clock(), time.monotonic()
    return lambda: begun_at + timedelta(seconds=time.monotonic() - since)
