"""The database: reachable, up to date, undamaged, and with room to grow."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from newsletter.audience import check_hash_key
from newsletter.database import Database, is_up_to_date, open_database
from newsletter.delivery import high_water_mark_path, refuse_older_copy
from newsletter.doctor.check import CheckResult, fail, ok, warn
from newsletter.errors import DecisionRequired, SettingsError
from newsletter.settings import Settings, read_hashing_key, read_or_make_keys
from newsletter.tokens import Keyring

_PART = "database"
_PATIENCE, _STEPS = 8.0, 1_000
"""Seconds for looking a database through, and how many of SQLite's steps lie between two looks at the clock."""
_LEAST, _LITTLE = 100_000_000, 1_000_000_000
"""Bytes; a ledger of 100,000 letters takes some 50 MB with its log."""


def check_database(settings: Settings, *, patience: float = _PATIENCE) -> Iterator[CheckResult]:
    """Look at the database as a send would find it, through it for so many seconds; nothing is written."""
    url = settings.database_url
    path = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None
    yield _room(settings)
    if path is not None and not path.exists():
        yield warn(_PART, "reach", f"{path.name} is not there yet; the first send makes it")
        return
    with closing(open_database(url, busy_seconds=5)) as database:
        with database.read() as connection:
            connection.execute(text("SELECT 1"))
        yield ok(_PART, "reach", f"{'SQLite' if database.is_sqlite else 'PostgreSQL'} answers")
        if not is_up_to_date(database):
            yield warn(_PART, "shape", "an older shape", "The next command brings it up to date; back it up first")
            return
        yield ok(_PART, "shape", "the newest shape")
        yield _health(database, patience)
        yield from _key(database, settings)
        yield from _copies(database, settings)


def _key(database: Database, settings: Settings) -> Iterator[CheckResult]:
    """Look whether the key that is there is the one that people were hashed with; none is made here."""
    if settings.secret_key is None and not (settings.var / "secret.key").exists():
        return
    try:
        keyring = Keyring(read_or_make_keys(settings), read_hashing_key(settings))
        check_hash_key(database, keyring)
    except SettingsError as error:
        said, _, remedy = str(error).partition(". ")
        yield fail(_PART, "key", said, remedy)
    else:
        yield ok(_PART, "key", "goes with the secret key")


def _health(database: Database, patience: float) -> CheckResult:
    if not database.is_sqlite:
        return ok(_PART, "health", "PostgreSQL looks after its own files")
    try:
        said, loose = _examined(database, patience)
    except OperationalError as error:
        if "interrupt" not in str(error):
            raise
        told = f"too large to be looked through in {patience:.0f} s, and nothing wrong so far"
        return warn(_PART, "health", told, "sqlite3 var/newsletter.db 'PRAGMA quick_check' takes its time")
    if said != ["ok"]:
        return fail(_PART, "health", f"it is damaged: {said[0]}", "Restore a backup: docs/deploying.md")
    if loose is not None:
        return fail(_PART, "health", f"rows of {loose[0]} refer to rows that are gone", "Restore a backup")
    return ok(_PART, "health", "undamaged")


def _examined(database: Database, patience: float) -> tuple[list[str], Any]:
    """Return what SQLite finds wrong, and a row whose reference leads nowhere; OperationalError in the end."""
    end = monotonic() + patience
    with database.read() as connection:
        line: Any = connection.connection.dbapi_connection
        line.set_progress_handler(lambda: monotonic() > end, _STEPS)
        try:
            said = [row[0] for row in connection.execute(text("PRAGMA quick_check(3)"))]
            return said, connection.execute(text("PRAGMA foreign_key_check")).first()
        finally:
            line.set_progress_handler(None, 0)


def _copies(database: Database, settings: Settings) -> Iterator[CheckResult]:
    if not high_water_mark_path(settings).exists():  # nothing has left this machine, and looking would make the mark
        return
    try:
        refuse_older_copy(database, settings)
    except DecisionRequired as error:
        what, _, remedy = str(error).rpartition(". ")
        yield fail(_PART, "age", what or remedy, remedy or "newsletter send --restored")


def _room(settings: Settings) -> CheckResult:
    folder = settings.var if settings.var.exists() else settings.root
    free = shutil.disk_usage(folder).free
    said = f"{free / 1e9:,.1f} GB free"
    if free < _LEAST:
        return fail(_PART, "room", said, "Make room: a send that cannot be recorded does not begin")
    if free < _LITTLE:
        return warn(_PART, "room", said, "Make room before a large mailing")
    return ok(_PART, "room", said)


def database_time(settings: Settings) -> datetime | None:
    """Return the time by a database server's clock; None for SQLite, which has ours."""
    if settings.database_url.startswith("sqlite"):
        return None
    with closing(open_database(settings.database_url, busy_seconds=5)) as database, database.read() as connection:
        found: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return found.astimezone(UTC)
