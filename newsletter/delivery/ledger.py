"""The ledger's steps: claims are committed before a call, outcomes after it, both in groups.

One transaction marks the outcomes of one group and claims the next. What was claimed by a sender
that is gone becomes uncertain, and is never sent again by itself.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, func, literal_column, null, or_, select, text, update

from newsletter.address import Address
from newsletter.audience import candidates
from newsletter.database import Database
from newsletter.delivery.mailing import Delivery, DeliveryStatus, Exclusion, Mailing, MailingKind
from newsletter.delivery.tables import deliveries, mailings

_CLAIM = """
    SELECT id, subscriber_id, address, attempts FROM deliveries {index}
    WHERE mailing_id = :mailing AND status = 'planned' AND due_at <= :due
    ORDER BY due_at, id LIMIT :wanted {lock}
"""
CLAIM_ON_SQLITE = _CLAIM.format(index="INDEXED BY deliveries_planned", lock="")
"""Left to itself, SQLite reads all rows of the mailing again for each claim: named, it uses the index or fails."""
CLAIM_ON_POSTGRESQL = _CLAIM.format(index="", lock="FOR UPDATE SKIP LOCKED")

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


def take_turn(
    database: Database, mailing: Mailing, outcomes: Sequence[Outcome], *, wanted: int, worker: str, now: datetime
) -> Turn:
    """Record outcomes and claim up to `wanted` due deliveries, in one transaction.

    Who left since the plan is excluded instead. Raises StorageBusy or StorageFull, and then nothing was done.
    """
    with database.write() as connection:
        _record(connection, outcomes, (DeliveryStatus.CLAIMED,), now)
        claimed: list[Delivery] = []
        excluded: list[str] = []
        is_exhausted = False
        while len(claimed) < wanted and len(excluded) < _MOST_EXCLUDED and not is_exhausted:
            rows = _due(connection, mailing, wanted - len(claimed), now)
            welcome, gone = _sorted_out(connection, mailing, rows)
            claimed += welcome
            excluded += gone.values()
            _mark(connection, welcome, gone, worker, now)
            is_exhausted = not rows
    return Turn(claimed=tuple(claimed), excluded=tuple(map(Exclusion, excluded)), is_exhausted=is_exhausted)


def record(database: Database, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Record outcomes, also of deliveries that have become uncertain meanwhile."""
    with database.write() as connection:
        _record(connection, outcomes, (DeliveryStatus.CLAIMED, DeliveryStatus.UNCERTAIN), now)


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


def _record(
    connection: Connection, outcomes: Sequence[Outcome], known: tuple[DeliveryStatus, ...], now: datetime
) -> None:
    if not outcomes:
        return
    statement = (
        update(deliveries)
        .where(deliveries.c.id == bindparam("delivery"), _is_one_of(known))
        .values(
            status=bindparam("outcome"),
            reference=bindparam("receipt"),
            reason=bindparam("why"),
            due_at=bindparam("due"),
            attempts=deliveries.c.attempts + bindparam("more"),
            changed_at=bindparam("moment"),
        )
    )
    connection.execute(statement, [_parameters(outcome, now) for outcome in outcomes])


def _is_one_of(known: Iterable[DeliveryStatus]) -> ColumnElement[bool]:
    return or_(*(deliveries.c.status == literal_column(f"'{status}'") for status in known))


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


def _due(connection: Connection, mailing: Mailing, wanted: int, now: datetime) -> Sequence[Any]:
    statement = CLAIM_ON_SQLITE if connection.dialect.name == "sqlite" else CLAIM_ON_POSTGRESQL
    return connection.execute(
        text(statement), {"mailing": mailing.id, "due": int(now.timestamp()), "wanted": wanted}
    ).all()


def _sorted_out(
    connection: Connection, mailing: Mailing, rows: Sequence[Any]
) -> tuple[list[Delivery], dict[int, str]]:
    """Return those who may still be written to, with what is known of them now, and why the others may not."""
    if mailing.kind is MailingKind.TEST:
        return [_delivery(mailing, row, row.address, "", "", {}) for row in rows], {}
    people = candidates(mailing.list_name)
    asked = people.where(people.selected_columns.subscriber_id.in_([row.subscriber_id for row in rows]))
    found = {person.subscriber_id: person for person in connection.execute(asked)}
    welcome, gone = [], {}
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
    return welcome, gone


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


def _mark(
    connection: Connection, welcome: Sequence[Delivery], gone: dict[int, str], worker: str, now: datetime
) -> None:
    if welcome:
        connection.execute(
            update(deliveries)
            .where(deliveries.c.id.in_([delivery.id for delivery in welcome]))
            .values(status=DeliveryStatus.CLAIMED, worker=worker)
        )
    for reason in set(gone.values()):
        connection.execute(
            update(deliveries)
            .where(deliveries.c.id.in_([number for number, why in gone.items() if why == reason]))
            .values(status=DeliveryStatus.EXCLUDED, reason=reason, round_id=null(), changed_at=now)
        )
