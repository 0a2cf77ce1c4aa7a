"""Claim and record: a delivery is claimed before its submission and its outcome recorded after it, both in batches.

One transaction records the outcomes of one batch and claims the next. A claim is committed before the message is
handed over, so what a killed sender had claimed is known; it becomes uncertain and is never sent again automatically.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BindParameter,
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
    text,
    update,
)

from newsletter.address import Address
from newsletter.audience import candidates_with_click_consent
from newsletter.database import Database, PreparedQuery, PreparedStatement
from newsletter.delivery.models import Delivery, DeliveryStatus, Exclusion, Mailing, MailingKind, MailingState
from newsletter.delivery.queue.control import cancel_planned
from newsletter.delivery.tables import deliveries, mailings

_MAX_EXCLUDED = 10_000
"""How many recipients who unsubscribed since are excluded in one transaction at most, so that it stays short."""
_DUE = """
    SELECT id, subscriber_id, address, attempts, variant FROM deliveries {index}
    WHERE mailing_id = :mailing AND status = 'planned' AND due_at <= :due
    ORDER BY due_at, id LIMIT :wanted {lock}
"""
DUE_ON_SQLITE = _DUE.format(index="INDEXED BY deliveries_planned", lock="")
"""Left to itself, SQLite reads all rows of the mailing again for each claim: named, it uses the index or fails."""
DUE_ON_POSTGRESQL = _DUE.format(index="", lock="FOR UPDATE SKIP LOCKED")


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryOutcome:
    """What became of one claimed delivery."""

    delivery_id: int
    status: DeliveryStatus
    reference: str | None = None
    reason: str | None = None
    due_at: int = 0
    """For one that goes back to planned: not before, in seconds since the epoch."""
    is_deferred: bool = False
    """Whether this counts as an attempt that the provider deferred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedBatch:
    """What one transaction claimed and excluded."""

    claimed: tuple[Delivery, ...]
    excluded: tuple[Exclusion, ...]
    """Why some were excluded: they unsubscribed, or were suppressed, since the plan."""
    is_exhausted: bool
    """Whether no due delivery is left."""
    state: MailingState = MailingState.OPEN
    """Whether the mailing is open, paused or cancelled by now."""
    number: int = 0
    """How many such transactions the mailing has had."""


def record_and_claim(
    database: Database,
    mailing: Mailing,
    outcomes: Sequence[DeliveryOutcome],
    *,
    wanted: int,
    worker: str,
    now: datetime,
) -> ClaimedBatch:
    """Record outcomes and claim up to `wanted` due deliveries, in one transaction.

    People who unsubscribed since the plan are excluded instead. Nothing of a paused mailing is claimed; all that is
    planned of a cancelled one is excluded. Deliveries that another sender has taken over are left to it. Raises
    DatabaseBusy or DiskFull, and then nothing was done.
    """
    with database.write() as connection:
        ((number, state),) = _count_transaction().run(connection, {"mailing": mailing.id})
        _record_ours(connection, outcomes, worker, now)
        claimed: list[Delivery] = []
        excluded: list[str] = []
        is_exhausted = False
        if state != MailingState.OPEN:
            wanted = 0
        if state == MailingState.CANCELLED:
            excluded += [Exclusion.CANCELLED] * cancel_planned(connection, mailing.id, now)
        while len(claimed) < wanted and len(excluded) < _MAX_EXCLUDED and not is_exhausted:
            claims = _claim_due(connection, mailing, wanted - len(claimed), worker, now)
            claimed += claims.claimed
            excluded += claims.excluded.values()
            is_exhausted = not claims.claimed and not claims.excluded
    return ClaimedBatch(
        claimed=tuple(claimed),
        excluded=tuple(map(Exclusion, excluded)),
        is_exhausted=is_exhausted,
        state=MailingState(state),
        number=number,
    )


