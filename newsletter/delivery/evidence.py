"""Deliveries as reports from outside name them, and what such a report proves: that the next hop took the message.

That no report has come proves nothing.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
    update,
)

from newsletter.delivery.models import DeliveryStatus, MailingState
from newsletter.delivery.notices.queue import FIRST_NOTICE_NUMBER, notices
from newsletter.delivery.queue.resolve import SKIPPED
from newsletter.delivery.tables import deliveries, mailings

_MAX_ID = 2**63 - 1
_OURS = re.compile(r"(\d{1,19})\.([0-9a-f]{16})@.+")
_AT_ONCE = 500
"""Numbers in one question: SQLite takes so many bound values everywhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedDelivery:
    """A delivery that somebody reports about."""

    id: int
    mailing_id: int
    list_name: str
    subscriber_id: int | None
    status: DeliveryStatus
    is_begun: bool
    """Whether it was claimed at least once."""
    is_skipped: bool
    """Whether the author chose not to send it again, though it may have been taken."""
    edition_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionEvidence:
    """That the next hop took a delivery's message."""

    delivery: ReportedDelivery
    reference: str = ""
    dropped: str = ""
    """Why it then dropped the message, so that nobody gets it."""


def find_reported_deliveries(connection: Connection, numbers: Iterable[int]) -> dict[int, ReportedDelivery]:
    """Return the deliveries of these numbers, as far as there are any."""
    wanted = sorted({number for number in numbers if 0 < number <= _MAX_ID})
    found: dict[int, ReportedDelivery] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        rows = connection.execute(_asked().where(deliveries.c.id.in_(wanted[start : start + _AT_ONCE])))
        found |= {row.id: _reported(row) for row in rows}
    return found


def find_reported_by_references(connection: Connection, references: Iterable[str]) -> dict[str, ReportedDelivery]:
    """Return the deliveries whose messages the next hop, or we, gave these names; those that we know."""
    wanted = sorted({name for name in references if name})
    ours = {name: match for name in wanted if (match := _OURS.fullmatch(name.lower())) is not None}
    numbered = find_reported_deliveries(connection, (int(match[1]) for match in ours.values()))
    found = {}
    for name, match in ours.items():
        known = numbered.get(int(match[1]))
        if known is not None and known.edition_digest.startswith(match[2]):
            found[name] = known
    theirs = [name for name in wanted if name not in found]
    for start in range(0, len(theirs), _AT_ONCE):
        group = theirs[start : start + _AT_ONCE]
        rows = connection.execute(_asked().add_columns(deliveries.c.reference).where(deliveries.c.reference.in_(group)))
        found |= {row.reference: _reported(row) for row in rows}
    return found


def apply_evidence(
    connection: Connection, proofs: Sequence[SubmissionEvidence], now: datetime
) -> list[ReportedDelivery]:
    """Record as submitted what is proven to have been taken, as failed what was dropped; return whom that changed.

    The same in whatever order the proofs come. What was never begun here is left: another ledger's reports may
    have found their way to this one. So is what is excluded.
    """
    dropped = {proof.delivery.id: proof for proof in proofs if proof.dropped}
    taken = {proof.delivery.id: proof for proof in proofs if proof.delivery.id not in dropped}
    changed = [proof for proof in taken.values() if _is_open(proof.delivery)]
    if changed:
        connection.execute(_TAKEN, [_parameters(proof, now) for proof in changed])
    lost = [
        proof
        for proof in dropped.values()
        if _is_open(proof.delivery) or proof.delivery.status is DeliveryStatus.SUBMITTED
    ]
    if lost:
        connection.execute(_DROPPED, [{**_parameters(proof, now), "why": proof.dropped[:300]} for proof in lost])
    return [proof.delivery for proof in (*changed, *lost)]


def apply_notice_evidence(connection: Connection, numbers: Iterable[int], now: datetime) -> int:
    """Record the uncertain notices of these numbers as submitted; return how many there were."""
    wanted = [number - FIRST_NOTICE_NUMBER for number in numbers if number > FIRST_NOTICE_NUMBER]
    if not wanted:
        return 0
    return connection.execute(
        update(notices)
        .where(notices.c.id.in_(wanted), notices.c.status == DeliveryStatus.UNCERTAIN.value)
        .values(status=DeliveryStatus.SUBMITTED.value, reason="", changed_at=now)
    ).rowcount


