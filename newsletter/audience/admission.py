"""Admission: who of a batch of imported rows comes onto a list, and who is kept out.

Suppressed and ended people stay out, whatever a file says; what a file says against mailing somebody counts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from newsletter.address import Address
from newsletter.audience.report import Fate
from newsletter.audience.roster import consents, insert_missing, subscribers, subscriptions, suppressions
from newsletter.audience.sheet import Row
from newsletter.audience.subscriber import ConsentAct, SubscriptionState, SuppressionReason


@dataclass(frozen=True, slots=True)
class Entry:
    """A row whose address is sound."""

    row: Row
    address: Address
    key: str
    address_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the roster holds of an entry's person before the import; None is where they are not on the list."""

    subscriber_id: int
    first_name: str
    last_name: str
    fields: dict[str, str]
    subscription_id: int | None
    state: SubscriptionState | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What is to happen to one entry."""

    entry: Entry
    known: Known | None
    fate: Fate
    reason: str = ""
    state: SubscriptionState | None = None
    """The state that their subscription takes; None leaves it."""
    suppression: SuppressionReason | None = None
    """Why the file says that the address is not to be mailed, where that is news."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Which import brings the rows, for the record."""

    list_id: int
    origin: str
    import_id: int
    at: datetime


def rule(connection: Connection, list_id: int | None, entries: Sequence[Entry]) -> list[Ruling]:
    """Decide what happens to each entry; nothing is written. The entries' keys differ."""
    known = _known(connection, list_id, [entry.key for entry in entries])
    hashes = [entry.address_hash for entry in entries]
    found = connection.execute(
        select(suppressions.c.address_hash, suppressions.c.reason).where(suppressions.c.address_hash.in_(hashes))
    )
    suppressed = {row.address_hash: row.reason for row in found}
    return [_rule(entry, known.get(entry.key), suppressed.get(entry.address_hash)) for entry in entries]


def _rule(entry: Entry, known: Known | None, suppressed: str | None) -> Ruling:
    row = entry.row
    state = known.state if known else None
    if suppressed:
        return Ruling(entry=entry, known=known, fate=Fate.KEPT_OUT, reason=suppressed)
    if row.suppression is SuppressionReason.ERASED:
        return Ruling(entry=entry, known=known, fate=Fate.KEPT_OUT, reason="erased", suppression=row.suppression)
    wanted = _next_state(state, row.state)
    if row.suppression:
        return Ruling(
            entry=entry,
            known=known,
            fate=Fate.KEPT_OUT,
            reason=row.suppression,
            state=wanted,
            suppression=row.suppression,
        )
    if SubscriptionState.ENDED in {state, row.state}:
        return Ruling(entry=entry, known=known, fate=Fate.KEPT_OUT, reason="unsubscribed", state=wanted)
    if wanted is not None:
        return Ruling(entry=entry, known=known, fate=Fate.ADDED, state=wanted)
    is_news = known is not None and _details(row, known) != (known.first_name, known.last_name, known.fields)
    return Ruling(entry=entry, known=known, fate=Fate.UPDATED if is_news else Fate.KNOWN)


def _next_state(present: SubscriptionState | None, told: SubscriptionState) -> SubscriptionState | None:
    """Return the state that a file's word leads to, None if it changes nothing: what ended stays ended."""
    if present is None:
        return told
    if present is SubscriptionState.ENDED or told is SubscriptionState.PENDING or present is told:
        return None
    return told


def _details(row: Row, known: Known) -> tuple[str, str, dict[str, str]]:
    """Return names and fields after the import: an empty cell forgets nothing."""
    is_named = bool(row.first_name or row.last_name)
    return (
        row.first_name if is_named else known.first_name,
        row.last_name if is_named else known.last_name,
        {**known.fields, **row.fields},
    )


def admit(connection: Connection, act: Act, rulings: Iterable[Ruling]) -> None:
    """Carry the rulings out, each with its line of consent."""
    rulings = list(rulings)
    _suppress(connection, act, rulings)
    _update_details(
        connection, [ruling for ruling in rulings if ruling.known and ruling.fate is not Fate.KEPT_OUT]
    )
    moved = [ruling for ruling in rulings if ruling.state is not None]
    _add_subscribers(connection, act, [ruling for ruling in moved if ruling.known is None])
    changed = [ruling for ruling in moved if ruling.known and ruling.known.subscription_id is not None]
    if changed:
        connection.execute(
            update(subscriptions)
            .where(subscriptions.c.id == bindparam("subscription"))
            .values(state=bindparam("now_is"), changed_at=act.at),
            [
                {"subscription": ruling.known.subscription_id, "now_is": ruling.state}
                for ruling in changed
                if ruling.known
            ],
        )
    if moved:
        _join(connection, act, moved)