def record(database: Database, outcomes: Sequence[DeliveryOutcome], now: datetime) -> None:
    """Record outcomes, also of deliveries that have become uncertain meanwhile."""
    if outcomes:
        with database.write() as connection:
            connection.execute(_record_statement(), [_parameters(outcome, now) for outcome in outcomes])


def claimed_deliveries(database: Database) -> dict[int, str]:
    """Return all claimed deliveries and their workers: without a running sender, nobody will record their outcome."""
    with database.read() as connection:
        claimed = deliveries.c.status == literal_column("'claimed'")
        rows = connection.execute(select(deliveries.c.id, deliveries.c.worker).where(claimed))
        return {row.id: row.worker or "" for row in rows}


def make_deferred_due(database: Database, mailing: Mailing) -> None:
    """Make everything that earlier sends deferred due at once."""
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
    """Record that no delivery of a mailing is planned any more."""
    with database.write() as connection:
        connection.execute(update(mailings).where(mailings.c.id == mailing.id).values(finished_at=now))


def _record_ours(connection: Connection, outcomes: Sequence[DeliveryOutcome], worker: str, now: datetime) -> None:
    """Record the outcomes of a worker's own claims; on SQLite all accepted ones in one statement."""
    if connection.dialect.name == "sqlite":
        accepted = [(it.delivery_id, it.reference) for it in outcomes if it.status is DeliveryStatus.SUBMITTED]
        outcomes = [outcome for outcome in outcomes if outcome.status is not DeliveryStatus.SUBMITTED]
        if accepted:
            record_accepted().run(connection, {"pairs": json.dumps(accepted), "by": worker, "moment": now})
    if outcomes:
        rows = [{**_parameters(outcome, now), "by": worker} for outcome in outcomes]
        connection.execute(_record_ours_statement(), rows)


@cache
def _count_transaction() -> PreparedStatement:
    """Count a transaction of a mailing, and return the mailing's state."""
    return PreparedStatement(
        update(mailings)
        .where(mailings.c.id == bindparam("mailing"))
        .values(transactions=mailings.c.transactions + 1)
        .returning(mailings.c.transactions, mailings.c.state)
    )


@cache
def record_accepted() -> PreparedStatement:
    """Record claimed deliveries as submitted, from pairs of a delivery's number and its reference, as JSON."""
    pairs = func.json_each(bindparam("pairs", type_=Text)).table_valued("value", name="pairs")
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
    """Return the statement that records the outcome of a worker's own claim."""
    return _outcome_of(_is_ours())


@cache
def _record_statement() -> Update:
    """Return the statement that records the outcome of a claimed or uncertain delivery."""
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


