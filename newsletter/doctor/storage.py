"""Storage checks: the database is reachable, up to date and undamaged, and the disk has room."""

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
from newsletter.delivery.queue import high_water_mark_path, refuse_older_copy
from newsletter.doctor.check import CheckResult, fail, ok, warn
from newsletter.errors import DecisionRequired, SettingsError
from newsletter.settings import Settings, read_hashing_key, read_or_make_keys
from newsletter.tokens import Keyring

_PART = "database"
_CHECK_SECONDS, _STEPS = 8.0, 1_000
"""How long an integrity check may take, and after how many of SQLite's steps the clock is read."""
_TOO_FEW_BYTES, _FEW_BYTES = 100_000_000, 1_000_000_000
"""A mailing of 100,000 deliveries takes some 50 MB with its log."""


def check_database(settings: Settings, *, seconds: float = _CHECK_SECONDS) -> Iterator[CheckResult]:
    """Check the database without writing to it; the integrity check takes at most `seconds`."""
    url = settings.database_url
    path = Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None
    yield _check_room(settings)
    if path is not None and not path.exists():
        yield warn(_PART, "reach", f"{path.name} does not exist yet; the first send makes it")
        return
    with closing(open_database(url, busy_seconds=5)) as database:
        with database.read() as connection:
            connection.execute(text("SELECT 1"))
        yield ok(_PART, "reach", f"{'SQLite' if database.is_sqlite else 'PostgreSQL'} answers")
        if not is_up_to_date(database):
            yield warn(_PART, "shape", "an older schema", "The next command migrates it; back it up first")
            return
        yield ok(_PART, "shape", "the newest schema")
        yield _check_health(database, seconds)
        yield from _check_key(database, settings)
        yield from _check_for_older_copy(database, settings)


def _check_key(database: Database, settings: Settings) -> Iterator[CheckResult]:
    """Check that the secret key is the one that addresses were hashed with; none is made here."""
    if settings.secret_key is None and not (settings.var / "secret.key").exists():
        return
    try:
        keyring = Keyring(read_or_make_keys(settings), read_hashing_key(settings))
        check_hash_key(database, keyring)
    except SettingsError as error:
        message, _, remedy = str(error).partition(". ")
        yield fail(_PART, "key", message, remedy)
    else:
        yield ok(_PART, "key", "matches the secret key")


def _check_health(database: Database, seconds: float) -> CheckResult:
    if not database.is_sqlite:
        return ok(_PART, "health", "PostgreSQL checks its own files")
    try:
        faults, orphan = _check_integrity(database, seconds)
    except OperationalError as error:
        if "interrupt" not in str(error):
            raise
        message = f"too large to check within {seconds:.0f} s; nothing wrong so far"
        return warn(_PART, "health", message, "sqlite3 var/newsletter.db 'PRAGMA quick_check' checks all of it")
    if faults != ["ok"]:
        return fail(_PART, "health", f"damaged: {faults[0]}", "Restore a backup: docs/deploying.md")
    if orphan is not None:
        return fail(_PART, "health", f"rows of {orphan[0]} refer to missing rows", "Restore a backup")
    return ok(_PART, "health", "undamaged")


def _check_integrity(database: Database, seconds: float) -> tuple[list[str], Any]:
    """Return what SQLite finds wrong, and a row with a broken foreign key; OperationalError when time is up."""
    end = monotonic() + seconds
    with database.read() as connection:
        driver: Any = connection.connection.dbapi_connection
        driver.set_progress_handler(lambda: monotonic() > end, _STEPS)
        try:
            faults = [row[0] for row in connection.execute(text("PRAGMA quick_check(3)"))]
            return faults, connection.execute(text("PRAGMA foreign_key_check")).first()
        finally:
            driver.set_progress_handler(None, 0)


def _check_for_older_copy(database: Database, settings: Settings) -> Iterator[CheckResult]:
    if not high_water_mark_path(
        settings
    ).exists():  # nothing was sent from this machine, and checking would make the mark
        return
    try:
        refuse_older_copy(database, settings)
    except DecisionRequired as error:
        what, _, remedy = str(error).rpartition(". ")
        yield fail(_PART, "age", what or remedy, remedy or "newsletter send --restored")


def _check_room(settings: Settings) -> CheckResult:
    folder = settings.var if settings.var.exists() else settings.root
    free = shutil.disk_usage(folder).free
    message = f"{free / 1e9:,.1f} GB free"
    if free < _TOO_FEW_BYTES:
        return fail(_PART, "room", message, "Free some space: a send that cannot be recorded does not start")
    if free < _FEW_BYTES:
        return warn(_PART, "room", message, "Free some space before a large mailing")
    return ok(_PART, "room", message)


def database_time(settings: Settings) -> datetime | None:
    """Return the database server's time; None for SQLite, which has no clock of its own."""
    if settings.database_url.startswith("sqlite"):
        return None
    with closing(open_database(settings.database_url, busy_seconds=5)) as database, database.read() as connection:
        at: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return at.astimezone(UTC)
