"""The database: reachable, up to date, undamaged, and with room to grow."""

import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import text

from newsletter.database import Database, is_up_to_date, open_database
from newsletter.delivery import mark_path, refuse_older_copy
from newsletter.errors import AskPerson
from newsletter.overview.doctor.check import Check, fail, ok, warn
from newsletter.settings import Settings

_PART = "database"
_LEAST, _LITTLE = 100_000_000, 1_000_000_000
"""Bytes; a ledger of 100,000 letters takes some 50 MB with its log."""


def look_at_database(settings: Settings) -> Iterator[Check]:
    """Look at the database as a send would find it; nothing is written."""
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
        yield _health(database)
        yield from _copies(database, settings)


def _health(database: Database) -> Check:
    if not database.is_sqlite:
        return ok(_PART, "health", "PostgreSQL looks after its own files")
    with database.read() as connection:
        said = [row[0] for row in connection.execute(text("PRAGMA quick_check(3)"))]
        loose = connection.execute(text("PRAGMA foreign_key_check")).first()
    if said != ["ok"]:
        return fail(_PART, "health", f"it is damaged: {said[0]}", "Restore a backup: docs/deploying.md")
    if loose is not None:
        return fail(_PART, "health", f"rows of {loose[0]} refer to rows that are gone", "Restore a backup")
    return ok(_PART, "health", "undamaged")


def _copies(database: Database, settings: Settings) -> Iterator[Check]:
    if not mark_path(settings).exists():  # nothing has left this machine, and looking would make the mark
        return
    try:
        refuse_older_copy(database, settings)
    except AskPerson as error:
        what, _, remedy = str(error).rpartition(". ")
        yield fail(_PART, "age", what or remedy, remedy or "newsletter send --restored")


def _room(settings: Settings) -> Check:
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
