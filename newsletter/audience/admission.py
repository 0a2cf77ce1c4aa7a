"""Admission: a batch of imported rows meets the roster, by set operations on a temporary table.

One statement a table and batch is what makes a million rows bearable; the rules stand in `ruling`.
The joins are outer ones, though everybody has a partner, because SQLite then begins with the small table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    Insert,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    Table,
    Text,
    bindparam,
    case,
    delete,
    insert,
    literal,
    or_,
    select,
    update,
)

from newsletter.audience.report import Fate
from newsletter.audience.roster import (
    consents,
    insert_into,
    insert_missing,
    subscribers,
    subscriptions,
    suppressions,
)
from newsletter.audience.ruling import NOTHING_KNOWN, Entry, Known, Ruling, rule
from newsletter.audience.subscriber import ConsentAct, SubscriptionState, SuppressionReason
from newsletter.database import Moment

arrivals = Table(
    "arrivals",
    MetaData(),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("address", Text),
    Column("address_key", Text),
    Column("address_hash", LargeBinary),
    Column("first_name", Text),
    Column("last_name", Text),
    Column("fields", JSON),
    Column("state", Text),
    Column("evidence", Text),
    prefixes=["TEMPORARY"],
)
"""The batch at hand; it lives as long as its transaction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Which import brings the rows, for the record."""

    list_id: int
    text: str
    import_id: int
    at: datetime


def judge(connection: Connection, list_id: int | None, entries: Sequence[Entry]) -> list[Ruling]:
    """Stage a batch, whose keys must differ, and decide what is to happen to each entry."""
    arrivals.create(connection, checkfirst=False)
    if not entries:
        return []
    connection.execute(insert(arrivals), [_arrival(entry) for entry in entries])
    known = {
        row.line: Known(
            subscriber_id=row.id,
            first_name=row.first_name,
            last_name=row.last_name,
            fields=row.fields,
            subscription_id=row.subscription_id,
            state=row.state and SubscriptionState(row.state),
            suppressed=row.reason and SuppressionReason(row.reason),
        )
        for row in connection.execute(known_arrivals(list_id))
    }
    return [rule(entry, known.get(entry.row.line, NOTHING_KNOWN)) for entry in entries]


def admit(connection: Connection, origin: Origin, rulings: Sequence[Ruling]) -> None:
    """Carry out the rulings on the batch that `judge` has just staged, each with its line of consent."""
    _suppress(connection, origin, rulings)
    _update_details(connection, rulings)
    staying = [{"at_line": ruling.entry.row.line} for ruling in rulings if ruling.state is None]
    if len(staying) == len(rulings):
        return
    if staying:
        connection.execute(delete(arrivals).where(arrivals.c.line == bindparam("at_line")), staying)
    details = ["address", "address_key", "address_hash", "first_name", "last_name", "fields"]
    connection.execute(
        insert_missing(connection, subscribers).from_select(
            [*details, "created_at"],
            select(*(arrivals.c[name] for name in details), literal(origin.at, Moment)).where(literal(True)),
        )
    )
    connection.execute(_subscribe(connection, origin))
    connection.execute(
        insert(consents).from_select(
            ["subscription_id", "act", "at", "origin", "evidence", "import_id"], _consent(origin)
        )
    )


def dismiss(connection: Connection) -> None:
    """Take the staged batch away."""
    arrivals.drop(connection, checkfirst=False)


def known_arrivals(list_id: int | None) -> Select[tuple[object, ...]]:
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
        )
        .outerjoin_from(arrivals, subscribers, subscribers.c.address_key == arrivals.c.address_key)
        .outerjoin(
            subscriptions,
            (subscriptions.c.subscriber_id == subscribers.c.id) & (subscriptions.c.list_id == list_id),
        )
        .outerjoin(suppressions, suppressions.c.address_hash == arrivals.c.address_hash)
        .where(or_(subscribers.c.id.is_not(None), suppressions.c.reason.is_not(None)))
    )


def _arrival(entry: Entry) -> dict[str, object]:
    row = entry.row
    return {
        "line": row.line,
        "address": str(entry.address),
        "address_key": entry.key,
        "address_hash": entry.address_hash,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "fields": row.fields,
        "state": row.state,
        "evidence": f"line {row.line}: {row.consent}" if row.consent else f"line {row.line}",
    }


def _suppress(connection: Connection, origin: Origin, rulings: Sequence[Ruling]) -> None:
    rows = [
        {
            "address_hash": ruling.entry.address_hash,
            "reason": ruling.suppression,
            "at": origin.at,
            "origin": origin.text,
        }
        for ruling in rulings
        if ruling.suppression
    ]
    if rows:
        connection.execute(insert_missing(connection, suppressions), rows)


def _update_details(connection: Connection, rulings: Sequence[Ruling]) -> None:
    rows = [
        dict(zip(("first", "last", "more"), ruling.details, strict=True), subscriber=ruling.known.subscriber_id)
        for ruling in rulings
        if ruling.fate is not Fate.KEPT_OUT and ruling.has_news
    ]
    if rows:
        connection.execute(
            update(subscribers)
            .where(subscribers.c.id == bindparam("subscriber"))
            .values(first_name=bindparam("first"), last_name=bindparam("last"), fields=bindparam("more")),
            rows,
        )


def _subscribe(connection: Connection, origin: Origin) -> Insert:
    statement = insert_into(connection, subscriptions)
    statement = statement.from_select(
        ["list_id", "subscriber_id", "state", "changed_at"],
        select(literal(origin.list_id), subscribers.c.id, arrivals.c.state, literal(origin.at, Moment))
        .outerjoin_from(arrivals, subscribers, subscribers.c.address_key == arrivals.c.address_key)
        .where(literal(True)),
    )
    return statement.on_conflict_do_update(
        index_elements=["list_id", "subscriber_id"],
        set_={"state": statement.excluded.state, "changed_at": statement.excluded.changed_at},
        where=subscriptions.c.state != SubscriptionState.ENDED,
    )


def _consent(origin: Origin) -> Select[tuple[object, ...]]:
    has_ended = arrivals.c.state == SubscriptionState.ENDED
    return (
        select(
            subscriptions.c.id,
            case((has_ended, ConsentAct.ENDED.value), else_=ConsentAct.IMPORTED.value),
            literal(origin.at, Moment),
            literal(origin.text),
            arrivals.c.evidence,
            literal(origin.import_id),
        )
        .outerjoin_from(arrivals, subscribers, subscribers.c.address_key == arrivals.c.address_key)
        .outerjoin(
            subscriptions,
            (subscriptions.c.subscriber_id == subscribers.c.id) & (subscriptions.c.list_id == origin.list_id),
        )
    )
