"""Claiming: takes the next due deliveries, leaving out who may not be written to any more."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Connection, Select, Update, bindparam, null, text, update

from newsletter.address import Address
from newsletter.audience import candidates
from newsletter.delivery.mailing import Delivery, DeliveryStatus, Exclusion, Mailing, MailingKind
from newsletter.delivery.tables import deliveries

_DUE = """
    SELECT id, subscriber_id, address, attempts FROM deliveries {index}
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
    statement = DUE_ON_SQLITE if connection.dialect.name == "sqlite" else DUE_ON_POSTGRESQL
    asked = {"mailing": mailing.id, "due": int(now.timestamp()), "wanted": wanted}
    rows = connection.execute(text(statement), asked).all()
    claim = _sorted_out(connection, mailing, rows)
    if claim.welcome:
        numbers = [delivery.id for delivery in claim.welcome]
        connection.execute(_mark_statement(), {"numbers": numbers, "by": worker})
    for reason in set(claim.gone.values()):
        connection.execute(
            update(deliveries)
            .where(deliveries.c.id.in_([number for number, why in claim.gone.items() if why == reason]))
            .values(status=DeliveryStatus.EXCLUDED, reason=reason, round_id=null(), changed_at=now)
        )
    return claim


@cache
def _mark_statement() -> Update:
    numbers: BindParameter[int] = bindparam("numbers", expanding=True)
    marked = {"status": DeliveryStatus.CLAIMED.value, "worker": bindparam("by")}
    return update(deliveries).where(deliveries.c.id.in_(numbers)).values(marked)


@cache
def _people_statement(list_name: str) -> Select[tuple[int, str, str, str, dict[str, str], str | None]]:
    people = candidates(list_name)
    return people.where(people.selected_columns.subscriber_id.in_(bindparam("people", expanding=True)))


def _sorted_out(connection: Connection, mailing: Mailing, rows: Sequence[Any]) -> Claim:
    """Ask once more who may be written to, and what is known of them now."""
    if mailing.kind is MailingKind.TEST:
        return Claim(welcome=tuple(_delivery(mailing, row, row.address, "", "", {}) for row in rows), gone={})
    asked = {"people": [row.subscriber_id for row in rows]}
    answers = connection.execute(_people_statement(mailing.list_name), asked) if rows else ()
    found = {person.subscriber_id: person for person in answers}
    welcome: list[Delivery] = []
    gone: dict[int, str] = {}
    for row in rows:
        person = found.get(row.subscriber_id)
        if person is None:  # erased
            gone[row.id] = Exclusion.UNSUBSCRIBED.value
        elif person.exclusion is not None:
            gone[row.id] = person.exclusion
        else:
            welcome.append(
                _delivery(mailing, row, person.address, person.first_name, person.last_name, person.fields)
            )
    return Claim(welcome=tuple(welcome), gone=gone)


def _delivery(
    mailing: Mailing, row: Any, address: str, first_name: str, last_name: str, fields: dict[str, str]
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
    )
