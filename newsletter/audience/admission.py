"""Admission: a batch of imported rows meets the roster, by set operations on temporary tables.

One statement a table and batch is what makes a million rows bearable; the rules stand in `ruling`.
The joins are outer ones, though everybody has a partner, because SQLite then begins with the small table.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from json.encoder import encode_basestring_ascii as json_text
from typing import Any

from sqlalchemy import (
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
    cast,
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
    tags,
)
from newsletter.audience.ruling import NOTHING_KNOWN, Entry, Known, Ruling, rule
from newsletter.audience.subscriber import ConsentAct, SubscriptionState, SuppressionReason
from newsletter.database import Moment

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
    Column("evidence", Text),
    prefixes=["TEMPORARY"],
)
"""The batch at hand; it lives as long as its transaction."""

arriving_tags = Table(
    "arriving_tags", _metadata, Column("address_key", Text), Column("tag", Text), prefixes=["TEMPORARY"]
)
"""The tags of those of the batch who have any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Which import brings the rows, for the record."""

    list_id: int
    text: str
    import_id: int
    at: datetime


def judge(connection: Connection, list_id: int | None, entries: Sequence[Entry]) -> list[Ruling]:
    """Stage a batch, whose keys must differ, and decide what is to happen to each entry."""
    for table in (arrivals, arriving_tags):
        table.create(connection, checkfirst=False)
    if not entries:
        return []
    _stage(connection, arrivals, [_arrival(entry) for entry in entries])
    tagged = [(entry.key, tag) for entry in entries for tag in entry.row.tags]
    if tagged:
        _stage(connection, arriving_tags, tagged)
    known = {row[0]: _known(*row[1:]) for row in connection.execute(known_arrivals(list_id))}
    return [rule(entry, known.get(entry.row.line, NOTHING_KNOWN)) for entry in entries]


def _known(
    subscriber_id: int | None,
    first_name: str | None,
    last_name: str | None,
    fields: dict[str, str] | None,
    subscription_id: int | None,
    state: str | None,
    reason: str | None,
) -> Known:
    standing = SubscriptionState(state) if state else None
    suppressed = SuppressionReason(reason) if reason else None
    return Known(subscriber_id, first_name, last_name, fields, subscription_id, standing, suppressed)


def admit(connection: Connection, origin: Origin, rulings: Sequence[Ruling]) -> None:
    """Carry out the rulings on the batch that `judge` has just staged, each with its line of consent."""
    _suppress(connection, origin, rulings)
    _update_details(connection, rulings)
    staying = [{"at_line": ruling.entry.row.line} for ruling in rulings if ruling.state is None]
    if len(staying) < len(rulings):
        if staying:
            connection.execute(delete(arrivals).where(arrivals.c.line == bindparam("at_line")), staying)
        _join(connection, origin, [ruling for ruling in rulings if ruling.entry.row.history])
    if any(ruling.entry.row.tags for ruling in rulings):
        _tag(connection, [ruling.entry.key for ruling in rulings if ruling.known.suppressed])


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
        )
        .outerjoin_from(arrivals, subscribers, subscribers.c.address_key == arrivals.c.address_key)
        .outerjoin(
            subscriptions,
            (subscriptions.c.subscriber_id == subscribers.c.id) & (subscriptions.c.list_id == list_id),
        )
        .outerjoin(suppressions, suppressions.c.address_hash == arrivals.c.address_hash)
        .where(or_(subscribers.c.id.is_not(None), suppressions.c.reason.is_not(None)))
    )


def _stage(connection: Connection, table: Table, rows: Sequence[tuple[object, ...]]) -> None:
    """Fill a temporary table; on SQLite by its own driver, since SQLAlchemy costs more a row than the row does."""
    names = [column.name for column in table.columns]
    if connection.dialect.name != "sqlite":
        connection.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])
        return
    driver: Any = connection.connection.driver_connection
    driver.executemany(f"INSERT INTO {table.name} VALUES ({', '.join('?' * len(names))})", rows)  # noqa: S608


def _arrival(entry: Entry) -> tuple[object, ...]:
    row = entry.row
    return (
        row.line,
        entry.address,
        entry.key,
        entry.address_hash,
        row.first_name,
        row.last_name,
        _json(row.fields),
        row.state.value,
        f"line {row.line}: {row.consent}" if row.consent else f"line {row.line}",
    )


def _json(fields: Mapping[str, str]) -> str:
    """Return fields as `json.dumps` writes them, which takes three times as long."""
    return f"{{{', '.join([f'{json_text(name)}: {json_text(text)}' for name, text in fields.items()])}}}"


def _join(connection: Connection, origin: Origin, with_history: Sequence[Ruling]) -> None:
    details = ["address", "address_key", "address_hash", "first_name", "last_name"]
    connection.execute(
        insert_missing(connection, subscribers).from_select(
            [*details, "fields", "created_at"],
            select(
                *(arrivals.c[name] for name in details),
                cast(arrivals.c.fields, subscribers.c.fields.type)
                if connection.dialect.name == "postgresql"
                else arrivals.c.fields,
                literal(origin.at, Moment),
            ).where(literal(True)),
        )
    )
    connection.execute(_subscribe(connection, origin))
    if with_history:
        _tell_history(connection, origin, with_history)
    connection.execute(
        insert(consents).from_select(
            ["subscription_id", "act", "at", "origin", "evidence", "import_id"], _consent(origin)
        )
    )


def _tell_history(connection: Connection, origin: Origin, rulings: Sequence[Ruling]) -> None:
    """Write the earlier consents of whoever is new on the list, as the file has them."""
    found = connection.execute(
        select(arrivals.c.line, subscriptions.c.id)
        .outerjoin_from(arrivals, subscribers, subscribers.c.address_key == arrivals.c.address_key)
        .outerjoin(
            subscriptions,
            (subscriptions.c.subscriber_id == subscribers.c.id) & (subscriptions.c.list_id == origin.list_id),
        )
    )
    numbers: dict[int, int] = dict(map(tuple, found))
    rows = [
        {"subscription_id": numbers[ruling.entry.row.line], **asdict(consent), "act": consent.act.value}
        for ruling in rulings
        if ruling.known.subscription_id is None and ruling.entry.row.line in numbers
        for consent in ruling.entry.row.history
    ]
    if rows:
        connection.execute(insert(consents), rows)


def _tag(connection: Connection, left_out: Sequence[str]) -> None:
    """Add tags to whoever is on the roster now; nothing is added to what is known of the suppressed."""
    if left_out:
        rows = [{"at_key": key} for key in left_out]
        connection.execute(delete(arriving_tags).where(arriving_tags.c.address_key == bindparam("at_key")), rows)
    connection.execute(
        insert_missing(connection, tags).from_select(
            ["subscriber_id", "tag"],
            select(subscribers.c.id, arriving_tags.c.tag)
            .outerjoin_from(arriving_tags, subscribers, subscribers.c.address_key == arriving_tags.c.address_key)
            .where(subscribers.c.id.is_not(None)),
        )
    )


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
