"""Copying: everything a database holds into an empty one, of the same kind or of the other."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Column, Connection, MetaData, Table, func, insert, inspect, select, text
from sqlalchemy.exc import DataError

from newsletter.database.engine import Database
from newsletter.database.schema import is_up_to_date, upgrade
from newsletter.errors import DecisionRequired, UsageError

_ROWS = 2000
"""Read and written at a time."""
_OUR_OWN = {"alembic_version", "sqlite_sequence"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyProgress:
    """How far a table is."""

    table: str
    rows: int


def copy_database(source: Database, target: Database) -> Generator[CopyProgress, None, None]:
    """Copy every row into `target`, whose tables are made first, and yield how far it is after each group.

    The source is read as it was at one moment, and the target has all of it or nothing: it is one transaction,
    which whoever closes the iterator early takes back. Numbers once given out are not given out there again.
    UsageError when the target holds rows already; DecisionRequired when a row has no place there.
    """
    if not is_up_to_date(source):
        upgrade(source)
    upgrade(target)
    with source.read() as there, target.write() as here:
        names = _in_order(here)
        tables = {name: (_table(there, name), _table(here, name)) for name in names}
        _refuse_what_is_used(target, here, [of for _, of in tables.values()])
        for name, (of_source, of_target) in tables.items():
            yield from _copy(target, there, here, of_source, of_target)
            _carry_on_numbers(there, here, of_target, name)


def _in_order(connection: Connection) -> list[str]:
    """Return the tables, each after those that it refers to."""
    found = inspect(connection).get_sorted_table_and_fkc_names()
    return [name for name, _ in found if name is not None and name not in _OUR_OWN]


def _table(connection: Connection, name: str) -> Table:
    """Return a table as this database has it: its columns and their types, and nothing else."""
    seen = inspect(connection)
    keys = set(seen.get_pk_constraint(name)["constrained_columns"])
    columns: list[Column[Any]] = []
    for each in seen.get_columns(name):
        if isinstance(each["type"], JSON):
            each["type"].none_as_null = True  # else nothing becomes JSON's own null
        columns.append(Column(each["name"], each["type"], primary_key=each["name"] in keys))
    return Table(name, MetaData(), *columns)


def _refuse_what_is_used(target: Database, here: Connection, tables: Sequence[Table]) -> None:
    for table in tables:
        if here.scalar(select(1).select_from(table).limit(1)) is not None:
            raise UsageError(f"{target.place}: holds rows already ({table.name}). Name an empty database")


def _copy(
    target: Database, there: Connection, here: Connection, of_source: Table, of_target: Table
) -> Iterator[CopyProgress]:
    zoned = {column.name: getattr(column.type, "timezone", False) for column in of_target.columns}
    rows = 0
    asked = select(of_source).order_by(*of_source.primary_key.columns)
    with there.execution_options(yield_per=_ROWS).execute(asked) as found:
        for group in found.mappings().partitions():
            written = [{name: _fitting(value, zoned[name]) for name, value in row.items()} for row in group]
            try:
                here.execute(insert(of_target), written)
            except DataError as error:
                reason = str(error.orig).strip().splitlines()[0]
                raise DecisionRequired(
                    f"{target.place}: a row of {of_target.name} after the first {rows:,} has no place there: "
                    f"{reason}. Nothing was copied"
                ) from error
            rows += len(written)
            yield CopyProgress(table=of_target.name, rows=rows)
    kept = here.scalar(select(func.count()).select_from(of_target))
    if kept != rows:
        raise DecisionRequired(f"{target.place}: {of_target.name} holds {kept:,} of {rows:,} rows. Nothing was copied")


def _fitting(value: Any, is_zoned: bool) -> Any:
    """Return a value as the target takes it: moments are in UTC on both sides, and SQLite has no zones."""
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=UTC)
        return moment.astimezone(UTC) if is_zoned else moment.astimezone(UTC).replace(tzinfo=None)
    return value


def _carry_on_numbers(there: Connection, here: Connection, table: Table, name: str) -> None:
    """Let the target count on from the source's last number, even where its row is gone."""
    keys = [column for column in table.primary_key.columns if column.type.python_type is int]
    if len(keys) != 1:
        return
    last = max(_last_number(there, name, keys[0].name), here.scalar(select(func.max(keys[0]))) or 0)
    if not last:
        return
    if here.dialect.name == "sqlite":
        if _counts_for_ever(here, name):
            here.execute(text("UPDATE sqlite_sequence SET seq = :last WHERE name = :name"), _named(name, last))
            here.execute(
                text(
                    "INSERT INTO sqlite_sequence (name, seq) SELECT :name, :last "
                    "WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = :name)"
                ),
                _named(name, last),
            )
    elif sequence := _sequence(here, name, keys[0].name):
        here.execute(select(func.setval(sequence, last)))


def _last_number(connection: Connection, name: str, column: str) -> int:
    """Return the highest number that this table has ever given out, as far as the database remembers; else 0."""
    if connection.dialect.name != "sqlite":
        sequence = _sequence(connection, name, column)
        asked = text("SELECT pg_sequence_last_value(CAST(:sequence AS regclass))")
        return (sequence and connection.scalar(asked, {"sequence": sequence})) or 0
    if not _counts_for_ever(connection, name):
        return 0
    return connection.scalar(text("SELECT seq FROM sqlite_sequence WHERE name = :name"), {"name": name}) or 0


def _sequence(connection: Connection, name: str, column: str) -> str | None:
    return connection.scalar(select(func.pg_get_serial_sequence(name, column)))


def _counts_for_ever(connection: Connection, name: str) -> bool:
    """Return whether SQLite keeps a table's last number even when its row is gone."""
    made = connection.scalar(text("SELECT sql FROM sqlite_master WHERE name = :name"), {"name": name})
    return "AUTOINCREMENT" in (made or "")


def _named(name: str, last: int) -> dict[str, Any]:
    return {"name": name, "last": last}
