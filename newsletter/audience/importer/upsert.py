"""Upsert: a staged batch is written to the audience's tables, with one statement for each table.

Set operations on the staging tables are what makes a million rows bearable; the rules are in `decide`. The joins are
outer ones, though every row has a partner, because SQLite then begins with the small table.
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

from newsletter.audience.importer.decide import BatchDecision, RowDecision
from newsletter.audience.importer.dedupe import Batch
from newsletter.audience.importer.jsonl import HashRow
from newsletter.audience.importer.report import RowStatus
from newsletter.audience.importer.staging_tables import staged_rows, staged_tags
from newsletter.audience.models import ConsentAct, SubscriptionState
from newsletter.audience.tables import (
    consents,
    insert_missing,
    subscribers,
    subscriptions,
    suppressions,
    tags,
)
from newsletter.database import UtcDateTime, insert_into


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOrigin:
    """Which import brings the rows, for the consent records."""

    list_id: int
    text: str
    import_id: int
    at: datetime


def upsert(connection: Connection, origin: ImportOrigin, batch: Batch, decision: BatchDecision) -> None:
    """Write a staged batch as decided, each row with its consent record."""
    _suppress(connection, origin, decision.rows)
    _suppress_hashes(connection, batch.hashes)
    _update_details(connection, decision.rows)
    staying = [{"at_line": row.valid.row.line} for row in decision.rows if row.state is None]
    if staying:
        connection.execute(delete(staged_rows).where(staged_rows.c.line == bindparam("at_line")), staying)
    if decision.newcomers or len(staying) < len(decision.rows):
        _join(connection, origin, [row for row in decision.rows if row.valid.row.history])
    _set_chosen_names(connection, batch, decision)
    if batch.tags:
        _add_tags(connection, [row.valid.key for row in decision.rows if row.known.suppressed])


def _join(connection: Connection, origin: ImportOrigin, with_history: Sequence[RowDecision]) -> None:
    details = ["address", "address_key", "address_hash", "first_name", "last_name"]
    connection.execute(
        insert_missing(connection, subscribers).from_select(
            [*details, "fields", "created_at"],
            select(
                *(staged_rows.c[name] for name in details),
                cast(staged_rows.c.fields, subscribers.c.fields.type)
                if connection.dialect.name == "postgresql"
                else staged_rows.c.fields,
                literal(origin.at, UtcDateTime),
            ).where(literal(True)),
        )
    )
    connection.execute(_subscribe(connection, origin))
    if with_history:
        _add_history(connection, origin, with_history)
    connection.execute(
        insert(consents).from_select(
            ["subscription_id", "act", "at", "origin", "evidence", "import_id"], _consent_records(origin)
        )
    )


def _add_history(connection: Connection, origin: ImportOrigin, decisions: Sequence[RowDecision]) -> None:
    """Give new subscribers the history in our own export: when they subscribed, and every consent.

    They get no consent record of this import, which is not one: each of the others names the import instead.
    """
    pairs = connection.execute(
        select(staged_rows.c.line, subscriptions.c.id)
        .outerjoin_from(staged_rows, subscribers, subscribers.c.address_key == staged_rows.c.address_key)
        .outerjoin(
            subscriptions,
            (subscriptions.c.subscriber_id == subscribers.c.id) & (subscriptions.c.list_id == origin.list_id),
        )
    )
    subscription_ids: dict[int, int] = dict(map(tuple, pairs))
    rows = {
        subscription_ids[decision.valid.row.line]: decision.valid.row
        for decision in decisions
        if decision.known.subscription_id is None and decision.valid.row.line in subscription_ids
    }
    if not rows:
        return
    connection.execute(
        insert(consents),
        [
            {
                "subscription_id": subscription_id,
                "act": consent.act.value,
                "at": consent.at,
                "origin": consent.origin,
                "evidence": consent.evidence,
                "import_id": origin.import_id,
                "consent_text": consent.consent_text,
                "mail": consent.mail,
            }
            for subscription_id, row in rows.items()
            for consent in row.history
        ],
    )
    connection.execute(
        update(subscriptions).where(subscriptions.c.id == bindparam("number")).values(changed_at=bindparam("since")),
        [{"number": number, "since": row.since or origin.at} for number, row in rows.items()],
    )
    connection.execute(
        delete(staged_rows).where(staged_rows.c.line == bindparam("at_line")),
        [{"at_line": row.line} for row in rows.values()],
    )


def _set_chosen_names(connection: Connection, batch: Batch, decision: BatchDecision) -> None:
    """Write the first names that people chose themselves, unless they have chosen another one here since."""
    kept_out = {
        row.valid.key
        for row in decision.rows
        if row.status is RowStatus.KEPT_OUT and row.known.subscriber_id is not None
    }
    special = (batch.rows[line] for line in batch.special)
    names = [
        {"its_key": valid.key, "chosen": valid.row.first_name, "its_time": valid.row.named_at}
        for valid in special
        if valid.row.named_at is not None and valid.key not in kept_out
    ]
    is_newer = subscribers.c.named_at.is_(None) | (subscribers.c.named_at < bindparam("its_time", type_=UtcDateTime))
    if names:
        connection.execute(
            update(subscribers)
            .where(subscribers.c.address_key == bindparam("its_key"), is_newer)
            .values(first_name=bindparam("chosen"), named_at=bindparam("its_time", type_=UtcDateTime)),
            names,
        )


def _add_tags(connection: Connection, suppressed: Sequence[str]) -> None:
    """Add tags to current subscribers; suppressed people get none."""
    if suppressed:
        rows = [{"at_key": key} for key in suppressed]
        connection.execute(delete(staged_tags).where(staged_tags.c.address_key == bindparam("at_key")), rows)
    connection.execute(
        insert_missing(connection, tags).from_select(
            ["subscriber_id", "tag"],
            select(subscribers.c.id, staged_tags.c.tag)
            .outerjoin_from(staged_tags, subscribers, subscribers.c.address_key == staged_tags.c.address_key)
            .where(subscribers.c.id.is_not(None)),
        )
    )


def _suppress(connection: Connection, origin: ImportOrigin, decisions: Sequence[RowDecision]) -> None:
    rows = [
        {
            "address_hash": decision.valid.address_hash,
            "reason": decision.suppression,
            "at": origin.at,
            "origin": origin.text,
        }
        for decision in decisions
        if decision.suppression
    ]
    if rows:
        connection.execute(insert_missing(connection, suppressions), rows)


def _suppress_hashes(connection: Connection, hashes: Sequence[HashRow]) -> None:
    rows = [
        {"address_hash": row.address_hash, "reason": row.reason.value, "at": row.at, "origin": row.origin}
        for row in hashes
    ]
    if rows:
        connection.execute(insert_missing(connection, suppressions), rows)


def _update_details(connection: Connection, decisions: Sequence[RowDecision]) -> None:
    rows = [
        dict(zip(("first", "last", "more"), decision.details, strict=True), subscriber=decision.known.subscriber_id)
        for decision in decisions
        if decision.status is not RowStatus.KEPT_OUT and decision.changes_details
    ]
    if rows:
        connection.execute(
            update(subscribers)
            .where(subscribers.c.id == bindparam("subscriber"))
            .values(first_name=bindparam("first"), last_name=bindparam("last"), fields=bindparam("more")),
            rows,
        )


def _subscribe(connection: Connection, origin: ImportOrigin) -> Insert:
    statement = insert_into(connection, subscriptions)
    statement = statement.from_select(
        ["list_id", "subscriber_id", "state", "changed_at"],
        select(literal(origin.list_id), subscribers.c.id, staged_rows.c.state, literal(origin.at, UtcDateTime))
        .outerjoin_from(staged_rows, subscribers, subscribers.c.address_key == staged_rows.c.address_key)
        .where(literal(True)),
    )
    return statement.on_conflict_do_update(
        index_elements=["list_id", "subscriber_id"],
        set_={"state": statement.excluded.state, "changed_at": statement.excluded.changed_at},
        where=subscriptions.c.state != SubscriptionState.ENDED,
    )


def _consent_records(origin: ImportOrigin) -> Select[tuple[object, ...]]:
    earlier = ": " + staged_rows.c.consent
    has_ended = staged_rows.c.state == SubscriptionState.ENDED
    return (
        select(
            subscriptions.c.id,
            case((has_ended, ConsentAct.ENDED.value), else_=ConsentAct.IMPORTED.value),
            literal(origin.at, UtcDateTime),
            literal(origin.text),
            "line " + cast(staged_rows.c.line, Text) + case((staged_rows.c.consent == "", ""), else_=earlier),
            literal(origin.import_id),
        )
        .outerjoin_from(staged_rows, subscribers, subscribers.c.address_key == staged_rows.c.address_key)
        .outerjoin(
            subscriptions,
            (subscriptions.c.subscriber_id == subscribers.c.id) & (subscriptions.c.list_id == origin.list_id),
        )
    )
