"""The ledger's steps: claims are committed before a call, outcomes after it, both in groups.

One transaction marks the outcomes of one group and claims the next. What was claimed by a sender
that is gone becomes uncertain, and is never sent again by itself.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Text,
    Update,
    and_,
    bindparam,
    func,
    literal_column,
    null,
    select,
    update,
)

from newsletter.database import Database, PreparedStatement
from newsletter.delivery.models import Delivery, DeliveryStatus, Exclusion, Mailing, MailingState
from newsletter.delivery.queue.claim import claim_due
from newsletter.delivery.queue.control import cancel_planned
from newsletter.delivery.tables import deliveries, mailings

_MOST_EXCLUDED = 10_000
"""How many people who left since are passed over in one transaction, so that it stays short."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one claimed delivery."""

    delivery_id: int
    status: DeliveryStatus
    reference: str | None = None
    reason: str | None = None
    due_at: int = 0
    """For one that goes back to planned: not before, in seconds since the epoch."""
    is_put_off: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What one transaction of the ledger gave."""

    claimed: tuple[Delivery, ...]
    excluded: tuple[Exclusion, ...]
    """Why some were taken out: they left, or were suppressed, since the plan."""
    is_exhausted: bool
    """Whether nobody who is due is left."""
    state: MailingState = MailingState.OPEN
    """What the author lets the mailing do."""
    number: int = 0
    """How many turns the mailing has had."""


def take_turn(
    database: Database, mailing: Mailing, outcomes: Sequence[Outcome], *, wanted: int, worker: str, now: datetime
) -> Turn:
    """Record outcomes and claim up to `wanted` due deliveries, in one transaction.

    Who left since the plan is excluded instead. Of a paused mailing nobody is claimed; of a cancelled one
    whoever is planned is excluded. What another sender has taken over since is left to that one. Raises
    DatabaseBusy or DiskFull, and then nothing was done.
    """
    with database.write() as connection:
        ((number, state),) = _count_order().run(connection, {"mailing": mailing.id})
        _record_ours(connection, outcomes, worker, now)
        claimed: list[Delivery] = []
        excluded: list[str] = []
        is_exhausted = False
        if state != MailingState.OPEN:
            wanted = 0
        if state == MailingState.CANCELLED:
            excluded += [Exclusion.CANCELLED] * cancel_planned(connection, mailing.id, now)
        while len(claimed) < wanted and len(excluded) < _MOST_EXCLUDED and not is_exhausted:
            claim = claim_due(connection, mailing, wanted - len(claimed), worker, now)
            claimed += claim.welcome
            excluded += claim.gone.values()
            is_exhausted = not claim.welcome and not claim.gone
    return Turn(
        claimed=tuple(claimed),
        excluded=tuple(map(Exclusion, excluded)),
        is_exhausted=is_exhausted,
        state=MailingState(state),
        number=number,
    )


def record(database: Database, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Record outcomes, also of deliveries that have become uncertain meanwhile."""
    if outcomes:
        with database.write() as connection:
            connection.execute(_record_statement(), [_parameters(outcome, now) for outcome in outcomes])


def orphans(database: Database) -> dict[int, str]:
    """Return the claimed deliveries and their workers; with no sender alive, nobody will say more of them."""
    with database.read() as connection:
        claimed = deliveries.c.status == literal_column("'claimed'")
        rows = connection.execute(select(deliveries.c.id, deliveries.c.worker).where(claimed))
        return {row.id: row.worker or "" for row in rows}


def begin_run(database: Database, mailing: Mailing) -> None:
    """Make everything that earlier runs put off due at once."""
    with database.write() as connection:
        connection.execute(
            update(deliveries)
            .where(
                deliveries.c.mailing_id == mailing.id,
                deliveries.c.status == literal_column("'planned'"),
                deliveries.c.due_at > 0,
            )
            .values(due_at=0, attempts=0)
        )


def next_due(database: Database, mailing: Mailing) -> int | None:
    """Return when the next planned delivery is due, in seconds since the epoch; None if none is planned."""
    with database.read() as connection:
        due: int | None = connection.scalar(
            select(func.min(deliveries.c.due_at)).where(
                deliveries.c.mailing_id == mailing.id, deliveries.c.status == literal_column("'planned'")
            )
        )
    return due


def finish_mailing(database: Database, mailing: Mailing, now: datetime) -> None:
    """Note that nobody of a mailing is planned any more."""
    with database.write() as connection:
        connection.execute(update(mailings).where(mailings.c.id == mailing.id).values(finished_at=now))


def _record_ours(connection: Connection, outcomes: Sequence[Outcome], worker: str, now: datetime) -> None:
    """Record what became of a worker's own claims; at one go, where SQLite can, of whoever was simply taken."""
    if connection.dialect.name == "sqlite":
        taken = [(o.delivery_id, o.reference) for o in outcomes if o.status is DeliveryStatus.SUBMITTED]
        outcomes = [outcome for outcome in outcomes if outcome.status is not DeliveryStatus.SUBMITTED]
        if taken:
            taken_order().run(connection, {"given": json.dumps(taken), "by": worker, "moment": now})
    if outcomes:
        rows = [{**_parameters(outcome, now), "by": worker} for outcome in outcomes]
        connection.execute(_record_ours_statement(), rows)


@cache
def _count_order() -> PreparedStatement:
    """Count a turn, and return what the author lets the mailing do."""
    return PreparedStatement(
        update(mailings)
        .where(mailings.c.id == bindparam("mailing"))
        .values(turns=mailings.c.turns + 1)
        .returning(mailings.c.turns, mailings.c.state)
    )


@cache
def taken_order() -> PreparedStatement:
    """Record claimed deliveries as submitted: pairs of a number and a reference, as JSON."""
    pairs = func.json_each(bindparam("given", type_=Text)).table_valued("value", name="pairs")
    return PreparedStatement(
        update(deliveries)
        .where(
            deliveries.c.id == func.json_extract(pairs.c.value, "$[0]"),
            _is_ours(),
        )
        .values(
            status=DeliveryStatus.SUBMITTED.value,
            reference=func.json_extract(pairs.c.value, "$[1]"),
            reason=null(),
            due_at=0,
            changed_at=bindparam("moment"),
        )
    )


@cache
def _record_ours_statement() -> Update:
    """Return the statement that records what became of a worker's own claim, made once."""
    return _outcome_of(_is_ours())


@cache
def _record_statement() -> Update:
    """Return the statement that records an outcome of whoever is claimed or uncertain, made once."""
    return _outcome_of(deliveries.c.status.in_([literal_column("'claimed'"), literal_column("'uncertain'")]))


def _is_ours() -> ColumnElement[bool]:
    return and_(deliveries.c.status == literal_column("'claimed'"), deliveries.c.worker == bindparam("by"))


def _outcome_of(is_known: ColumnElement[bool]) -> Update:
    return (
        update(deliveries)
        .where(deliveries.c.id == bindparam("delivery"), is_known)
        .values(
            status=bindparam("outcome"),
            reference=bindparam("receipt"),
            reason=bindparam("why"),
            due_at=bindparam("due"),
            attempts=deliveries.c.attempts + bindparam("more"),
            changed_at=bindparam("moment"),
        )
    )


def _parameters(outcome: Outcome, now: datetime) -> dict[str, Any]:
    return {
        "delivery": outcome.delivery_id,
        "outcome": outcome.status.value,
        "receipt": outcome.reference,
        "why": outcome.reason,
        "due": outcome.due_at,
        "more": int(outcome.is_put_off),
        "moment": now,
    }
