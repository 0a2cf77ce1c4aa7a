"""The book of one account on this machine: every process of this user that sends through it books in one file.

So two publications with databases of their own keep to one rate together. Moments are of the system's monotonic
clock, which all processes share, and count from the machine's start: what an earlier start left is forgotten.
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
from newsletter.delivery.rate.limiter import Beat

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_FORM = struct.Struct("<16s4dQ")
"""When the machine started, the beat's four numbers, and how many messages have left since."""
_MOMENT = struct.Struct("<d")
_REMEMBERED = 8192
"""So many moments at which messages left are kept, in a ring."""
_SIZE = _FORM.size + _REMEMBERED * _MOMENT.size
_SANE_SECONDS = 60.0
"""Nobody books further ahead, but for the slowest rates."""


class AccountBook:
    """A file of one account, open in this process; safe to share between threads and processes."""

    def __init__(self, path: Path) -> None:
        """Open or make it; OSError where that cannot be done."""
        make_private_folder(path.parent)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.ftruncate(self._file, _SIZE)
        self._octets = mmap.mmap(self._file, _SIZE)
        self._here = threading.Lock()
        self._boot = _boot()

    def take(self, count: int, rate: float, now: float) -> tuple[float, float]:
        """Book `count` messages not before `now`; return when the first may leave, and the rate's share."""
        with self._changing() as (beat, left, keep):
            is_strange = beat.next > now + max(_SANE_SECONDS, 1000 / rate)
            after = (Beat() if is_strange else beat).booked(count, rate, now)
            keep(after, left)
            return after.next - count / (rate * after.share), after.share

    def slow_down(self, now: float) -> None:
        """Halve the rate of everybody who books here, once a second."""
        with self._changing() as (beat, left, keep):
            keep(beat.slowed_down(now), left)

    def recover(self, now: float) -> None:
        """Let it come back; of several who say so at once, the time counts once."""
        with self._changing() as (beat, left, keep):
            keep(beat.come_back(now), left)

    def leave(self, rate: float) -> None:
        """Wait until a message may leave: so that in no second more than this rate do, whoever sends them.

        Booking says when a message should leave. Those that were held up may catch up within that second, no more.
        """
        number = max(1, min(_REMEMBERED, int(rate)))
        seconds = number / rate
        while True:
            with self._changing() as (beat, left, keep):
                now = time.monotonic()
                wait = self._moment(left - number) + seconds - now if left >= number else 0.0
                if not 0 < wait <= seconds:
                    _MOMENT.pack_into(self._octets, self._place(left), now)
                    keep(beat, left + 1)
                    return
            time.sleep(wait)

    def close(self) -> None:
        """Close the file."""
        self._octets.close()
        os.close(self._file)

    @contextmanager
    def _changing(self) -> Iterator[tuple[Beat, int, Callable[[Beat, int], None]]]:
        """Give the beat and how many messages have left, and what writes them, to one at a time."""
        with self._here:
            fcntl.flock(self._file, fcntl.LOCK_EX)
            try:
                boot, after, share, slowed, recovered, left = _FORM.unpack_from(self._octets)
                if boot == self._boot:
                    beat = Beat(next=after, share=share, slowed=slowed, recovered=recovered)
                else:
                    beat, left = Beat(), 0
                yield beat, left, self._keep
            finally:
                fcntl.flock(self._file, fcntl.LOCK_UN)

    def _keep(self, beat: Beat, left: int) -> None:
        _FORM.pack_into(self._octets, 0, self._boot, beat.next, beat.share, beat.slowed, beat.recovered, left)

    def _moment(self, number: int) -> float:
        found: float = _MOMENT.unpack_from(self._octets, self._place(number))[0]
        return found

    def _place(self, number: int) -> int:
        return _FORM.size + number % _REMEMBERED * _MOMENT.size


def open_account_book(account: str, environment: Mapping[str, str] = os.environ) -> AccountBook | None:
    """Open an account's book in the user's state folder, else in the temporary one; None where neither will do."""
    state = environment.get("XDG_STATE_HOME", "")
    home = Path(state) if state.startswith("/") else Path(environment.get("HOME", "/nonexistent"), ".local", "state")
    name = f"{sha256(account.encode()).hexdigest()[:24]}.pace"
    for folder in (home / "newsletter", Path(tempfile.gettempdir()) / f"newsletter-{os.getuid()}"):
        try:
            return AccountBook(folder / name)
        except OSError:
            continue
    return None


def _boot() -> bytes:
    """Return what tells this start of the machine from others; where that is not known, one value for all."""
    try:
        return sha256(_BOOT.read_bytes()).digest()[:16]
    except OSError:
        return b"started".ljust(16)
