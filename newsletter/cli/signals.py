"""Stop signals: Ctrl-C and SIGTERM let work end in order; pressed again they break it off."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_POLL_SECONDS = 0.1
"""How often a wait checks for signals: a lock that a signal handler sets could be held by the thread it interrupts."""


class Stop:
    """How often this process was asked to stop."""

    def __init__(self) -> None:
        self.times = 0

    def note(self) -> None:
        """Count one more request."""
        self.times += 1

    def is_set(self) -> bool:
        """Whether work should end, in order."""
        return self.times > 0

    def is_repeated(self) -> bool:
        """Whether a second signal came, so that work should not wait for what is in flight."""
        return self.times > 1

    def wait(self, seconds: float) -> bool:
        """Wait at most so many seconds, and return whether work should end."""
        until = time.monotonic() + seconds
        while not self.is_set() and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _POLL_SECONDS))
        return self.is_set()


@contextmanager
def stop_signals(*, tolerated: int = 1) -> Iterator[Stop]:
    """Count SIGINT and SIGTERM while the block runs, and SIGHUP, which a closed terminal sends.

    The first `tolerated` ones are only counted; each further one raises KeyboardInterrupt in the block. Where SIGHUP
    is ignored, as nohup does it, it stays so.
    """
    stop = Stop()

    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.note()
        if stop.times > tolerated:
            raise KeyboardInterrupt

    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, handle) for number in numbers}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
