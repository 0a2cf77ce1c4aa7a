"""The database: an engine for SQLite (default) or PostgreSQL, and its migrations; no rule of the trade."""

from newsletter.database.engine import Database, open_database
from newsletter.database.migrate import upgrade
from newsletter.database.moment import Moment

__all__ = ["Database", "Moment", "open_database", "upgrade"]