def _parameters(outcome: DeliveryOutcome, now: datetime) -> dict[str, Any]:
    return {
        "delivery": outcome.delivery_id,
        "outcome": outcome.status.value,
        "receipt": outcome.reference,
        "why": outcome.reason,
        "due": outcome.due_at,
        "more": int(outcome.is_deferred),
        "moment": now,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Claims:
    """What was claimed, and what was excluded for which reason."""

    claimed: tuple[Delivery, ...]
    excluded: dict[int, str]


def _claim_due(connection: Connection, mailing: Mailing, wanted: int, worker: str, now: datetime) -> _Claims:
    """Claim up to `wanted` due deliveries; exclude people unsubscribed, suppressed or erased since the plan."""
    parameters = {"mailing": mailing.id, "due": int(now.timestamp()), "wanted": wanted}
    rows = tuple(map(_DueRow._make, due_deliveries(connection.dialect.name).fetch(connection, parameters)))
    claims = _check_recipients(connection, mailing, rows)
    if claims.claimed:
        numbers = _number_set(connection, [delivery.id for delivery in claims.claimed])
        _mark_claimed(connection.dialect.name).run(connection, {"numbers": numbers, "by": worker})
    for reason in set(claims.excluded.values()):
        connection.execute(
            update(deliveries)
            .where(deliveries.c.id.in_([number for number, why in claims.excluded.items() if why == reason]))
            .values(status=DeliveryStatus.EXCLUDED, reason=reason, round_id=null(), changed_at=now)
        )
    return claims


class _DueRow(NamedTuple):
    """A row of a due delivery."""

    id: int
    subscriber_id: int | None
    address: str | None
    attempts: int
    variant: int


@cache
def due_deliveries(dialect: str) -> PreparedQuery:
    """Return the query for due deliveries."""
    statement = text(DUE_ON_SQLITE if dialect == "sqlite" else DUE_ON_POSTGRESQL)
    return PreparedQuery(statement.columns(*(deliveries.c[name] for name in _DueRow._fields)))


@cache
def recipients_query(list_name: str, dialect: str) -> PreparedQuery:
    """Return the query for some subscribers as they are now, and whether they may be mailed."""
    candidates = candidates_with_click_consent(list_name)
    return PreparedQuery(candidates.where(_is_among(candidates.selected_columns.subscriber_id, "people", dialect)))


@cache
def _mark_claimed(dialect: str) -> PreparedStatement:
    is_chosen = _is_among(deliveries.c.id, "numbers", dialect)
    values = {"status": DeliveryStatus.CLAIMED.value, "worker": bindparam("by")}
    return PreparedStatement(update(deliveries).where(is_chosen).values(values))


def _is_among(column: ColumnElement[int], name: str, dialect: str) -> ColumnElement[bool]:
    """Return the condition that a column holds one of the numbers in the parameter of this name."""
    if dialect != "sqlite":
        numbers: BindParameter[int] = bindparam(name, expanding=True)
        return column.in_(numbers)
    return column.in_(select(func.json_each(bindparam(name, type_=Text)).table_valued("value").c.value))


def _number_set(connection: Connection, numbers: Sequence[int | None]) -> str | Sequence[int | None]:
    """Return numbers as the parameter of `_is_among`."""
    return json.dumps(numbers) if connection.dialect.name == "sqlite" else numbers


def _check_recipients(connection: Connection, mailing: Mailing, rows: Sequence[_DueRow]) -> _Claims:
    """Check again who may be mailed, and read their names and fields as they are now."""
    if mailing.kind is MailingKind.TEST:
        return _Claims(
            claimed=tuple(_delivery(mailing, row, row.address or "", "", "", {}, False) for row in rows), excluded={}
        )
    parameters = {"people": _number_set(connection, [row.subscriber_id for row in rows])}
    query = recipients_query(mailing.list_name, connection.dialect.name)
    recipients = {number: rest for number, *rest in (query.fetch(connection, parameters) if rows else ())}
    claimed: list[Delivery] = []
    excluded: dict[int, str] = {}
    for row in rows:
        if row.subscriber_id not in recipients:  # erased
            excluded[row.id] = Exclusion.UNSUBSCRIBED.value
            continue
        address, first_name, last_name, fields, exclusion, agrees = recipients[row.subscriber_id]
        if exclusion is not None:
            excluded[row.id] = exclusion
        else:
            claimed.append(_delivery(mailing, row, address, first_name, last_name, fields, bool(agrees)))
    return _Claims(claimed=tuple(claimed), excluded=excluded)


def _delivery(
    mailing: Mailing,
    row: _DueRow,
    address: str,
    first_name: str,
    last_name: str,
    fields: dict[str, str],
    agrees_to_clicks: bool,
) -> Delivery:
    local, _, domain = address.rpartition("@")
    return Delivery(
        id=row.id,
        mailing_id=mailing.id,
        subscriber_id=row.subscriber_id,
        recipient=Address(local, domain),
        first_name=first_name,
        last_name=last_name,
        fields=fields,
        status=DeliveryStatus.CLAIMED,
        attempts=row.attempts,
        variant=row.variant,
        agrees_to_clicks=agrees_to_clicks,
    )
