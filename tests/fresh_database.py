"""New databases for tests: migrations run once per process, and each test gets a copy of the result."""

import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy.engine import make_url

from newsletter.atomic_file import make_private_folder
from newsletter.database import Database, open_database, upgrade


def fresh_database(url: str, *, busy_seconds: float = 10) -> Database:
    """Open a fully migrated database; a new SQLite file is copied from one that was migrated earlier."""
    file = make_url(url).database
    if url.startswith("sqlite:") and file and not Path(file).exists():
        make_private_folder(Path(file).parent)
        Path(file).write_bytes(_newest())
    database = open_database(url, busy_seconds=busy_seconds)
    upgrade(database)
    return database


@cache
def _newest() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "newsletter.db"
        database = open_database(f"sqlite:///{file}")
        upgrade(database)
        database.close()
        return file.read_bytes()
