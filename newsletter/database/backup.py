"""Backup: a complete, checked copy of an SQLite database, made while others write (SQLite's online backup)."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from newsletter.atomic_file import make_private_folder
from newsletter.database.engine import Database, translated
from newsletter.errors import SettingsError, UsageError

_PAGES_AT_ONCE = 2000
"""So few that a writer never waits long."""


def back_up(database: Database, path: Path) -> int:
    """Copy a database to a new file that only its owner can read; return its size in bytes.

    The file gets its name only when it is complete, synced and checked. UsageError if the name is taken, or the
    database is PostgreSQL, which has pg_dump.
    """
    if not database.is_sqlite:
        raise UsageError(
            f"{database.place}: PostgreSQL cannot be backed up with this command. Use pg_dump --format=custom"
        )
    if path.exists():
        raise UsageError(f"{path}: already exists. Name another file, or move it away")
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
    """Copy page by page while others write, then check the copy; SettingsError when it is damaged."""
    source_uri = f"file:{quote(str(Path(place).resolve()))}?mode=ro"
    with closing(sqlite3.connect(source_uri, uri=True)) as source, closing(sqlite3.connect(draft)) as target:
        source.backup(target, pages=_PAGES_AT_ONCE)
        target.execute("PRAGMA journal_mode=DELETE")
        (verdict,) = target.execute("PRAGMA integrity_check(1)").fetchone()
        if verdict != "ok":
            raise SettingsError(f"{place}: the database is damaged: {verdict}. Restore an older backup")
