"""Ctrl-C, and being told to end: the first is noted, so that work ends in order; a second one breaks it off."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType


@contextmanager
def stop_signals() -> Iterator[Event]:
    """Give an event that is set by SIGINT or SIGTERM while the block runs, or when the terminal is closed.

    Whoever let that one be ignored, as nohup does, is obeyed.
    """
    wanted = Event()

    def note(_number: int, _frame: FrameType | None) -> None:
        if wanted.is_set():
            raise KeyboardInterrupt
        wanted.set()

    heard = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        heard.append(signal.SIGHUP)
    before = {number: signal.signal(number, note) for number in heard}
    try:
        yield wanted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
