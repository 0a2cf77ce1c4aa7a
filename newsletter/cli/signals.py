"""Ctrl-C, and being told to end: the first is noted, so that work ends in order; a further one breaks it off."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_LOOK_SECONDS = 0.1
"""How often whoever waits looks up; a lock that signals wake could be held by the very thread they interrupt."""


class Stop:
    """How often this process was told to end."""

    def __init__(self) -> None:
        self._times = 0

    def note(self) -> None:
        """Count once more."""
        self._times += 1

    def is_set(self) -> bool:
        """Whether work should end, in order."""
        return self._times > 0

    def wait(self, seconds: float) -> bool:
        """Wait so many seconds at most, and return whether work should end."""
        until = time.monotonic() + seconds
        while not self.is_set() and (left := until - time.monotonic()) > 0:
            time.sleep(min(left, _LOOK_SECONDS))
        return self.is_set()

    def is_pressed(self) -> bool:
        """Whether whoever told it so will not wait for that."""
        return self._times > 1


@contextmanager
def stop_signals(*, heeded: int = 1) -> Iterator[Stop]:
    """Count SIGINT and SIGTERM while the block runs, and SIGHUP, which is a terminal that is closed.

    So many are only noted; each further one breaks the block off by KeyboardInterrupt, wherever it is. Whoever
    lets SIGHUP be ignored, as nohup does, is obeyed.
    """
    stop = Stop()
    left = heeded

    def note(_number: int, _frame: FrameType | None) -> None:
        nonlocal left
        stop.note()
        left -= 1
        if left < 0:
            raise KeyboardInterrupt

    heard = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        heard.append(signal.SIGHUP)
    before = {number: signal.signal(number, note) for number in heard}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
