"""Database engine: `read` opens a snapshot, `write` a transaction that is durable when it ends (SQLAlchemy).

Errors of the drivers are translated here and nowhere else.
"""

import errno
import re
import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, TableClause, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError as BadUrl
from sqlalchemy.exc import DBAPIError, NoSuchModuleError, OperationalError

from newsletter.atomic_file import make_private_folder
from newsletter.database.sqlite import (
    CHECKPOINT_PAGES,
    begin_sqlite,
    checkpoint_in_background,
    prepare_sqlite,
    set_pragmas,
)
from newsletter.errors import DatabaseBusy, DiskFull, NewsletterError, SettingsError, TemporaryError, describe

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

_MIN_SQLITE = (3, 36)
"""RETURNING needs 3.35; older releases are not tested."""
MAX_ROW_ID = 2**63 - 1
"""The largest integer that a row can have as its number, and that SQLite's driver accepts."""
BUSY_SECONDS = 10
"""How long a writer waits for the lock of another before DatabaseBusy."""


@dataclass(frozen=True, slots=True)
class Database:
    """An open database; safe to share between threads."""

    engine: Engine
    place: str
    """Its path, or its URL without the password; for messages."""

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite: one file, one writer at a time."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a read-only transaction; temporary tables may be written."""
        with self._translated(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction: committed durably when the block ends, rolled back if it raises.

        Raises DatabaseBusy when another writer does not finish, DiskFull when the disk is full.
        """
        with self._translated(), self.engine.connect() as connection, _transaction(connection) as writer:
            yield writer

    @contextmanager
    def bulk_write(self) -> Iterator[Connection]:
        """Open a transaction for very many rows whose foreign keys are known to be valid.

        SQLite skips the foreign key checks, and checkpoints its write-ahead log in a thread afterwards.
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
                set_pragmas(connection, foreign_keys="ON", wal_autocheckpoint=CHECKPOINT_PAGES)
        checkpoint_in_background(self.place)

    @contextmanager
    def schema_change(self) -> Iterator[Connection]:
        """Open a transaction that may rebuild tables: SQLite checks foreign keys only at its end."""
        with self._translated(), self.engine.connect() as connection:
            if self.is_sqlite:
                set_pragmas(connection, foreign_keys="OFF")
            try:
                with _transaction(connection) as writer:
                    yield writer
                    if self.is_sqlite and (orphan := writer.exec_driver_sql("PRAGMA foreign_key_check").first()):
                        raise SettingsError(f"{self.place}: rows refer to missing rows: {tuple(orphan)}")
            finally:
                if self.is_sqlite:
                    set_pragmas(connection, foreign_keys="ON")

    def vacuum(self) -> None:
        """Overwrite what deleted rows left in SQLite's file and log (VACUUM); DatabaseBusy while somebody writes.

        PostgreSQL does so by itself (autovacuum).
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
        """Return whether an open connection still has the session that it started with."""
        if connection.invalidated:  # a statement would start another one
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
    """Translate driver errors within the block into ours."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        raise _translate(error, place) from error


def open_database(url: str, *, busy_seconds: float = BUSY_SECONDS) -> Database:
    """Open the database at an SQLAlchemy URL; nothing is read yet, and a missing SQLite file is created.

    A writer waits `busy_seconds` for another to finish. SettingsError when the URL is invalid, or its driver is not
    installed.
    """
    try:
        parsed = make_url(url)
        if parsed.get_backend_name() == "postgresql":
            engine = create_engine(
                parsed.set(drivername="postgresql+psycopg"),
                pool_pre_ping=True,
                hide_parameters=True,  # parameters hold addresses, and errors are shown and logged
                connect_args={"options": f"-c lock_timeout={int(busy_seconds * 1000)}", "connect_timeout": 10},
            )
            return Database(engine, parsed.render_as_string(hide_password=True))
        if parsed.get_backend_name() != "sqlite" or not parsed.database:
            raise SettingsError(
                f"[database] url = '{parsed.render_as_string()}': neither an SQLite file "
                "(sqlite:///PATH) nor PostgreSQL (postgresql://user@host/name)"
            )
    except (BadUrl, NoSuchModuleError) as error:
        raise SettingsError(f"[database] url: {error}") from error
    except ModuleNotFoundError as error:
        raise SettingsError(
            "[database] url names PostgreSQL, whose driver is not installed. Run pip install 'newsletter[postgres]'"
        ) from error
    if sqlite3.sqlite_version_info < _MIN_SQLITE:
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
            raise DiskFull(f"{folder}: the disk is full. Free some space and run it again") from error
        raise SettingsError(f"{folder}: cannot be created: {describe(error)}") from error


def _translate(error: DBAPIError | sqlite3.Error, place: str) -> NewsletterError | DBAPIError | sqlite3.Error:
    original = error.orig if isinstance(error, DBAPIError) else error
    text = str(original).lower()
    state = getattr(original, "sqlstate", None) or getattr(original, "sqlite_errorname", None)
    if "locked" in text or "busy" in text or "lock timeout" in text:
        return DatabaseBusy(f"{place}: another process is writing to it. Run it again when that has ended")
    if "is full" in text or "disk i/o error" in text or "no space" in text or "could not extend" in text:
        return DiskFull(
            f"{place}: the disk is full or failing, so nothing more was done. Free some space and run it again"
        )
    if "readonly" in text or "read-only" in text or "unable to open" in text:
        return SettingsError(f"{place}: the database cannot be written. Check its permissions")
    if "not a database" in text or "malformed" in text:
        return SettingsError(f"{place}: not a database of newsletter, or damaged. Restore a backup")
    if re.search("authentication failed|no password supplied|does not exist", text) and not state:
        return SettingsError(
            f"{place}: PostgreSQL refuses the connection: {text.splitlines()[0]}. Check [database] url"
        )
    if isinstance(error, OperationalError) and (error.connection_invalidated or not state):
        return TemporaryError(f"{place}: the database cannot be reached. Run it again when it is back")
    return error


def insert_into(connection: Connection, table: TableClause) -> "sqlite.Insert | postgresql.Insert":
    """Return an INSERT that may have an ON CONFLICT clause, in the dialect of the connection."""
    return dialect_insert(connection.dialect.name, table)


def dialect_insert(dialect: str, table: TableClause) -> "sqlite.Insert | postgresql.Insert":
    """Return an INSERT that may have an ON CONFLICT clause, in a dialect; PostgreSQL's is costly to import."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)
