"""Shared rate in a file: every process of this user that sends through one account reserves its messages there.

So two publications with databases of their own keep to one rate together. Times are on the system's monotonic clock,
which all processes share and which counts from the machine's start: what an earlier start left is ignored.
"""

import fcntl
import mmap
import os
import struct
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from newsletter.atomic_file import make_private_folder
from newsletter.delivery.rate.limiter import RateState

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_HEADER = struct.Struct("<16s4dQ")
"""The machine's boot id, the four numbers of `RateState`, and how many messages have left since the boot."""
_TIME = struct.Struct("<d")
_RING_SIZE = 8192
"""So many times at which messages left are kept, in a ring buffer."""
_SIZE = _HEADER.size + _RING_SIZE * _TIME.size
_MAX_AHEAD_SECONDS = 60.0
"""No sender reserves further ahead, except at the slowest rates; more is a damaged file."""


class SharedRateFile:
    """One account's file, open in this process; safe to share between threads and processes."""

    def __init__(self, path: Path) -> None:
        """Open or make it; OSError where that cannot be done."""
        make_private_folder(path.parent)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.ftruncate(self._file, _SIZE)
        self._octets = mmap.mmap(self._file, _SIZE)
        self._thread_lock = threading.Lock()
        self._boot = _boot_id()

    def reserve(self, count: int, rate: float, now: float) -> tuple[float, float]:
        """Reserve `count` messages not before `now`; return when the first may leave, and the rate's share."""
        with self._locked() as (state, left, write):
            is_damaged = state.next > now + max(_MAX_AHEAD_SECONDS, 1000 / rate)
            after = (RateState() if is_damaged else state).after_reserving(count, rate, now)
            write(after, left)
            return after.next - count / (rate * after.share), after.share

    def slow_down(self, now: float) -> None:
        """Halve the rate of everybody who shares it, at most once a second."""
        with self._locked() as (state, left, write):
            write(state.after_slowing_down(now), left)

    def recover(self, now: float) -> None:
        """Let the rate recover; of several calls at once, the time counts once."""
        with self._locked() as (state, left, write):
            write(state.after_recovering(now), left)

    def wait_for_slot(self, rate: float) -> None:
        """Wait until a message may leave, so that no more than `rate` of them leave in any one second.

        A reservation says when a message should leave. Delayed ones may catch up within that second, no more.
        """
        number = max(1, min(_RING_SIZE, int(rate)))
        seconds = number / rate
        while True:
            with self._locked() as (state, left, write):
                now = time.monotonic()
                wait = self._time_of(left - number) + seconds - now if left >= number else 0.0
                if not 0 < wait <= seconds:
                    _TIME.pack_into(self._octets, self._place(left), now)
                    write(state, left + 1)
                    return
            time.sleep(wait)

    def close(self) -> None:
        """Close the file."""
        self._octets.close()
        os.close(self._file)

    @contextmanager
    def _locked(self) -> Iterator[tuple[RateState, int, Callable[[RateState, int], None]]]:
        """Give the state, how many messages have left, and the function that writes both, to one caller at a time."""
        with self._thread_lock:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                boot, after, share, slowed, recovered, left = _HEADER.unpack_from(self._octets)
                if boot == self._boot:
                    state = RateState(next=after, share=share, slowed=slowed, recovered=recovered)
                else:
                    state, left = RateState(), 0
                yield state, left, self._write
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def _write(self, state: RateState, left: int) -> None:
        _HEADER.pack_into(self._octets, 0, self._boot, state.next, state.share, state.slowed, state.recovered, left)

    def _time_of(self, number: int) -> float:
        time_left: float = _TIME.unpack_from(self._octets, self._place(number))[0]
        return time_left

    def _place(self, number: int) -> int:
        return _HEADER.size + number % _RING_SIZE * _TIME.size


def open_shared_rate(account: str, environment: Mapping[str, str] = os.environ) -> SharedRateFile | None:
    """Open an account's file in the user's state folder, else in the temporary one; None where neither is writable."""
    state = environment.get("XDG_STATE_HOME", "")
    home = Path(state) if state.startswith("/") else Path(environment.get("HOME", "/nonexistent"), ".local", "state")
    name = f"{sha256(account.encode()).hexdigest()[:24]}.pace"
    for folder in (home / "newsletter", Path(tempfile.gettempdir()) / f"newsletter-{os.getuid()}"):
        try:
            return SharedRateFile(folder / name)
        except OSError:
            continue
    return None


def _boot_id() -> bytes:
    """Return the id of this start of the machine; where it is unknown, one value for all."""
    try:
        return sha256(_BOOT_ID.read_bytes()).digest()[:16]
    except OSError:
        return b"started".ljust(16)
