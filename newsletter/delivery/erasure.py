"""Erasure: what the delivery queue holds of one person, and what remains once they are erased.

A delivery's row stays, for the counts are made of rows; it then says that a message went to somebody, and no more.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select, update

from newsletter.address import Address
from newsletter.database import Database
from newsletter.delivery.models import DeliveryStatus
from newsletter.delivery.notices.queue import Notice, list_notices, notices
from newsletter.delivery.tables import deliveries, mailings

_ERASED = "[erased]"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRecord:
    """One delivery, as a person's record shows it."""

    id: int
    slug: str
    list_name: str
    kind: str
    status: str
    reason: str
    changed_at: datetime | None


def deliveries_to(database: Database, subscriber_id: int | None, address: Address) -> tuple[DeliveryRecord, ...]:
    """Return what was sent, or was to be sent, to a person: to their number, and as tests to their address."""
    query = (
        select(deliveries, mailings.c.slug, mailings.c.list_name, mailings.c.kind)
        .join(mailings, mailings.c.id == deliveries.c.mailing_id)
        .where(_theirs(subscriber_id, address))
        .order_by(deliveries.c.id)
    )
    with database.read() as connection:
        return tuple(
            DeliveryRecord(
                id=row.id,
                slug=row.slug,
                list_name=row.list_name,
                kind=row.kind,
                status=row.status,
                reason=row.reason or "",
                changed_at=row.changed_at,
            )
            for row in connection.execute(query)
        )


def notices_to(database: Database, address: Address) -> tuple[Notice, ...]:
    """Return the notices to a person."""
    return tuple(notice for notice in list_notices(database) if notice.recipient.lower() == address.key)


def erase_recipient(
    database: Database, subscriber_id: int | None, address: Address, about: Collection[str], *, now: datetime
) -> int:
    """Remove a person's address and text; `about` names their replies. Returns how many notices changed.

    What is still planned for them is not sent any more. Mail to others that quotes them, such as a moderator's
    digest, keeps its row and loses its text. A second call changes nothing.
    """
    with database.write() as connection:
        for row in connection.execute(
            select(deliveries.c.id, deliveries.c.reason, deliveries.c.address, deliveries.c.status).where(
                _theirs(subscriber_id, address)
            )
        ).all():
            values: dict[str, Any] = {}
            if row.reason and address.key in row.reason.lower():
                values["reason"] = re.sub(re.escape(address.key), _ERASED, row.reason, flags=re.IGNORECASE)
            if row.address and row.status in _FINAL:
                values["address"] = ""
            if values:
                connection.execute(update(deliveries).where(deliveries.c.id == row.id).values(values))
        changed = 0
        for row in connection.execute(
            select(notices.c.id, notices.c.about, notices.c.recipient, notices.c.status)
        ).all():
            is_theirs = row.recipient.lower() == address.key
            if not is_theirs and not set(re.split("[, ]", row.about)) & set(about):
                continue
            this = notices.c.id == row.id
            changed += 1
            if row.status == DeliveryStatus.PLANNED:
                connection.execute(delete(notices).where(this))
                continue
            blank = {"text": "", "subject": "", "in_reply_to": "", "references": "", "changed_at": now}
            if is_theirs:
                blank |= {"recipient": "", "recipient_name": "", "reason": ""}
            connection.execute(update(notices).where(this).values(blank))
    return changed


_FINAL = {DeliveryStatus.SUBMITTED, DeliveryStatus.FAILED, DeliveryStatus.EXCLUDED}


def _theirs(subscriber_id: int | None, address: Address) -> ColumnElement[bool]:
    is_test_to_them = func.lower(deliveries.c.address) == address.key
    if subscriber_id is None:
        return is_test_to_them
    return or_(deliveries.c.subscriber_id == subscriber_id, is_test_to_them)
