"""Column types that mean the same on SQLite and PostgreSQL: UTC datetimes and 64-bit row numbers."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Dialect, Integer
from sqlalchemy.types import TypeDecorator

BIG_ID = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit row number. SQLite counts rows only in a column of type INTEGER, which has 64 bits there."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC because SQLite has no time zones; ValueError for a naive one."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        """Return the value in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, _dialect: Dialect) -> datetime | None:
        """Return the value as aware UTC; SQLite returns it without a time zone."""
        if value is None:
            return None
        at: datetime = value
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def sqlite_text(at: datetime) -> str:
    """Return a datetime as the text that SQLAlchemy stores in SQLite, for statements that bypass SQLAlchemy.

    This is a storage format, not RFC 3339: it sorts and compares as text with what is stored already.
    """
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
