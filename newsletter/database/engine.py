"""One engine, two ways in: `read` sees a snapshot, `write` is a transaction that is durable when it ends.

SQLite runs in WAL mode with synchronous=FULL: what is committed survives a power loss, which
the ledger's promises rest on. Foreign errors are translated here and nowhere else.
"""

import errno
import re
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError as BadUrl
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, OperationalError

from newsletter.database.functions import SQLITE_FUNCTIONS
from newsletter.durable import make_private_folder
from newsletter.errors import EditSettings, NewsletterError, StorageBusy, StorageFull, TryLater

_OLDEST = (3, 36)
"""Since then SQLite returns what it wrote, and opens a database that is handed to it as bytes."""
BUSY_SECONDS = 10
"""How long a writer waits for another one before StorageBusy."""


@dataclass(frozen=True, slots=True)
class Database:
    """An open database; safe to share between threads."""

    engine: Engine
    place: str
    """Where it is, for messages: a path, or a URL without its password."""

    @property
    def is_sqlite(self) -> bool:
        """Whether one file is all there is, with one writer at a time."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self, *, beside: bytes | None = None) -> Iterator[Connection]:
        """Open a connection that writes nothing.

        The tables of an SQLite database in memory may stand `beside` those of SQLite's own, like temporary ones.
        """
        with self._translated(), self.engine.connect() as connection, _beside(connection, beside):
            yield connection

    @contextmanager
    def write(self, *, beside: bytes | None = None) -> Iterator[Connection]:
        """Open a transaction: durable when the block ends, gone without a trace if it raises.

        What stands `beside` it is as with `read`. Raises StorageBusy when another writer does not finish,
        StorageFull when the disk is full.
        """
        with self._translated(), self.engine.connect() as connection, _beside(connection, beside):
            writer = connection.execution_options(sqlite_begin="BEGIN IMMEDIATE")
            with writer.begin():
                yield writer

    @contextmanager
    def rebuild(self) -> Iterator[Connection]:
        """Open a transaction that may make tables anew: SQLite looks at their references only at its end."""
        with self._translated(), self.engine.connect() as connection:
            if self.is_sqlite:
                _set_foreign_keys(connection, "OFF")
            try:
                writer = connection.execution_options(sqlite_begin="BEGIN IMMEDIATE")
                with writer.begin():
                    yield writer
                    if self.is_sqlite and (loose := writer.exec_driver_sql("PRAGMA foreign_key_check").first()):
                        raise EditSettings(f"{self.place}: rows refer to rows that are gone: {tuple(loose)}")
            finally:
                if self.is_sqlite:
                    _set_foreign_keys(connection, "ON")

    def scrub(self) -> None:
        """Overwrite what deleted rows left in SQLite's file and its log; StorageBusy where somebody is writing.

        PostgreSQL does so by itself, in its own time.
        """
        if not self.is_sqlite:
            return
        with self._translated(), self.engine.connect() as connection:
            assert connection.connection.dbapi_connection is not None
            cursor = connection.connection.dbapi_connection.cursor()
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            cursor.close()

    def is_alive(self, connection: Connection) -> bool:
        """Return whether an open connection still has the session that it began with."""
        if connection.invalidated:  # asked anything, it would begin another one
            return False
        try:
            connection.exec_driver_sql("SELECT 1")
        except DBAPIError:
            return False
        return True

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()

    def _translated(self) -> AbstractContextManager[None]:
        return translated(self.place)


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Turn a driver's errors within the block into ours."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        raise _translate(error, place) from error


def open_database(url: str, *, busy_seconds: float = BUSY_SECONDS) -> Database:
    """Open the database at an SQLAlchemy URL; nothing is read yet, and a missing SQLite file is made.

    A writer waits `busy_seconds` for another one to finish.
    Raises EditSettings when the URL is not one, or its driver is not installed.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "postgresql":
            engine = create_engine(
                parsed.set(drivername="postgresql+psycopg"),
                pool_pre_ping=True,
                hide_parameters=True,  # which are addresses, and errors are shown and logged
                connect_args={"options": f"-c lock_timeout={int(busy_seconds * 1000)}", "connect_timeout": 10},
            )
            return Database(engine, parsed.render_as_string(hide_password=True))
        if parsed.get_backend_name() != "sqlite" or not parsed.database:
            raise EditSettings(
                f"[database] url = '{parsed.render_as_string()}': not a file of SQLite "
                "(sqlite:///PATH) nor PostgreSQL (postgresql://user@host/name)"
            )
    except (BadUrl, NoSuchModuleError) as error:
        raise EditSettings(f"[database] url: {error}") from error
    except ModuleNotFoundError as error:
        raise EditSettings(
            "[database] url names PostgreSQL, whose driver is missing: pip install 'newsletter[postgres]'"
        ) from error
    if sqlite3.sqlite_version_info < _OLDEST:
        raise EditSettings(
            f"[database] url: this Python has SQLite {sqlite3.sqlite_version}, and 3.36 or newer is needed. "
            "Use a newer Python, or PostgreSQL"
        )
    path = Path(parsed.database)
    _make_folder(path.parent)
    engine = create_engine(parsed, hide_parameters=True, connect_args={"timeout": busy_seconds})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return Database(engine, str(path))