def count_submitted(connection: Connection, mailing_id: int, since: datetime | None = None) -> int:
    """Return how many of a mailing's messages were taken, in all or since then."""
    asked = select(func.count()).where(
        deliveries.c.mailing_id == mailing_id,
        deliveries.c.status.in_([literal_column("'submitted'"), literal_column("'uncertain'")]),
    )
    if since is not None:
        asked = asked.where(deliveries.c.changed_at >= since)
    return int(connection.scalar(asked) or 0)


def are_submitted_since(delivery_id: ColumnElement[int], since: datetime) -> ColumnElement[bool]:
    """Ask whether the delivery of this number was submitted since then."""
    return exists().where(deliveries.c.id == delivery_id, deliveries.c.changed_at >= since)


def delivery_ids_of(connection: Connection, subscriber_id: int, since: datetime) -> list[int]:
    """Return the deliveries to a person in the mailings that were made since then."""
    recent = list(connection.scalars(select(mailings.c.id).where(mailings.c.created_at >= since)))
    found: list[int] = []
    for start in range(0, len(recent), _AT_ONCE):  # joined, SQLite would read all deliveries there are
        asked = select(deliveries.c.id).where(
            deliveries.c.mailing_id.in_(recent[start : start + _AT_ONCE]),
            deliveries.c.subscriber_id == subscriber_id,
        )
        found += connection.scalars(asked)
    return found


def pause_if_open(connection: Connection, mailing_id: int) -> bool:
    """Pause a mailing that is under way; False where there is nothing left to pause."""
    return bool(
        connection.execute(
            update(mailings)
            .where(
                mailings.c.id == mailing_id,
                mailings.c.state == MailingState.OPEN.value,
                mailings.c.finished_at.is_(None),
            )
            .values(state=MailingState.PAUSED.value)
        ).rowcount
    )


def is_in_progress(connection: Connection, mailing_id: int) -> bool:
    """Whether a mailing may leave at present, and has not ended."""
    asked = select(mailings.c.id).where(
        mailings.c.id == mailing_id, mailings.c.state == MailingState.OPEN.value, mailings.c.finished_at.is_(None)
    )
    return connection.scalar(asked) is not None


def _asked() -> Select[tuple[object, ...]]:
    return select(
        deliveries.c.id,
        deliveries.c.mailing_id,
        deliveries.c.subscriber_id,
        deliveries.c.status,
        deliveries.c.worker,
        deliveries.c.reason,
        mailings.c.list_name,
        mailings.c.edition_digest,
    ).join(mailings, mailings.c.id == deliveries.c.mailing_id)


def _reported(row: Row[tuple[object, ...]]) -> ReportedDelivery:
    return ReportedDelivery(
        id=row.id,
        mailing_id=row.mailing_id,
        list_name=row.list_name,
        subscriber_id=row.subscriber_id,
        status=DeliveryStatus(row.status),
        is_begun=row.worker is not None,
        is_skipped=row.status == DeliveryStatus.FAILED and row.reason == SKIPPED,
        edition_digest=row.edition_digest,
    )


def _is_open(delivery: ReportedDelivery) -> bool:
    """Whether the ledger does not know yet, or the author's word went before, that it was taken."""
    return (
        delivery.status in {DeliveryStatus.UNCERTAIN, DeliveryStatus.CLAIMED}
        or (delivery.status is DeliveryStatus.PLANNED and delivery.is_begun)
        or delivery.is_skipped
    )


def _parameters(proof: SubmissionEvidence, now: datetime) -> dict[str, object]:
    return {"delivery": proof.delivery.id, "receipt": proof.reference[:300] or None, "moment": now}


_OPEN = or_(
    deliveries.c.status.in_([literal_column("'uncertain'"), literal_column("'claimed'")]),
    and_(deliveries.c.status == literal_column("'planned'"), deliveries.c.worker.is_not(None)),
    and_(deliveries.c.status == literal_column("'failed'"), deliveries.c.reason == SKIPPED),
)
_TAKEN = (
    update(deliveries)
    .where(deliveries.c.id == bindparam("delivery"), _OPEN)
    .values(
        status=DeliveryStatus.SUBMITTED.value,
        reference=func.coalesce(bindparam("receipt"), deliveries.c.reference),
        reason=null(),
        due_at=0,
        changed_at=bindparam("moment"),
    )
)
_DROPPED = (
    update(deliveries)
    .where(
        deliveries.c.id == bindparam("delivery"),
        or_(_OPEN, deliveries.c.status == literal_column("'submitted'")),
    )
    .values(
        status=DeliveryStatus.FAILED.value,
        reference=func.coalesce(bindparam("receipt"), deliveries.c.reference),
        reason=bindparam("why"),
        due_at=0,
        changed_at=bindparam("moment"),
    )
)
