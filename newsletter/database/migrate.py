"""Brings a database to the newest shape by handwritten Alembic migrations."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from newsletter.database.engine import Database
from newsletter.errors import EditSettings


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
    with database.write() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return True
