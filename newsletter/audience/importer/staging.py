"""Staging: a batch of imported rows stands beside the roster until it is ruled on.

The joins are outer ones, though everybody has a partner, because SQLite then begins with the small table.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, Text, cast, delete, exists, insert, or_, select
from sqlalchemy.engine import Row as Found
from sqlalchemy.sql.dml import ReturningDelete

from newsletter.audience.importer.batch_db import TABLES, arrivals, rows_of
from newsletter.audience.importer.decide import NOTHING_KNOWN, Known, Ruling, rule
from newsletter.audience.importer.dedupe import Batch, entry_of
from newsletter.audience.models import SubscriptionState, SuppressionReason
from newsletter.audience.tables import subscribers, subscriptions, suppressions
from newsletter.database import Database

_NOBODY: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What is to happen to a batch; most of it is of two kinds, about which no more need be said."""

    newcomers: int = 0
    """Of how many nothing is known, and nothing is said but that they join."""
    settled: Collection[int] = ()
    """The lines of those who are on the list and of whom the file says nothing new; no more staged than that."""
    rulings: Sequence[Ruling] = ()
    """What is to happen to each of the others."""


@contextmanager
def staged(database: Database, batch: Batch, *, is_dry_run: bool) -> Iterator[Connection]:
    """Open a transaction that sees a batch beside the roster; in a dry run, a connection that only reads."""
    opened = database.read if is_dry_run else database.write
    if database.is_sqlite:
        with opened(attached=batch.image) as connection:
            yield connection
        return
    with opened() as connection:
        for table in TABLES:
            table.create(connection, checkfirst=False)
            if rows := list(rows_of(batch.image, table)):
                connection.execute(insert(table), rows)
        yield connection
        for table in TABLES:
            table.drop(connection, checkfirst=False)


def judge(connection: Connection, list_id: int | None, batch: Batch, *, newest: int) -> Judgement:
    """Decide what is to happen to each of a staged batch.

    Subscriptions after the `newest` were made by this same import.
    """
    settled = frozenset(connection.scalars(_settle(list_id, newest)).all()) if newest else _NOBODY
    known = {found.line: found for found in connection.execute(known_arrivals(list_id))}
    rulings = []
    for line in sorted(known.keys() | batch.remarkable.keys() - settled):
        found = known.get(line)
        entry = batch.remarkable.get(line) or entry_of(tuple(known[line])[: len(arrivals.columns)])
        rulings.append(rule(entry, _known(found) if found else NOTHING_KNOWN))
    newcomers = batch.count - len(settled) - len(rulings)
    return Judgement(newcomers=newcomers, settled=settled, rulings=rulings)


def staged_people(connection: Connection) -> list[tuple[int, str]]:
    """Return the lines and addresses of a staged batch."""
    return [tuple(found) for found in connection.execute(select(arrivals.c.line, arrivals.c.address))]


def known_arrivals(list_id: int | None) -> Select[tuple[Any, ...]]:
    """Ask who of the staged batch is known, with their place on the list, or suppressed."""
    return (
        select(
            arrivals,
            subscribers.c.id.label("subscriber_id"),
            subscribers.c.first_name.label("known_first_name"),
            subscribers.c.last_name.label("known_last_name"),
            subscribers.c.fields.label("known_fields"),
            subscribers.c.named_at,
            subscriptions.c.id.label("subscription_id"),
            subscriptions.c.state.label("known_state"),
            suppressions.c.reason,
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


def _known(found: Found[Any]) -> Known:
    return Known(
        found.subscriber_id,
        found.known_first_name,
        found.known_last_name,
        found.known_fields,
        found.subscription_id,
        SubscriptionState(found.known_state) if found.known_state else None,
        SuppressionReason(found.reason) if found.reason else None,
        found.named_at,
    )
