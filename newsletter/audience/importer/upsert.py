"""Admission: a batch of imported rows meets the roster, by set operations on the tables of its image.

One statement a table and batch is what makes a million rows bearable; the rules stand in `ruling`.
The joins are outer ones, though everybody has a partner, because SQLite then begins with the small table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Connection,
    Insert,
    Select,
    Text,
    bindparam,
    case,
    cast,
    delete,
    insert,
    literal,
    select,
    update,
)

from newsletter.audience.importer.batch_db import arrivals, arriving_tags
from newsletter.audience.importer.decide import Ruling
from newsletter.audience.importer.dedupe import Batch
from newsletter.audience.importer.report import RowStatus
from newsletter.audience.importer.staging import Judgement
from newsletter.audience.models import ConsentAct, SubscriptionState
from newsletter.audience.tables import (
    consents,
    insert_into,
    insert_missing,
    subscribers,
    subscriptions,
    suppressions,
    tags,
)
from newsletter.database import UtcDateTime


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Which import brings the rows, for the record."""

    list_id: int
    text: str
    import_id: int
    at: datetime


def admit(connection: Connection, origin: Origin, batch: Batch, judgement: Judgement) -> None:
    """Carry out a judgement on a staged batch, each with its line of consent."""
    rulings = judgement.rulings
    _suppress(connection, origin, rulings)
    _update_details(connection, rulings)
    staying = [{"at_line": ruling.entry.row.line} for ruling in rulings if ruling.state is None]
    if staying:
        connection.execute(delete(arrivals).where(arrivals.c.line == bindparam("at_line")), staying)
    if judgement.newcomers or len(staying) < len(rulings):
        _join(connection, origin, [ruling for ruling in rulings if ruling.entry.row.history])
    if named := batch.named:
        _name(connection, named, judgement)
    if batch.is_tagged:
        _tag(connection, [ruling.entry.key for ruling in rulings if ruling.known.suppressed])


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
                literal(origin.at, UtcDateTime),
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
    """Give whoever is new on the list the standing that a file of ours tells: since when, and by which consents.

    They get no consent of this import, which is none: that it brought the others is noted with them.
    """
    pairs = connection.execute(
        select(arrivals.c.line, subscriptions.c.id)
        .outerjoin_from(arrivals, subscribers, subscribers.c.address_key == arrivals.c.address_key)
        .outerjoin(
            subscriptions,
            (subscriptions.c.subscriber_id == subscribers.c.id) & (subscriptions.c.list_id == origin.list_id),
        )
    )
    numbers: dict[int, int] = dict(map(tuple, pairs))
    found = {
        numbers[ruling.entry.row.line]: ruling.entry.row
        for ruling in rulings
        if ruling.known.subscription_id is None and ruling.entry.row.line in numbers
    }
    if not found:
        return
    connection.execute(
        insert(consents),
        [
            {
                "subscription_id": number,
                "act": consent.act.value,
                "at": consent.at,
                "origin": consent.origin,
                "evidence": consent.evidence,
                "import_id": origin.import_id,
                "words": consent.words,
                "mail": consent.mail,
            }
            for number, row in found.items()
            for consent in row.history
        ],
    )
    connection.execute(
        update(subscriptions).where(subscriptions.c.id == bindparam("number")).values(changed_at=bindparam("since")),
        [{"number": number, "since": row.since or origin.at} for number, row in found.items()],
    )
    connection.execute(
        delete(arrivals).where(arrivals.c.line == bindparam("at_line")),
        [{"at_line": row.line} for row in found.values()],
    )


def _name(connection: Connection, named: Sequence[tuple[str, str, datetime]], judgement: Judgement) -> None:
    """Note which first names people chose themselves, unless they chose another one here since."""
    left_out = {
        ruling.entry.key
        for ruling in judgement.rulings
        if ruling.status is RowStatus.KEPT_OUT and ruling.known.subscriber_id is not None
    }
    rows = [
        {"its_key": key, "chosen": first_name, "its_moment": at} for key, first_name, at in named if key not in left_out
    ]
    is_newer = subscribers.c.named_at.is_(None) | (subscribers.c.named_at < bindparam("its_moment", type_=UtcDateTime))
    if rows:
        connection.execute(
            update(subscribers)
            .where(subscribers.c.address_key == bindparam("its_key"), is_newer)
            .values(first_name=bindparam("chosen"), named_at=bindparam("its_moment", type_=UtcDateTime)),
            rows,
        )


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
        if ruling.status is not RowStatus.KEPT_OUT and ruling.has_news
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
        select(literal(origin.list_id), subscribers.c.id, arrivals.c.state, literal(origin.at, UtcDateTime))
        .outerjoin_from(arrivals, subscribers, subscribers.c.address_key == arrivals.c.address_key)
        .where(literal(True)),
    )
    return statement.on_conflict_do_update(
        index_elements=["list_id", "subscriber_id"],
        set_={"state": statement.excluded.state, "changed_at": statement.excluded.changed_at},
        where=subscriptions.c.state != SubscriptionState.ENDED,
    )


def _consent(origin: Origin) -> Select[tuple[object, ...]]:
    told = ": " + arrivals.c.consent
    has_ended = arrivals.c.state == SubscriptionState.ENDED
    return (
        select(
            subscriptions.c.id,
            case((has_ended, ConsentAct.ENDED.value), else_=ConsentAct.IMPORTED.value),
            literal(origin.at, UtcDateTime),
            literal(origin.text),
            "line " + cast(arrivals.c.line, Text) + case((arrivals.c.consent == "", ""), else_=told),
            literal(origin.import_id),
        )
        .outerjoin_from(arrivals, subscribers, subscribers.c.address_key == arrivals.c.address_key)
        .outerjoin(
            subscriptions,
            (subscriptions.c.subscriber_id == subscribers.c.id) & (subscriptions.c.list_id == origin.list_id),
        )
    )
