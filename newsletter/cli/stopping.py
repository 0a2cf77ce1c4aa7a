"""Ctrl-C, and being told to end: the first is noted, so that work ends in order; a second one breaks it off."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType


@contextmanager
def stop_signals() -> Iterator[Event]:
    """Give an event that is set by SIGINT or SIGTERM while the block runs."""
    wanted = Event()

    def note(_number: int, _frame: FrameType | None) -> None:
        if wanted.is_set():
            raise KeyboardInterrupt
        wanted.set()

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield wanted
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
