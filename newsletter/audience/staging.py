"""Staging: a batch of imported rows stands beside the roster, in temporary tables, until it is ruled on.

The joins are outer ones, though everybody has a partner, because SQLite then begins with the small table.
"""

from bisect import bisect_left
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
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
    insert,
    or_,
    select,
)
from sqlalchemy.sql.dml import ReturningDelete

from newsletter.audience.roster import subscribers, subscriptions, suppressions
from newsletter.audience.ruling import NOTHING_KNOWN, Entry, Known, Ruling, rule
from newsletter.audience.sorting import Batch
from newsletter.audience.subscriber import SubscriptionState, SuppressionReason

_NOBODY: frozenset[int] = frozenset()
_metadata = MetaData()

arrivals = Table(
    "arrivals",
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
"""The batch at hand; it lives as long as its transaction."""

arriving_tags = Table(
    "arriving_tags", _metadata, Column("address_key", Text), Column("tag", Text), prefixes=["TEMPORARY"]
)
"""The tags of those of the batch who have any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What is to happen to a batch; most of it is of two kinds, about which no more need be said."""

    newcomers: int = 0
    """Of how many nothing is known, and nothing is said but that they join."""
    settled: Collection[int] = ()
    """The lines of those who are on the list and of whom the file says nothing new; no more staged than that."""
    rulings: Sequence[Ruling] = ()
    """What is to happen to each of the others."""
    is_tagged: bool = False
    named: Sequence[tuple[str, str, datetime]] = ()
    """The keys of those who chose their first name, with that and when."""


def judge(connection: Connection, list_id: int | None, batch: Batch, *, newest: int) -> Judgement:
    """Stage a batch and decide what is to happen to each of it.

    Subscriptions after the `newest` were made by this same import.
    """
    for table in (arrivals, arriving_tags):
        table.create(connection, checkfirst=False)
    if not batch.arrivals:
        return Judgement()
    _stage(connection, arrivals, batch.arrivals)
    if batch.tagged:
        _stage(connection, arriving_tags, batch.tagged)
    settled = frozenset(connection.scalars(_settle(list_id, newest)).all()) if newest else _NOBODY
    known = {row[0]: _known(*row[1:]) for row in connection.execute(known_arrivals(list_id))}
    lines = [arrival[0] for arrival in batch.arrivals]
    judged = sorted(known.keys() | batch.remarkable.keys() - settled)
    arriving = (batch.arrivals[bisect_left(lines, line)] for line in judged)
    rulings = [
        rule(Entry(batch.row(arrival), *arrival[1:4]), known.get(arrival[0], NOTHING_KNOWN))
        for arrival in arriving
    ]
    newcomers = len(batch.arrivals) - len(settled) - len(rulings)
    return Judgement(
        newcomers=newcomers, settled=settled, rulings=rulings, is_tagged=bool(batch.tagged), named=batch.named
    )


def dismiss(connection: Connection) -> None:
    """Take the staged batch away."""
    for table in (arrivals, arriving_tags):
        table.drop(connection, checkfirst=False)


def known_arrivals(list_id: int | None) -> Select[tuple[Any, ...]]:
    """Ask who of the staged batch is known, with their place on the list, or suppressed."""
    return (
        select(
            arrivals.c.line,
            subscribers.c.id,
            subscribers.c.first_name,
            subscribers.c.last_name,
            subscribers.c.fields,
            subscriptions.c.id.label("subscription_id"),
            subscriptions.c.state,
            suppressions.c.reason,
            subscribers.c.named_at,
        )
        .outerjoin_from(arrivals, subscribers, subscribers.c.address_key == arrivals.c.address_key)
        .outerjoin(
            subscriptions,
            (subscriptions.c.subscriber_id == subscribers.c.id) & (subscriptions.c.list_id == list_id),
        )
        .outerjoin(suppressions, suppressions.c.address_hash == arrivals.c.address_hash)
        .where(or_(subscribers.c.id.is_not(None), suppressions.c.reason.is_not(None)))
    )


def _settle(list_id: int | None, newest: int) -> ReturningDelete[Any]:
    """Take out of the staged batch whoever is confirmed on the list with the same details; returns their lines."""
    is_settled = (
        exists()
        .where(subscribers.c.address_key == arrivals.c.address_key)
        .where(subscribers.c.first_name == arrivals.c.first_name)
        .where(subscribers.c.last_name == arrivals.c.last_name)
        .where(cast(subscribers.c.fields, Text) == arrivals.c.fields)
        .where(subscriptions.c.subscriber_id == subscribers.c.id)
        .where(subscriptions.c.list_id == list_id)
        .where(subscriptions.c.id <= newest)
        .where(subscriptions.c.state == SubscriptionState.CONFIRMED.value)
    )
    is_suppressed = exists().where(suppressions.c.address_hash == arrivals.c.address_hash)
    return (
        delete(arrivals)
        .where(arrivals.c.state == SubscriptionState.CONFIRMED.value, arrivals.c.suppression == "")
        .where(is_settled, ~is_suppressed)
        .returning(arrivals.c.line)
    )


def _known(
    subscriber_id: int | None,
    first_name: str | None,
    last_name: str | None,
    fields: dict[str, str] | None,
    subscription_id: int | None,
    state: str | None,
    reason: str | None,
    named_at: datetime | None,
) -> Known:
    standing = SubscriptionState(state) if state else None
    suppressed = SuppressionReason(reason) if reason else None
    return Known(subscriber_id, first_name, last_name, fields, subscription_id, standing, suppressed, named_at)


def _stage(connection: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    """Fill a temporary table; on SQLite by its own driver, since SQLAlchemy costs more a row than the row does."""
    names = [column.name for column in table.columns]
    if connection.dialect.name != "sqlite":
        connection.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])
        return
    driver: Any = connection.connection.driver_connection
    driver.executemany(f"INSERT INTO {table.name} VALUES ({', '.join('?' * len(names))})", rows)  # noqa: S608
