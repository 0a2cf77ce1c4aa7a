"""Staging tables: a batch of imported rows in temporary tables, where SQL joins it with the subscribers.

The joins are outer ones, though every row has a partner, because SQLite then begins with the small table.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from json.encoder import encode_basestring_ascii as json_text
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    Table,
    Text,
    cast,
    delete,
    exists,
    or_,
    select,
)

from newsletter.audience.importer.dedupe import Batch, ValidRow
from newsletter.audience.models import SubscriptionState
from newsletter.audience.tables import subscribers, subscriptions, suppressions
from newsletter.database import Database

_metadata = MetaData()

staged_rows = Table(
    "staged_rows",
    _metadata,
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("address", Text),
    Column("address_key", Text),
    Column("address_hash", LargeBinary),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("fields", Text),
    Column("state", Text),
    Column("suppression", Text),
    Column("consent", Text),
    prefixes=["TEMPORARY"],
)

staged_tags = Table("staged_tags", _metadata, Column("address_key", Text), Column("tag", Text), prefixes=["TEMPORARY"])


@contextmanager
def staged(database: Database, batch: Batch, *, is_dry_run: bool) -> Iterator[Connection]:
    """Open a transaction with a batch in the staging tables; in a dry run, one that writes nothing else."""
    with (database.read if is_dry_run else database.write)() as connection:
        stage(connection, batch)
        yield connection
        _metadata.drop_all(connection, checkfirst=False)


def stage(connection: Connection, batch: Batch) -> None:
    """Create the staging tables within the caller's transaction and fill them with a batch."""
    _metadata.create_all(connection, checkfirst=False)
    _insert(connection, staged_rows, map(_values, batch.rows.values()))
    _insert(connection, staged_tags, batch.tags)


def take_unchanged(connection: Connection, list_id: int | None, newest: int) -> frozenset[int]:
    """Remove the subscribers who are confirmed on the list with the same details; return their lines.

    Only subscriptions up to the number `newest` are looked at: later ones were made by this same import.
    """
    is_unchanged = (
        exists()
        .where(subscribers.c.address_key == staged_rows.c.address_key)
        .where(subscribers.c.first_name == staged_rows.c.first_name)
        .where(subscribers.c.last_name == staged_rows.c.last_name)
        .where(cast(subscribers.c.fields, Text) == staged_rows.c.fields)
        .where(subscriptions.c.subscriber_id == subscribers.c.id)
        .where(subscriptions.c.list_id == list_id)
        .where(subscriptions.c.id <= newest)
        .where(subscriptions.c.state == SubscriptionState.CONFIRMED.value)
    )
    is_suppressed = exists().where(suppressions.c.address_hash == staged_rows.c.address_hash)
    statement = (
        delete(staged_rows)
        .where(staged_rows.c.state == SubscriptionState.CONFIRMED.value, staged_rows.c.suppression == "")
        .where(is_unchanged, ~is_suppressed)
        .returning(staged_rows.c.line)
    )
    return frozenset(connection.scalars(statement).all())


def known_rows(list_id: int | None) -> Select[tuple[Any, ...]]:
    """Select the staged people who are subscribers or suppressed, with their subscription to the list."""
    return (
        select(
            staged_rows.c.line,
            subscribers.c.id.label("subscriber_id"),
            subscribers.c.first_name,
            subscribers.c.last_name,
            subscribers.c.fields,
            subscribers.c.named_at,
            subscriptions.c.id.label("subscription_id"),
            subscriptions.c.state,
            suppressions.c.reason,
        )
        .outerjoin_from(staged_rows, subscribers, subscribers.c.address_key == staged_rows.c.address_key)
        .outerjoin(
            subscriptions,
            (subscriptions.c.subscriber_id == subscribers.c.id) & (subscriptions.c.list_id == list_id),
        )
        .outerjoin(suppressions, suppressions.c.address_hash == staged_rows.c.address_hash)
        .where(or_(subscribers.c.id.is_not(None), suppressions.c.reason.is_not(None)))
    )


def _insert(connection: Connection, table: Table, rows: Iterable[tuple[object, ...]]) -> None:
    """Insert tuples through the driver itself, which is several times as fast as through SQLAlchemy."""
    if values := list(rows):
        mark = "?" if connection.dialect.name == "sqlite" else "%s"
        marks = ", ".join([mark] * len(table.columns))
        connection.exec_driver_sql(f"INSERT INTO {table.name} VALUES ({marks})", values)  # noqa: S608


def _values(valid: ValidRow) -> tuple[object, ...]:
    row, address, key, address_hash = valid
    state = "confirmed" if row.state is SubscriptionState.CONFIRMED else row.state.value
    suppression = row.suppression.value if row.suppression else ""
    return (
        row.line,
        address,
        key,
        address_hash,
        row.first_name,
        row.last_name,
        fields_json(row.fields),
        state,
        suppression,
        row.consent,
    )


def fields_json(fields: Mapping[str, str]) -> str:
    """Return fields as `json.dumps` writes them, which takes three times as long."""
    return f"{{{', '.join([f'{json_text(name)}: {json_text(text)}' for name, text in fields.items()])}}}"
