"""Lookup: finds a delivery by its number, by our Message-ID, or by the provider's reference."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from newsletter.audience import candidates
from newsletter.database import Database
from newsletter.delivery.editions import read_edition, read_mailing
from newsletter.delivery.models import DeliveryStatus, SentDelivery
from newsletter.delivery.tables import deliveries, mailings

_MAX_ID = 2**63 - 1
_OURS = re.compile(r"(\d{1,19})\.([0-9a-f]{16})@.+")


def find_delivery(database: Database, delivery_id: int) -> SentDelivery | None:
    """Return the delivery of that number, or None."""
    if not 0 < delivery_id <= _MAX_ID:
        return None
    with database.read() as connection:
        return _read(connection, delivery_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Addressee:
    """The recipient of a delivery, and its list."""

    delivery_id: int
    subscriber_id: int | None
    """None for a test."""
    mailing_id: int
    list_name: str
    mailed_at: datetime


def find_addressee(database: Database, delivery_id: int) -> Addressee | None:
    """Return the recipient of the delivery of that number, without its edition; or None."""
    return find_addressees(database, [delivery_id]).get(delivery_id)


def find_addressees(database: Database, delivery_ids: Collection[int]) -> dict[int, Addressee]:
    """Return the recipients of these deliveries, by number; unknown ones are left out."""
    valid_ids = [number for number in delivery_ids if 0 < number <= _MAX_ID]
    with database.read() as connection:
        rows = connection.execute(
            select(
                deliveries.c.id.label("delivery_id"),
                deliveries.c.subscriber_id,
                deliveries.c.mailing_id,
                mailings.c.list_name,
                mailings.c.created_at.label("mailed_at"),
            )
            .join(mailings, mailings.c.id == deliveries.c.mailing_id)
            .where(deliveries.c.id.in_(valid_ids))
        ).all()
    return {row.delivery_id: Addressee(**row._mapping) for row in rows}


def find_delivery_by_reference(database: Database, reference: str) -> SentDelivery | None:
    """Return the delivery whose message has this Message-ID, ours or the provider's, with or without <>; or None.

    Ours holds the first half of the edition's digest, so that guessing numbers finds nothing.
    """
    reference = reference.strip().strip("<>")
    ours = _OURS.fullmatch(reference.lower())
    with database.read() as connection:
        if ours and int(ours[1]) <= _MAX_ID:
            digest = connection.scalar(
                select(mailings.c.edition_digest)
                .join(deliveries, deliveries.c.mailing_id == mailings.c.id)
                .where(deliveries.c.id == int(ours[1]))
            )
            if digest is not None and digest.startswith(ours[2]):
                return _read(connection, int(ours[1]))
        name = reference.partition("@")[0]  # SES: <MessageId@region.amazonses.com>
        delivery_id = connection.scalar(select(deliveries.c.id).where(deliveries.c.reference == name).limit(1))
        return None if not name or delivery_id is None else _read(connection, delivery_id)


def _read(connection: Connection, delivery_id: int) -> SentDelivery | None:
    row = connection.execute(select(deliveries).where(deliveries.c.id == delivery_id)).one_or_none()
    if row is None:
        return None
    mailing = read_mailing(connection, row.mailing_id)
    people = candidates(mailing.list_name)
    columns = people.selected_columns
    person = connection.execute(people.where(columns.subscriber_id == row.subscriber_id)).one_or_none()
    return SentDelivery(
        id=row.id,
        mailing_id=mailing.id,
        kind=mailing.kind,
        slug=mailing.slug,
        list_name=mailing.list_name,
        round=mailing.round,
        subscriber_id=row.subscriber_id,
        address=row.address or (person.address if person else ""),
        first_name=person.first_name if person else "",
        last_name=person.last_name if person else "",
        status=DeliveryStatus(row.status),
        edition=read_edition(connection, mailing.edition_digest).variant(row.variant),
    )
