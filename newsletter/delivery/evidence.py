"""Evidence: reports from outside prove that the provider accepted a message, and so resolve uncertain deliveries.

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
_MAX_PARAMETERS = 500
"""Numbers in one query: every SQLite accepts so many bound parameters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedDelivery:
    """A delivery that a report is about."""

    id: int
    mailing_id: int
    list_name: str
    subscriber_id: int | None
    status: DeliveryStatus
    is_begun: bool
    """Whether it was claimed at least once."""
    is_skipped: bool
    """Whether the author chose not to send it again, though it may have been accepted."""
    edition_digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionEvidence:
    """Proof that the provider accepted a delivery's message."""

    delivery: ReportedDelivery
    reference: str = ""
    dropped: str = ""
    """Why the provider then dropped the message, so that nobody gets it; "" if it did not."""


def find_reported_deliveries(connection: Connection, numbers: Iterable[int]) -> dict[int, ReportedDelivery]:
    """Return the deliveries of these numbers; unknown ones are left out."""
    wanted = sorted({number for number in numbers if 0 < number <= _MAX_ID})
    by_key: dict[int, ReportedDelivery] = {}
    for start in range(0, len(wanted), _MAX_PARAMETERS):
        rows = connection.execute(_query().where(deliveries.c.id.in_(wanted[start : start + _MAX_PARAMETERS])))
        by_key |= {row.id: _reported(row) for row in rows}
    return by_key


def find_reported_by_references(connection: Connection, references: Iterable[str]) -> dict[str, ReportedDelivery]:
    """Return the deliveries with these references, our Message-IDs or the provider's; unknown ones are left out."""
    wanted = sorted({name for name in references if name})
    ours = {name: match for name in wanted if (match := _OURS.fullmatch(name.lower())) is not None}
    numbered = find_reported_deliveries(connection, (int(match[1]) for match in ours.values()))
    by_key = {}
    for name, match in ours.items():
        known = numbered.get(int(match[1]))
        if known is not None and known.edition_digest.startswith(match[2]):
            by_key[name] = known
    theirs = [name for name in wanted if name not in by_key]
    for start in range(0, len(theirs), _MAX_PARAMETERS):
        group = theirs[start : start + _MAX_PARAMETERS]
        rows = connection.execute(_query().add_columns(deliveries.c.reference).where(deliveries.c.reference.in_(group)))
        by_key |= {row.reference: _reported(row) for row in rows}
    return by_key


def apply_evidence(
    connection: Connection, evidence: Sequence[SubmissionEvidence], now: datetime
) -> list[ReportedDelivery]:
    """Record accepted deliveries as submitted and dropped ones as failed; return those that accepted_now.

    The order of the evidence does not matter. A delivery that was never claimed here stays as it is, for the report may
    be about another database; so does an excluded one.
    """
    dropped = {it.delivery.id: it for it in evidence if it.dropped}
    accepted = {it.delivery.id: it for it in evidence if it.delivery.id not in dropped}
    accepted_now = [it for it in accepted.values() if _is_open(it.delivery)]
    if accepted_now:
        connection.execute(_RECORD_SUBMITTED, [_parameters(it, now) for it in accepted_now])
    dropped_now = [
        it for it in dropped.values() if _is_open(it.delivery) or it.delivery.status is DeliveryStatus.SUBMITTED
    ]
    if dropped_now:
        connection.execute(_RECORD_DROPPED, [{**_parameters(it, now), "why": it.dropped[:300]} for it in dropped_now])
    return [it.delivery for it in (*accepted_now, *dropped_now)]


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
    """Return how many of a mailing's messages were submitted, in all or since a time."""
    query = select(func.count()).where(
        deliveries.c.mailing_id == mailing_id,
        deliveries.c.status.in_([literal_column("'submitted'"), literal_column("'uncertain'")]),
    )
    if since is not None:
        query = query.where(deliveries.c.changed_at >= since)
    return int(connection.scalar(query) or 0)


def are_submitted_since(delivery_id: ColumnElement[int], since: datetime) -> ColumnElement[bool]:
    """Return the condition that the delivery of this number was submitted since a time."""
    return exists().where(deliveries.c.id == delivery_id, deliveries.c.changed_at >= since)


def delivery_ids_of(connection: Connection, subscriber_id: int, since: datetime) -> list[int]:
    """Return the deliveries to a subscriber in the mailings made since a time."""
    recent = list(connection.scalars(select(mailings.c.id).where(mailings.c.created_at >= since)))
    delivery_ids: list[int] = []
    for start in range(0, len(recent), _MAX_PARAMETERS):  # with a join SQLite would read all deliveries
        query = select(deliveries.c.id).where(
            deliveries.c.mailing_id.in_(recent[start : start + _MAX_PARAMETERS]),
            deliveries.c.subscriber_id == subscriber_id,
        )
        delivery_ids += connection.scalars(query)
    return delivery_ids


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
    """Whether a mailing is open, and has not ended."""
    query = select(mailings.c.id).where(
        mailings.c.id == mailing_id, mailings.c.state == MailingState.OPEN.value, mailings.c.finished_at.is_(None)
    )
    return connection.scalar(query) is not None


def _query() -> Select[tuple[object, ...]]:
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
    """Whether the evidence is news: the outcome is unknown, or the author only decided not to send it again."""
    return (
        delivery.status in {DeliveryStatus.UNCERTAIN, DeliveryStatus.CLAIMED}
        or (delivery.status is DeliveryStatus.PLANNED and delivery.is_begun)
        or delivery.is_skipped
    )


def _parameters(evidence: SubmissionEvidence, now: datetime) -> dict[str, object]:
    return {"delivery": evidence.delivery.id, "receipt": evidence.reference[:300] or None, "moment": now}


_OPEN = or_(
    deliveries.c.status.in_([literal_column("'uncertain'"), literal_column("'claimed'")]),
    and_(deliveries.c.status == literal_column("'planned'"), deliveries.c.worker.is_not(None)),
    and_(deliveries.c.status == literal_column("'failed'"), deliveries.c.reason == SKIPPED),
)
_RECORD_SUBMITTED = (
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
_RECORD_DROPPED = (
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
