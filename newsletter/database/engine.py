"""One engine, two ways in: `read` sees a snapshot, `write` is a transaction that is durable when it ends.

Foreign errors are translated here and nowhere else.
"""

import errno
import re
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError as BadUrl
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, OperationalError

from newsletter.atomic_file import make_private_folder
from newsletter.database.sqlite import (
    PAGES_LOGGED,
    begin_sqlite,
    copy_log_soon,
    prepare_sqlite,
    set_pragmas,
)
from newsletter.errors import DatabaseBusy, DiskFull, NewsletterError, SettingsError, TemporaryError

_OLDEST = (3, 36)
"""Since then SQLite returns what it wrote, and opens a database that is handed to it as bytes."""
MAX_ROW_ID = 2**63 - 1
"""No row has a larger one, and SQLite's driver takes none."""
BUSY_SECONDS = 10
"""How long a writer waits for another one before DatabaseBusy."""


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
    def read(self) -> Iterator[Connection]:
        """Open a connection that writes nothing but temporary tables."""
        with self._translated(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction: durable when the block ends, gone without a trace if it raises.

        Raises DatabaseBusy when another writer does not finish, DiskFull when the disk is full.
        """
        with self._translated(), self.engine.connect() as connection, _transaction(connection) as writer:
            yield writer

    @contextmanager
    def bulk_write(self) -> Iterator[Connection]:
        """Open a transaction as `write` does, for very many rows which refer to rows that are known to be there.

        SQLite neither looks at their references one by one, nor makes the caller wait until it has copied its log
        into the file: that is done beside whatever comes next.
        """
        if not self.is_sqlite:
            with self.write() as connection:
                yield connection
            return
        with self._translated(), self.engine.connect() as connection:
            set_pragmas(connection, foreign_keys="OFF", wal_autocheckpoint=0)
            try:
                with _transaction(connection) as writer:
                    yield writer
            finally:
                set_pragmas(connection, foreign_keys="ON", wal_autocheckpoint=PAGES_LOGGED)
        copy_log_soon(self.place)

    @contextmanager
    def schema_change(self) -> Iterator[Connection]:
        """Open a transaction that may make tables anew: SQLite looks at their references only at its end."""
        with self._translated(), self.engine.connect() as connection:
            if self.is_sqlite:
                set_pragmas(connection, foreign_keys="OFF")
            try:
                with _transaction(connection) as writer:
                    yield writer
                    if self.is_sqlite and (loose := writer.exec_driver_sql("PRAGMA foreign_key_check").first()):
                        raise SettingsError(f"{self.place}: rows refer to rows that are gone: {tuple(loose)}")
            finally:
                if self.is_sqlite:
                    set_pragmas(connection, foreign_keys="ON")

    def vacuum(self) -> None:
        """Overwrite what deleted rows left in SQLite's file and its log; DatabaseBusy where somebody is writing.

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
def _transaction(connection: Connection) -> Iterator[Connection]:
    writer = connection.execution_options(sqlite_begin="BEGIN IMMEDIATE")
    with writer.begin():
        yield writer


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
    Raises SettingsError when the URL is not one, or its driver is not installed.
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
            raise SettingsError(
                f"[database] url = '{parsed.render_as_string()}': not a file of SQLite "
                "(sqlite:///PATH) nor PostgreSQL (postgresql://user@host/name)"
            )
    except (BadUrl, NoSuchModuleError) as error:
        raise SettingsError(f"[database] url: {error}") from error
    except ModuleNotFoundError as error:
        raise SettingsError(
            "[database] url names PostgreSQL, whose driver is missing: pip install 'newsletter[postgres]'"
        ) from error
    if sqlite3.sqlite_version_info < _OLDEST:
        raise SettingsError(
            f"[database] url: this Python has SQLite {sqlite3.sqlite_version}, and 3.36 or newer is needed. "
            "Use a newer Python, or PostgreSQL"
        )
    path = Path(parsed.database)
    _make_folder(path.parent)
    engine = create_engine(parsed, hide_parameters=True, connect_args={"timeout": busy_seconds})
    event.listen(engine, "connect", prepare_sqlite)
    event.listen(engine, "begin", begin_sqlite)
    return Database(engine, str(path))


def _make_folder(folder: Path) -> None:
    try:
        make_private_folder(folder)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull(f"{folder}: the disk is full. Make room and run it again") from error
        raise SettingsError(f"{folder}: cannot be made: {error.strerror}") from error


def _translate(error: DBAPIError | sqlite3.Error, place: str) -> NewsletterError | DBAPIError | sqlite3.Error:
    said = error.orig if isinstance(error, DBAPIError) else error
    text = str(said).lower()
    state = getattr(said, "sqlstate", None) or getattr(said, "sqlite_errorname", None)
    if "locked" in text or "busy" in text or "lock timeout" in text:
        return DatabaseBusy(f"{place}: another process is writing to it. Run it again when that has ended")
    if "is full" in text or "disk i/o error" in text or "no space" in text or "could not extend" in text:
        return DiskFull(f"{place}: the disk is full or failing, so nothing more was done. Make room and run it again")
    if "readonly" in text or "read-only" in text or "unable to open" in text:
        return SettingsError(f"{place}: the database cannot be written. Check its permissions")
    if "not a database" in text or "malformed" in text:
        return SettingsError(f"{place}: this is not a database of ours, or it is damaged. Restore a backup")
    if re.search("authentication failed|no password supplied|does not exist", text) and not state:
        return SettingsError(f"{place}: PostgreSQL refuses us: {text.splitlines()[0]}. Check [database] url")
    if isinstance(error, OperationalError) and (error.connection_invalidated or not state):
        return TemporaryError(f"{place}: the database cannot be reached. Run it again when it is back")
    return error