def _known(connection: Connection, list_id: int | None, keys: Sequence[str]) -> Mapping[str, Known]:
    rows = connection.execute(
        select(
            subscribers.c.address_key,
            subscribers.c.id,
            subscribers.c.first_name,
            subscribers.c.last_name,
            subscribers.c.fields,
            subscriptions.c.id.label("subscription_id"),
            subscriptions.c.state,
        )
        .outerjoin_from(
            subscribers,
            subscriptions,
            (subscriptions.c.subscriber_id == subscribers.c.id) & (subscriptions.c.list_id == list_id),
        )
        .where(subscribers.c.address_key.in_(keys))
    )
    return {
        row.address_key: Known(
            subscriber_id=row.id,
            first_name=row.first_name,
            last_name=row.last_name,
            fields=row.fields,
            subscription_id=row.subscription_id,
            state=row.state and SubscriptionState(row.state),
        )
        for row in rows
    }


def _suppress(connection: Connection, act: Act, rulings: Sequence[Ruling]) -> None:
    rows = [
        {
            "address_hash": ruling.entry.address_hash,
            "reason": ruling.suppression,
            "at": act.at,
            "origin": act.origin,
        }
        for ruling in rulings
        if ruling.suppression
    ]
    if rows:
        connection.execute(insert_missing(connection, suppressions), rows)


def _update_details(connection: Connection, rulings: Sequence[Ruling]) -> None:
    rows: list[dict[str, Any]] = []
    for ruling in rulings:
        if known := ruling.known:
            first_name, last_name, fields = _details(ruling.entry.row, known)
            if (first_name, last_name, fields) != (known.first_name, known.last_name, known.fields):
                rows.append(
                    {"subscriber": known.subscriber_id, "first": first_name, "last": last_name, "more": fields}
                )
    if rows:
        connection.execute(
            update(subscribers)
            .where(subscribers.c.id == bindparam("subscriber"))
            .values(first_name=bindparam("first"), last_name=bindparam("last"), fields=bindparam("more")),
            rows,
        )


def _add_subscribers(connection: Connection, act: Act, rulings: Sequence[Ruling]) -> None:
    rows = [
        {
            "address": str(ruling.entry.address),
            "address_key": ruling.entry.key,
            "address_hash": ruling.entry.address_hash,
            "first_name": ruling.entry.row.first_name,
            "last_name": ruling.entry.row.last_name,
            "fields": ruling.entry.row.fields,
            "created_at": act.at,
        }
        for ruling in rulings
    ]
    if rows:
        connection.execute(insert_missing(connection, subscribers), rows)


def _join(connection: Connection, act: Act, rulings: Sequence[Ruling]) -> None:
    """Put those on the list who are not on it yet, and write everybody's consent down."""
    by_key = {ruling.entry.key: ruling for ruling in rulings}
    ids = connection.execute(
        select(subscribers.c.id, subscribers.c.address_key).where(subscribers.c.address_key.in_(by_key))
    )
    by_id = {row.id: by_key[row.address_key] for row in ids}
    connection.execute(
        insert_missing(connection, subscriptions),
        [
            {"list_id": act.list_id, "subscriber_id": number, "state": ruling.state, "changed_at": act.at}
            for number, ruling in by_id.items()
        ],
    )
    joined = connection.execute(
        select(subscriptions.c.id, subscriptions.c.subscriber_id)
        .where(subscriptions.c.list_id == act.list_id)
        .where(subscriptions.c.subscriber_id.in_(by_id))
    )
    connection.execute(
        insert(consents),
        [_consent(row.id, by_id[row.subscriber_id], act) for row in joined],
    )


def _consent(subscription_id: int, ruling: Ruling, act: Act) -> dict[str, Any]:
    row = ruling.entry.row
    has_ended = ruling.state is SubscriptionState.ENDED
    return {
        "subscription_id": subscription_id,
        "act": ConsentAct.ENDED if has_ended else ConsentAct.IMPORTED,
        "at": act.at,
        "origin": act.origin,
        "evidence": f"line {row.line}: {row.consent}" if row.consent else f"line {row.line}",
        "import_id": act.import_id,
    }
