"""Sender lock: one sender at a time for each database; the lock dies with the process that held it.

So a claim that is found while holding the lock belongs to no running sender. On SQLite it is a lock on a file beside
the database, on PostgreSQL an advisory lock.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sqlalchemy import text

from newsletter.database import Database
from newsletter.errors import TemporaryError

_ADVISORY_KEYS = {"sender": 0x6E657773, "notices": 0x6E6F7469}
_ATTEMPTS, _ATTEMPT_SECONDS = 40, 0.02


CheckLock = Callable[[], None]
"""Raises TemporaryError when the lock is no longer held, so that another sender may be running."""


@contextmanager
def sender_lock(database: Database, purpose: str, *, lock: str = "sender") -> Iterator[CheckLock]:
    """Hold the lock while the block runs; TemporaryError names its holder. `purpose` is what another process reads.

    Notices have a `lock` of their own: they need not wait until a mailing has ended.
    """
    if not database.is_sqlite:
        with _advisory_lock(database, _ADVISORY_KEYS[lock]) as check_lock:
            yield check_lock
        return
    descriptor = os.open(Path(database.place).parent / f"{lock}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            _lock(descriptor)
        except BlockingIOError as error:
            holder = os.read(descriptor, 400).decode("utf-8", "replace").strip() or "another process"
            raise TemporaryError(f"{holder} is running already. Run it again when that has ended") from error
        with suppress(OSError):  # a full disk: the lock holds without a name
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"process {os.getpid()}, {purpose},\n".encode(), 0)
        yield lambda: None  # only closing the file releases it
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Take the lock; `is_sending` holds it for an instant, so a few attempts are made."""
    for _ in range(_ATTEMPTS):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_ATTEMPT_SECONDS)
        else:
            return
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_sending(database: Database) -> bool:
    """Whether a sender is running, according to its lock file; always False on PostgreSQL."""
    if not database.is_sqlite:
        return False
    try:
        descriptor = os.open(Path(database.place).parent / "sender.lock", os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


@contextmanager
def _advisory_lock(database: Database, key: int) -> Iterator[CheckLock]:
    """Hold a lock that lives as long as its session, which the server or the network may end at any time."""
    with database.read() as reading:
        session = reading.execution_options(isolation_level="AUTOCOMMIT")  # or it would be idle in a transaction
        if not session.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}):
            raise TemporaryError("another sender is running on this database. Run it again when it has ended")

        def check_lock() -> None:
            if not database.is_alive(session):
                raise TemporaryError(
                    "the database has ended our session, and another sender may be running by now. Run it again"
                )

        try:
            yield check_lock
        finally:
            if database.is_alive(session):
                session.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})
