"""Prepared statements for hot paths: compiled once, and on SQLite run by its driver in as few steps as possible.

Each step of SQLite releases the interpreter lock and then waits for it behind the threads that submit messages; so all
rows of a query come in one step, as one JSON value. On PostgreSQL these are ordinary statements.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import JSON, Connection, Dialect, Executable, Select, TextualSelect, func, select

from newsletter.database.column_types import sqlite_text


class PreparedStatement:
    """A statement that changes rows."""

    def __init__(self, statement: Executable) -> None:
        self._statement = statement
        self._compiled: tuple[str, Sequence[str], Mapping[str, Any]] | None = None

    def run(self, connection: Connection, parameters: Mapping[str, Any]) -> Sequence[Any]:
        """Run it and return the rows of its RETURNING clause."""
        if connection.dialect.name != "sqlite":
            result = connection.execute(self._statement, dict(parameters))
            return result.all() if result.returns_rows else ()
        text, names, fixed = self._compiled = self._compiled or _compile(self._statement, connection.dialect)
        given = {**fixed, **parameters}
        values = [sqlite_text(v) if isinstance(v := given[name], datetime) else v for name in names]
        driver: Any = connection.connection.driver_connection
        rows: list[Any] = driver.execute(text, values).fetchall()
        return rows

    def run_many(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Run it for each row of parameters, all with the same names; return how many rows it changed, if known."""
        if not rows:
            return 0
        if connection.dialect.name != "sqlite":
            return connection.execute(self._statement, [dict(row) for row in rows]).rowcount
        text, names, fixed = self._compiled = self._compiled or _compile(self._statement, connection.dialect)
        texts: dict[datetime, str] = {}

        def to_sqlite(value: Any) -> Any:
            if not isinstance(value, datetime):
                return value
            return texts.get(value) or texts.setdefault(value, sqlite_text(value))

        values = ([to_sqlite(row[name] if name in row else fixed[name]) for name in names] for row in rows)
        driver: Any = connection.connection.driver_connection
        return int(driver.executemany(text, values).rowcount)


class PreparedQuery:
    """A SELECT whose columns hold numbers, text, JSON or NULL."""

    def __init__(self, statement: Select[Any] | TextualSelect) -> None:
        self._statement = statement

    @cached_property
    def _as_json(self) -> PreparedStatement:
        rows = self._statement.subquery()
        columns = [func.json(column) if isinstance(column.type, JSON) else column for column in rows.c]
        return PreparedStatement(select(func.json_group_array(func.json_array(*columns))))

    def fetch(self, connection: Connection, parameters: Mapping[str, Any]) -> Sequence[Any]:
        """Run it and return its rows, in order."""
        if connection.dialect.name != "sqlite":
            return connection.execute(self._statement, dict(parameters)).all()
        ((text,),) = self._as_json.run(connection, parameters)
        rows: list[Any] = json.loads(text)
        return rows


def _compile(statement: Executable, dialect: Dialect) -> tuple[str, Sequence[str], Mapping[str, Any]]:
    """Return a statement's SQL, the names of its parameters in order, and the values that are part of it."""
    compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
    return str(compiled), tuple(compiled.positiontup), compiled.params
