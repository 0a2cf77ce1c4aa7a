"""Schema: migrates a database to the newest version with hand-written Alembic migrations."""

from pathlib import Path

from sqlalchemy import inspect, text

from newsletter.database.engine import Database
from newsletter.errors import SettingsError

_ADVISORY_LOCK = 0x6E6577736C657474
"""The PostgreSQL advisory lock that one migrating process holds."""
_MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(database: Database) -> bool:
    """Apply the missing migrations in one transaction; True if there were any.

    SettingsError when a newer version of this program has already migrated the database.
    """
    known, current = _known_revisions(), _current_revision(database)
    if current == max(known):
        return False
    if current is not None and current not in known:
        raise SettingsError(
            f"{database.place}: migrated by a newer version of newsletter. Upgrade this one, or restore a backup"
        )
    from alembic import command  # slow to import, and seldom needed
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with database.schema_change() as connection:
        if not database.is_sqlite:  # SQLite has one writer anyhow
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    return True


def is_up_to_date(database: Database) -> bool:
    """Return whether no migration is missing; changes nothing."""
    return _current_revision(database) == max(_known_revisions())


def _known_revisions() -> set[str]:
    return {path.name.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py")}


def _current_revision(database: Database) -> str | None:
    with database.read() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        revision: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return revision
