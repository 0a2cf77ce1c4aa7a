"""Claiming: takes the next due deliveries, leaving out who may not be written to any more."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import BindParameter, ColumnElement, Connection, Text, bindparam, func, null, select, text, update

from newsletter.address import Address
from newsletter.audience import candidates_with_click_consent
from newsletter.database import PreparedQuery, PreparedStatement
from newsletter.delivery.models import Delivery, DeliveryStatus, Exclusion, Mailing, MailingKind
from newsletter.delivery.tables import deliveries

_DUE = """
    SELECT id, subscriber_id, address, attempts, variant FROM deliveries {index}
    WHERE mailing_id = :mailing AND status = 'planned' AND due_at <= :due
    ORDER BY due_at, id LIMIT :wanted {lock}
"""
DUE_ON_SQLITE = _DUE.format(index="INDEXED BY deliveries_planned", lock="")
"""Left to itself, SQLite reads all rows of the mailing again for each claim: named, it uses the index or fails."""
DUE_ON_POSTGRESQL = _DUE.format(index="", lock="FOR UPDATE SKIP LOCKED")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Who is claimed, and who was taken out with the reason."""

    welcome: tuple[Delivery, ...]
    gone: dict[int, str]


def claim_due(connection: Connection, mailing: Mailing, wanted: int, worker: str, now: datetime) -> Claim:
    """Claim up to `wanted` deliveries that are due; who left, was suppressed or erased since is excluded."""
    asked = {"mailing": mailing.id, "due": int(now.timestamp()), "wanted": wanted}
    rows = tuple(map(_Due._make, due_question(connection.dialect.name).ask(connection, asked)))
    claim = _sorted_out(connection, mailing, rows)
    if claim.welcome:
        numbers = _several(connection, [delivery.id for delivery in claim.welcome])
        _mark_order(connection.dialect.name).run(connection, {"numbers": numbers, "by": worker})
    for reason in set(claim.gone.values()):
        connection.execute(
            update(deliveries)
            .where(deliveries.c.id.in_([number for number, why in claim.gone.items() if why == reason]))
            .values(status=DeliveryStatus.EXCLUDED, reason=reason, round_id=null(), changed_at=now)
        )
    return claim


class _Due(NamedTuple):
    """A delivery whose turn it is."""

    id: int
    subscriber_id: int | None
    address: str | None
    attempts: int
    variant: int


@cache
def due_question(dialect: str) -> PreparedQuery:
    """Ask for the deliveries whose turn it is."""
    statement = text(DUE_ON_SQLITE if dialect == "sqlite" else DUE_ON_POSTGRESQL)
    return PreparedQuery(statement.columns(*(deliveries.c[name] for name in _Due._fields)))


@cache
def people_question(list_name: str, dialect: str) -> PreparedQuery:
    """Ask what is known of some subscribers now, and whether they may be written to."""
    people = candidates_with_click_consent(list_name)
    return PreparedQuery(people.where(_is_among(people.selected_columns.subscriber_id, "people", dialect)))


@cache
def _mark_order(dialect: str) -> PreparedStatement:
    is_meant = _is_among(deliveries.c.id, "numbers", dialect)
    marked = {"status": DeliveryStatus.CLAIMED.value, "worker": bindparam("by")}
    return PreparedStatement(update(deliveries).where(is_meant).values(marked))


def _is_among(column: ColumnElement[int], name: str, dialect: str) -> ColumnElement[bool]:
    """Return the condition that a column holds one of several numbers, given by the parameter of this name."""
    if dialect != "sqlite":
        several: BindParameter[int] = bindparam(name, expanding=True)
        return column.in_(several)
    return column.in_(select(func.json_each(bindparam(name, type_=Text)).table_valued("value").c.value))


def _several(connection: Connection, numbers: Sequence[int | None]) -> str | Sequence[int | None]:
    """Return numbers as `_is_among` takes them."""
    return json.dumps(numbers) if connection.dialect.name == "sqlite" else numbers


def _sorted_out(connection: Connection, mailing: Mailing, rows: Sequence[_Due]) -> Claim:
    """Ask once more who may be written to, and what is known of them now."""
    if mailing.kind is MailingKind.TEST:
        return Claim(
            welcome=tuple(_delivery(mailing, row, row.address or "", "", "", {}, False) for row in rows), gone={}
        )
    asked = {"people": _several(connection, [row.subscriber_id for row in rows])}
    question = people_question(mailing.list_name, connection.dialect.name)
    found = {number: rest for number, *rest in (question.ask(connection, asked) if rows else ())}
    welcome: list[Delivery] = []
    gone: dict[int, str] = {}
    for row in rows:
        if row.subscriber_id not in found:  # erased
            gone[row.id] = Exclusion.UNSUBSCRIBED.value
            continue
        address, first_name, last_name, fields, exclusion, agrees = found[row.subscriber_id]
        if exclusion is not None:
            gone[row.id] = exclusion
        else:
            welcome.append(_delivery(mailing, row, address, first_name, last_name, fields, bool(agrees)))
    return Claim(welcome=tuple(welcome), gone=gone)


def _delivery(
    mailing: Mailing,
    row: _Due,
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
