"""Backup: a whole and checked copy of a SQLite database, made while others write."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from newsletter.atomic_file import make_private_folder
from newsletter.database.engine import Database, translated
from newsletter.errors import SettingsError, UsageError

_PAGES = 2000
"""At a time, so that nobody who writes waits long."""


def back_up(database: Database, path: Path) -> int:
    """Copy a database to a file that is not there yet, readable by its owner alone; returns its bytes.

    It appears under its name once it is whole, synced and found sound. UsageError if there is something of that
    name, or the database is PostgreSQL's, which has pg_dump.
    """
    if not database.is_sqlite:
        raise UsageError(f"{database.place}: this is PostgreSQL. Back it up with pg_dump --format=custom")
    if path.exists():
        raise UsageError(f"{path}: is there already. Name another file, or move it away")
    make_private_folder(path.parent)
    draft = path.with_name(f".{path.name}.part")
    draft.unlink(missing_ok=True)
    try:
        with translated(database.place):
            _copy(database.place, draft)
        draft.chmod(0o600)
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.rename(path)
    finally:
        draft.unlink(missing_ok=True)
    return path.stat().st_size


def _copy(place: str, draft: Path) -> None:
    source = f"file:{quote(str(Path(place).resolve()))}?mode=ro"
    with closing(sqlite3.connect(source, uri=True)) as there, closing(sqlite3.connect(draft)) as here:
        there.backup(here, pages=_PAGES)
        here.execute("PRAGMA journal_mode=DELETE")
        (verdict,) = here.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok":
            raise SettingsError(f"{place}: the database is damaged: {verdict}. Restore an older backup")
