"""One sender at a time: whoever holds the lock may send, and a lock dies with the process that held it.

So a claim found while holding it belongs to nobody any more. On SQLite it is a lock on a file beside the
database, on PostgreSQL an advisory lock.
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

_ADVISORY = {"sender": 0x6E657773, "notices": 0x6E6F7469}
_LOOKS, _LOOK_SECONDS = 40, 0.02


Held = Callable[[], None]
"""Raises TemporaryError when the lock is not held any more, so that another one may be at work."""


@contextmanager
def sender_lock(database: Database, doing: str, *, lock: str = "sender") -> Iterator[Held]:
    """Be the only sender while the block runs; TemporaryError says who else is. `doing` is what another one reads.

    Notices have a `lock` of their own: an answer need not wait until a mailing has ended.
    """
    if not database.is_sqlite:
        with _advisory_lock(database, _ADVISORY[lock]) as held:
            yield held
        return
    descriptor = os.open(Path(database.place).parent / f"{lock}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            _lock(descriptor)
        except BlockingIOError as error:
            who = os.read(descriptor, 400).decode("utf-8", "replace").strip() or "another process"
            raise TemporaryError(f"{who} is at it already. Run it again when that has ended") from error
        with suppress(OSError):  # a full disk: the lock holds without words
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"process {os.getpid()}, {doing},\n".encode(), 0)
        yield lambda: None  # only closing the file gives it up
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Take a lock; whoever only looks whether it is held has it for an instant, so that is waited for."""
    for _ in range(_LOOKS):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_LOOK_SECONDS)
        else:
            return
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def is_sending(database: Database) -> bool:
    """Whether a sender is at work, as far as can be told without being one; on PostgreSQL nobody need know."""
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
def _advisory_lock(database: Database, key: int) -> Iterator[Held]:
    """Hold a lock that lives as long as its session: a server, or what lies between, may end that at any time."""
    with database.read() as reading:
        session = reading.execution_options(isolation_level="AUTOCOMMIT")  # or it would be idle in a transaction
        if not session.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key}):
            raise TemporaryError("another sender is at work on this database. Run it again when it has ended")

        def held() -> None:
            if not database.is_alive(session):
                raise TemporaryError(
                    "the database has ended our session, and another sender may be at work by now. Run it again"
                )

        try:
            yield held
        finally:
            if database.is_alive(session):
                session.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})
