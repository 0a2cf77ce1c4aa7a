"""Brings a database to the newest shape by handwritten Alembic migrations."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from newsletter.database.engine import Database
from newsletter.errors import EditSettings

_TURN = 0x6E6577736C657474
"""PostgreSQL's name for the right to migrate."""


def upgrade(database: Database) -> bool:
    """Apply the migrations that are missing, in one transaction; True if there were any.

    Raises EditSettings when a newer version of this program has already changed the database.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    scripts = ScriptDirectory.from_config(config)
    newest = scripts.get_current_head()
    with database.read() as connection:
        present = MigrationContext.configure(connection).get_current_revision()
    if present == newest:
        return False
    if present is not None and present not in {script.revision for script in scripts.walk_revisions()}:
        raise EditSettings(f"{database.place}: made by a newer newsletter. Upgrade this one, or restore a backup")
    with database.rebuild() as connection:
        if not database.is_sqlite:  # whose writers take turns anyhow
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _TURN})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return True
