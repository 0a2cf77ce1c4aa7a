"""Copies everything in a database to an empty one, such as from SQLite to PostgreSQL or back."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, MetaData, Table, func, insert, inspect, select, text
from sqlalchemy.exc import DataError

from newsletter.database.engine import Database
from newsletter.database.schema import is_up_to_date, upgrade
from newsletter.errors import DecisionRequired, UsageError

_ROWS_AT_ONCE = 2000
_SKIPPED_TABLES = {"alembic_version", "sqlite_sequence"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCopyProgress:
    """How many rows of a table are copied."""

    table: str
    rows: int


def copy_database(source: Database, target: Database) -> Generator[TableCopyProgress, None, None]:
    """Copy every row into `target`, whose tables are created first, and yield the progress after each group.

    The source is read as one snapshot, and the target is written in one transaction, which is rolled back if the
    caller closes the generator early. Sequences continue after the last number ever used. UsageError when the target
    holds rows already; DecisionRequired when a row does not fit there.
    """
    if not is_up_to_date(source):
        upgrade(source)
    upgrade(target)
    with source.read() as source_connection, target.write() as target_connection:
        names = _tables_in_order(target_connection)
        tables = {name: (_table(source_connection, name), _table(target_connection, name)) for name in names}
        _require_empty(target, target_connection, [table for _, table in tables.values()])
        for name, (source_table, target_table) in tables.items():
            yield from _copy(target, source_connection, target_connection, source_table, target_table)
            _continue_sequence(source_connection, target_connection, target_table, name)


def _tables_in_order(connection: Connection) -> list[str]:
    """Return the tables, each after those that it references."""
    sorted_tables = inspect(connection).get_sorted_table_and_fkc_names()
    return [name for name, _ in sorted_tables if name is not None and name not in _SKIPPED_TABLES]


def _table(connection: Connection, name: str) -> Table:
    """Reflect a table: its columns with their types and primary key, and nothing else."""
    inspector = inspect(connection)
    keys = set(inspector.get_pk_constraint(name)["constrained_columns"])
    columns: list[Column[Any]] = []
    for column in inspector.get_columns(name):
        if isinstance(column["type"], JSON):
            column["type"].none_as_null = True  # else NULL becomes JSON null
        columns.append(Column(column["name"], column["type"], primary_key=column["name"] in keys))
    return Table(name, MetaData(), *columns)


def _require_empty(target: Database, target_connection: Connection, tables: Sequence[Table]) -> None:
    for table in tables:
        if target_connection.scalar(select(1).select_from(table).limit(1)) is not None:
            raise UsageError(f"{target.place}: already contains rows ({table.name}). Name an empty database")


def _copy(
    target: Database,
    source_connection: Connection,
    target_connection: Connection,
    source_table: Table,
    target_table: Table,
) -> Iterator[TableCopyProgress]:
    zoned = {column.name: getattr(column.type, "timezone", False) for column in target_table.columns}
    rows = 0
    query = select(source_table).order_by(*source_table.primary_key.columns)
    with source_connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(query) as result:
        for group in result.mappings().partitions():
            written = [{name: _convert(value, zoned[name]) for name, value in row.items()} for row in group]
            try:
                target_connection.execute(insert(target_table), written)
            except DataError as error:
                reason = str(error.orig).strip().splitlines()[0]
                raise DecisionRequired(
                    f"{target.place}: a row of {target_table.name} after the first {rows:,} does not fit: "
                    f"{reason}. Nothing was copied"
                ) from error
            rows += len(written)
            yield TableCopyProgress(table=target_table.name, rows=rows)
    kept = target_connection.scalar(select(func.count()).select_from(target_table))
    if kept != rows:
        raise DecisionRequired(
            f"{target.place}: {target_table.name} holds {kept:,} of {rows:,} rows. Nothing was copied"
        )


def _convert(value: Any, is_zoned: bool) -> Any:
    """Return a value as the target stores it: times are in UTC on both sides, and SQLite has no time zones."""
    if isinstance(value, datetime):
        at = (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)
        return at if is_zoned else at.replace(tzinfo=None)
    return value


def _continue_sequence(source_connection: Connection, target_connection: Connection, table: Table, name: str) -> None:
    """Let the target continue after the source's last number, even if that row was deleted."""
    keys = [column for column in table.primary_key.columns if column.type.python_type is int]
    if len(keys) != 1:
        return
    last = max(
        _last_number(source_connection, name, keys[0].name), target_connection.scalar(select(func.max(keys[0]))) or 0
    )
    if not last:
        return
    if target_connection.dialect.name == "sqlite":
        if _is_autoincrement(target_connection, name):
            target_connection.execute(
                text("UPDATE sqlite_sequence SET seq = :last WHERE name = :name"), _sequence_row(name, last)
            )
            target_connection.execute(
                text(
                    "INSERT INTO sqlite_sequence (name, seq) SELECT :name, :last "
                    "WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = :name)"
                ),
                _sequence_row(name, last),
            )
    elif sequence := _sequence(target_connection, name, keys[0].name):
        target_connection.execute(select(func.setval(sequence, last)))


def _last_number(connection: Connection, name: str, column: str) -> int:
    """Return the highest number that a table has ever used, as far as the database remembers; else 0."""
    if connection.dialect.name != "sqlite":
        sequence = _sequence(connection, name, column)
        query = text("SELECT pg_sequence_last_value(CAST(:sequence AS regclass))")
        return (sequence and connection.scalar(query, {"sequence": sequence})) or 0
    if not _is_autoincrement(connection, name):
        return 0
    return connection.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": name}) or 0


def _sequence(connection: Connection, name: str, column: str) -> str | None:
    return connection.scalar(select(func.pg_get_serial_sequence(name, column)))


def _is_autoincrement(connection: Connection, name: str) -> bool:
    """Return whether an SQLite table has AUTOINCREMENT: never reuses a number, even of a deleted row."""
    sql = connection.scalar(text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": name})
    return "AUTOINCREMENT" in (sql or "")


def _sequence_row(name: str, last: int) -> dict[str, Any]:
    return {"name": name, "last": last}
