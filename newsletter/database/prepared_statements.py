"""Statements that run with every group of messages: made once, and run by SQLite's own driver in few steps.

Each step of SQLite gives up the interpreter's lock, and waits for it behind whoever is submitting; so all rows
of a question come in one step, as one JSON value. On PostgreSQL they are statements like any other.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import JSON, Connection, Dialect, Executable, Select, TextualSelect, func, select

from newsletter.database.column_types import as_sqlite_has_it


class PreparedStatement:
    """A statement that changes something."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._made: tuple[str, Sequence[str], Mapping[str, Any]] | None = None

    def run(self, connection: Connection, parameters: Mapping[str, Any]) -> Sequence[Any]:
        """Run it and return the rows it gives back."""
        if connection.dialect.name != "sqlite":
            result = connection.execute(self._statement, dict(parameters))
            return result.all() if result.returns_rows else ()
        text, names, fixed = self._made = self._made or _made(self._statement, connection.dialect)
        given = {**fixed, **parameters}
        values = [as_sqlite_has_it(v) if isinstance(v := given[name], datetime) else v for name in names]
        driver: Any = connection.connection.driver_connection
        rows: list[Any] = driver.execute(text, values).fetchall()
        return rows

    def run_many(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Run it once for each row, which all have the same names; return how many rows it changed, if known."""
        if not rows:
            return 0
        if connection.dialect.name != "sqlite":
            return connection.execute(self._statement, [dict(row) for row in rows]).rowcount
        text, names, fixed = self._made = self._made or _made(self._statement, connection.dialect)
        moments: dict[datetime, str] = {}

        def kept(value: Any) -> Any:
            if not isinstance(value, datetime):
                return value
            return moments.get(value) or moments.setdefault(value, as_sqlite_has_it(value))

        values = ([kept(row[name] if name in row else fixed[name]) for name in names] for row in rows)
        driver: Any = connection.connection.driver_connection
        return int(driver.executemany(text, values).rowcount)


class PreparedQuery:
    """A SELECT; its columns hold numbers, texts, JSON or nothing."""

    def __init__(self, statement: Select[Any] | TextualSelect) -> None:
        self._statement = statement

    @cached_property
    def _whole(self) -> PreparedStatement:
        rows = self._statement.subquery()
        columns = [func.json(column) if isinstance(column.type, JSON) else column for column in rows.c]
        return PreparedStatement(select(func.json_group_array(func.json_array(*columns))))

    def ask(self, connection: Connection, parameters: Mapping[str, Any]) -> Sequence[Any]:
        """Return its rows, in order."""
        if connection.dialect.name != "sqlite":
            return connection.execute(self._statement, dict(parameters)).all()
        ((found,),) = self._whole.run(connection, parameters)
        rows: list[Any] = json.loads(found)
        return rows


def _made(statement: Executable, dialect: Dialect) -> tuple[str, Sequence[str], Mapping[str, Any]]:
    """Return a statement's text, the names of its parameters in order, and the values that are part of it."""
    compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
    return str(compiled), tuple(compiled.positiontup), compiled.params
