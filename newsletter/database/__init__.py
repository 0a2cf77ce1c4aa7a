"""The database: an engine for SQLite (default) or PostgreSQL, and its migrations; no rule of the trade."""

from newsletter.database.backup import back_up
from newsletter.database.copying import copy_database
from newsletter.database.engine import LARGEST_NUMBER, Database, open_database
from newsletter.database.functions import folded
from newsletter.database.migrate import is_up_to_date, upgrade
from newsletter.database.moment import Moment
from newsletter.database.question import Order, Question

__all__ = [
    "LARGEST_NUMBER",
    "Database",
    "Moment",
    "Order",
    "Question",
    "back_up",
    "copy_database",
    "folded",
    "is_up_to_date",
    "open_database",
    "upgrade",
]
