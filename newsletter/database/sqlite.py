"""SQLite: how its connections are opened, and what they do outside of transactions.

WAL mode with synchronous=FULL: what is committed survives a power loss, which the ledger's promises rest on.
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

PAGES_LOGGED = 1000
"""How many pages SQLite logs before it copies them into the file, as it does by itself."""
_PAGE = 4096


def prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    """Set up a new connection, as an engine calls it."""
    connection.isolation_level = None  # the driver opens no transaction of its own: `begin_sqlite` does
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA cache_size=-32000")  # kB: the index over a million addresses fits
    cursor.close()
    for name, function in SQLITE_FUNCTIONS.items():
        connection.create_function(name, 1, function, deterministic=True)


def begin_sqlite(connection: Connection) -> None:
    """Take the writer's lock at once where we mean to write: a read lock cannot become one while waiting."""
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))


def set_pragmas(connection: Connection, **wanted: str | int) -> None:
    """Set what SQLite sets outside of transactions only."""
    driver: Any = connection.connection.driver_connection
    for name, value in wanted.items():
        driver.execute(f"PRAGMA {name}={value}")


def copy_log_soon(place: str) -> None:
    """Copy a long log into the file while the caller goes on; what fails here is done by the next who write."""
    with contextlib.suppress(OSError):
        if Path(f"{place}-wal").stat().st_size > PAGES_LOGGED * _PAGE:
            threading.Thread(target=_copy_log, args=(place,), name="log", daemon=True).start()


def _copy_log(place: str) -> None:
    source = f"file:{quote(str(Path(place).resolve()))}?mode=rw"
    with contextlib.suppress(sqlite3.Error), closing(sqlite3.connect(source, uri=True)) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
