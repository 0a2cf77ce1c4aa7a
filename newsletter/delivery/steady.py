"""A clock that is not set: the wall's time when it was made, and from then on the seconds that have passed."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta


def steady_clock(clock: Callable[[], datetime]) -> Callable[[], datetime]:
    """Return a clock that goes on evenly, however the machine's own is set back or forth meanwhile."""
    started_at, moment = clock(), time.monotonic()
    return lambda: started_at + timedelta(seconds=time.monotonic() - moment)
