"""Brings a database to the newest shape by handwritten Alembic migrations."""

from pathlib import Path

from sqlalchemy import inspect, text

from newsletter.database.engine import Database
from newsletter.errors import SettingsError

_TURN = 0x6E6577736C657474
"""PostgreSQL's name for the right to migrate."""
_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(database: Database) -> bool:
    """Apply the migrations that are missing, in one transaction; True if there were any.

    Raises SettingsError when a newer version of this program has already changed the database.
    """
    known, present = _known(), _present(database)
    if present == max(known):
        return False
    if present is not None and present not in known:
        raise SettingsError(f"{database.place}: made by a newer newsletter. Upgrade this one, or restore a backup")
    from alembic import command  # which takes longer to import than most commands take, and is seldom needed
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with database.schema_change() as connection:
        if not database.is_sqlite:  # whose writers take turns anyhow
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _TURN})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return True


def is_up_to_date(database: Database) -> bool:
    """Return whether no migration is missing; nothing is changed."""
    return _present(database) == max(_known())


def _known() -> set[str]:
    return {path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py")}


def _present(database: Database) -> str | None:
    with database.read() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        present: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return present
