"""Editions and mailings in the database: an edition is frozen once, and read back byte for byte."""

import json
from datetime import datetime

from sqlalchemy import Connection, Row, Select, insert, select

from newsletter.compose import Edition
from newsletter.database import MAX_ROW_ID, Database
from newsletter.delivery.models import Mailing, MailingKind, MailingState
from newsletter.delivery.tables import editions, mailings, rounds
from newsletter.errors import UsageError


def freeze(connection: Connection, edition: Edition, now: datetime) -> None:
    """Store an edition under its digest; a second call changes nothing."""
    if connection.scalar(select(editions.c.digest).where(editions.c.digest == edition.digest)) is None:
        frozen = json.dumps(edition.as_json(), ensure_ascii=False, separators=(",", ":"))
        connection.execute(insert(editions), {"digest": edition.digest, "frozen": frozen, "created_at": now})


def read_edition(connection: Connection, digest: str) -> Edition:
    """Return the edition as it was frozen."""
    frozen: str = connection.execute(select(editions.c.frozen).where(editions.c.digest == digest)).scalar_one()
    return Edition.from_json(json.loads(frozen))


def mailing_edition(database: Database, mailing: Mailing) -> Edition:
    """Return the edition that a mailing has frozen."""
    with database.read() as connection:
        return read_edition(connection, mailing.edition_digest)


def read_mailing(connection: Connection, mailing_id: int) -> Mailing:
    """Return a mailing; UsageError if there is none of that number."""
    query = select_mailings().where(mailings.c.id == min(mailing_id, MAX_ROW_ID))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise UsageError(f"no mailing {mailing_id}. 'newsletter status' lists them")
    return mailing_of(row)


def select_mailings() -> Select[tuple[object, ...]]:
    """Return the query for mailings with the number of their round."""
    return select(mailings, rounds.c.number).outerjoin(rounds, rounds.c.id == mailings.c.round_id)


def mailing_of(row: Row[tuple[object, ...]]) -> Mailing:
    """Read a row of `select_mailings`."""
    return Mailing(
        id=row.id,
        kind=MailingKind(row.kind),
        slug=row.slug,
        list_name=row.list_name,
        segment=row.segment,
        edition_digest=row.edition_digest,
        transport=row.transport,
        round=row.number or 1,
        round_id=row.round_id,
        created_at=row.created_at,
        finished_at=row.finished_at,
        state=MailingState(row.state),
        send_at=row.send_at,
        send_before=row.send_before,
    )


def find_mailing(database: Database, name: str) -> Mailing:
    """Return the mailing that an id names, or a slug where that is unambiguous; UsageError if none does."""
    with database.read() as connection:
        if name.isascii() and name.isdecimal():
            return read_mailing(connection, int(name))
        rows = connection.execute(
            select_mailings()
            .where(mailings.c.slug == name, mailings.c.kind == MailingKind.ISSUE)
            .order_by(mailings.c.id)
        ).all()
    if not rows:
        raise UsageError(f"no mailing of '{name}'. 'newsletter status' lists them")
    if len(rows) > 1:
        numbers = ", ".join(str(row.id) for row in rows)
        raise UsageError(f"'{name}' has {len(rows)} mailings: {numbers}. Name one by its number")
    return mailing_of(rows[0])
