"""SQLite: connection setup, pragmas, attached databases and checkpoints.

WAL mode with synchronous=FULL: what is committed survives a power loss, which the guarantees of sending rest on.
"""

import contextlib
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection

from newsletter.database.functions import SQLITE_FUNCTIONS

CHECKPOINT_PAGES = 1000
"""Pages in the write-ahead log at which SQLite checkpoints; this is its default."""
_PAGE_BYTES = 4096


def prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    """Set up a new connection; an SQLAlchemy `connect` listener."""
    connection.isolation_level = None  # the driver opens no transaction of its own: `begin_sqlite` does
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA cache_size=-32000")  # kB: the index of a million addresses fits
    cursor.close()
    for name, function in SQLITE_FUNCTIONS.items():
        connection.create_function(name, 1, function, deterministic=True)


def begin_sqlite(connection: Connection) -> None:
    """Begin a transaction; a writer takes its lock at once, because a read lock cannot be upgraded while waiting."""
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))


def set_pragmas(connection: Connection, **pragmas: str | int) -> None:
    """Set pragmas that SQLite accepts only outside a transaction."""
    driver: Any = connection.connection.driver_connection
    for name, value in pragmas.items():
        driver.execute(f"PRAGMA {name}={value}")


def checkpoint_in_background(place: str) -> None:
    """Checkpoint a long write-ahead log in a thread; if that fails, the next writer does it."""
    with contextlib.suppress(OSError):
        if Path(f"{place}-wal").stat().st_size > CHECKPOINT_PAGES * _PAGE_BYTES:
            threading.Thread(target=_checkpoint, args=(place,), name="checkpoint", daemon=True).start()


def _checkpoint(place: str) -> None:
    source = f"file:{quote(str(Path(place).resolve()))}?mode=rw"
    with contextlib.suppress(sqlite3.Error), closing(sqlite3.connect(source, uri=True)) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