def _make_folder(folder: Path) -> None:
    try:
        make_private_folder(folder)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise StorageFull(f"{folder}: the disk is full. Make room and run it again") from error
        raise EditSettings(f"{folder}: cannot be made: {error.strerror}") from error


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # the driver opens no transaction of its own: `_begin_sqlite` does
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA cache_size=-32000")  # kB: the index over a million addresses fits
    cursor.close()
    for name, function in SQLITE_FUNCTIONS.items():
        connection.create_function(name, 1, function, deterministic=True)


@contextmanager
def _beside(connection: Connection, image: bytes | None) -> Iterator[None]:
    """Let a connection see the tables of another SQLite database for as long as the block lasts."""
    if image is None:
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("ATTACH ':memory:' AS beside")
    driver.deserialize(image, name="beside")
    try:
        yield
    finally:
        connection.rollback()  # what was only read is still open, and held fast
        driver.execute("DETACH beside")


def _set_foreign_keys(connection: Connection, wanted: str) -> None:
    """Switch SQLite's references off or on, which it does outside of transactions only."""
    assert connection.connection.dbapi_connection is not None
    cursor = connection.connection.dbapi_connection.cursor()
    cursor.execute(f"PRAGMA foreign_keys={wanted}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Take the writer's lock at once where we mean to write: a read lock cannot become one while waiting."""
    connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN"))


def _translate(error: DBAPIError | sqlite3.Error, place: str) -> NewsletterError | DBAPIError | sqlite3.Error:
    said = error.orig if isinstance(error, DBAPIError) else error
    text = str(said).lower()
    state = getattr(said, "sqlstate", None) or getattr(said, "sqlite_errorname", None)
    if "locked" in text or "busy" in text or "lock timeout" in text:
        return StorageBusy(f"{place}: another process is writing to it. Run it again when that has ended")
    if "is full" in text or "disk i/o error" in text or "no space" in text or "could not extend" in text:
        return StorageFull(
            f"{place}: the disk is full or failing, so nothing more was done. Make room and run it again"
        )
    if "readonly" in text or "read-only" in text or "unable to open" in text:
        return EditSettings(f"{place}: the database cannot be written. Check its permissions")
    if "not a database" in text or "malformed" in text:
        return EditSettings(f"{place}: this is not a database of ours, or it is damaged. Restore a backup")
    if re.search("authentication failed|no password supplied|does not exist", text) and not state:
        return EditSettings(f"{place}: PostgreSQL refuses us: {text.splitlines()[0]}. Check [database] url")
    if isinstance(error, OperationalError) and (error.connection_invalidated or not state):
        return TryLater(f"{place}: the database cannot be reached. Run it again when it is back")
    return error
