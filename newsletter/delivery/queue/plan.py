"""Plan: make a mailing and its deliveries, in one transaction that is safe to repeat.

Afterwards every candidate has a delivery, planned or excluded with the reason. Repeating it adds new subscribers and
removes nobody.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, func, insert, null, select, update

from newsletter.compose import Edition
from newsletter.database import Database
from newsletter.delivery.counts import VariantCount, count_mailing, count_planned, count_variants
from newsletter.delivery.editions import freeze, read_edition, read_mailing
from newsletter.delivery.models import Counts, DeliveryStatus, Mailing, MailingKind, MailingState
from newsletter.delivery.queue.control import cancel_planned
from newsletter.delivery.queue.recipients import fill_mailing, has_begun
from newsletter.delivery.queue.schedule import Schedule
from newsletter.delivery.tables import deliveries, mailings, rounds
from newsletter.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a send would do, or does: the mailing that it makes or resumes, and its counts."""

    mailing: Mailing
    counts: Counts
    is_new: bool
    """Whether the mailing is made by this plan."""
    is_changed: bool
    """Whether the issue's text differs from the edition that this mailing has frozen."""
    cancelled: int = 0
    """How many were excluded from an earlier mailing that this one replaces."""
    variants: tuple[VariantCount, ...] = ()
    """The recipients of each variant of the edition; empty where all get the same."""


def plan_mailing(
    database: Database, edition: Edition, *, transport: str, segment: str = "", again: bool = False, now: datetime
) -> Plan:
    """Return what `start_mailing` would do, and change nothing: it is done and rolled back."""
    with database.write() as connection, connection.begin_nested() as savepoint:
        plan = _start(connection, edition, transport, segment, again=again, now=now)
        savepoint.rollback()
    return plan


def start_mailing(
    database: Database,
    edition: Edition,
    *,
    transport: str,
    segment: str = "",
    again: bool = False,
    schedule: Schedule | None = None,
    now: datetime,
) -> Plan:
    """Make the mailing of an edition to its list, or resume the existing one, and plan missing deliveries.

    With a `segment`, an expression, it is for its members only: another segment, or the whole list, is another mailing,
    and a subscriber who has the issue from one does not get it from the next. A second call adds only new subscribers.
    The frozen edition stays once sending began; `again` makes a new mailing with the new text, unless the same text is
    still being sent. Nobody is added to a cancelled one. Raises UsageError when a mailing that has begun is to be
    scheduled.
    """
    with database.bulk_write() as connection:
        plan = _start(connection, edition, transport, segment, again=again, now=now)
        if schedule is None or plan.mailing.state is MailingState.CANCELLED:
            return plan
        return replace(plan, mailing=_scheduled(connection, plan, schedule, now))


def extend_mailing(database: Database, mailing: Mailing, now: datetime) -> Plan:
    """Add new subscribers to a mailing that is due; its frozen edition stays."""
    with database.write() as connection:
        edition = read_edition(connection, mailing.edition_digest)
        fill_mailing(connection, mailing, edition, is_repeat=False, is_new=False, now=now)
        counts = count_mailing(connection, mailing.id)
        if not counts.planned:
            connection.execute(update(mailings).where(mailings.c.id == mailing.id).values(finished_at=now))
        current = read_mailing(connection, mailing.id)
    return Plan(mailing=current, counts=counts, is_new=False, is_changed=False)


def start_test_mailing(
    database: Database, edition: Edition, addresses: list[str], *, transport: str, variant: int = 0, now: datetime
) -> Mailing:
    """Make a test mailing of one variant of an edition to some addresses; it never counts as sent."""
    with database.write() as connection:
        freeze(connection, edition, now)
        mailing_id = connection.execute(
            insert(mailings).returning(mailings.c.id),
            {
                "kind": MailingKind.TEST,
                "slug": edition.slug,
                "list_name": edition.list_name,
                "edition_digest": edition.digest,
                "transport": transport,
                "created_at": now,
            },
        ).scalar_one()
        rows = [
            {"mailing_id": mailing_id, "address": address, "status": DeliveryStatus.PLANNED, "variant": variant}
            for address in addresses
        ]
        connection.execute(insert(deliveries), rows)
        return read_mailing(connection, mailing_id)


def _start(
    connection: Connection, edition: Edition, transport: str, segment: str, *, again: bool, now: datetime
) -> Plan:
    latest = _latest(connection, edition, segment)
    cancelled = 0
    is_new = latest is None or (again and not _is_unfinished(connection, latest, edition))
    if latest is None or is_new:
        number = _next_round(connection, edition.slug, latest, again=again)
        if latest is not None:
            cancelled = cancel_planned(connection, latest.id, now)
            connection.execute(update(mailings).where(mailings.c.id == latest.id).values(finished_at=now))
        mailing = _make(connection, edition, transport, segment, number, now)
    elif latest.state is MailingState.CANCELLED:
        counts = count_mailing(connection, latest.id)
        return Plan(mailing=latest, counts=counts, is_new=False, is_changed=latest.edition_digest != edition.digest)
    else:
        mailing = _refreshed(connection, latest, edition, transport, now)
    frozen = edition if mailing.edition_digest == edition.digest else read_edition(connection, mailing.edition_digest)
    fill_mailing(connection, mailing, frozen, is_repeat=is_new and again, is_new=is_new, now=now)
    counts = (count_planned if is_new else count_mailing)(connection, mailing.id)
    if counts.planned and mailing.finished_at is not None:
        connection.execute(update(mailings).where(mailings.c.id == mailing.id).values(finished_at=null()))
        mailing = replace(mailing, finished_at=None)
    if not counts.planned and mailing.finished_at is None and has_begun(connection, mailing):
        # its sender could not record that it had ended
        connection.execute(update(mailings).where(mailings.c.id == mailing.id).values(finished_at=now))
        mailing = replace(mailing, finished_at=now)
    is_changed = mailing.edition_digest != edition.digest
    variants = count_variants(connection, mailing.id, frozen) if frozen.segments else ()
    return Plan(
        mailing=mailing,
        counts=counts,
        is_new=is_new,
        is_changed=is_changed,
        cancelled=cancelled,
        variants=variants,
    )


def _next_round(connection: Connection, slug: str, latest: Mailing | None, *, again: bool) -> int:
    """Return the round of a new mailing: another list joins the newest round, `again` starts the next."""
    if latest is not None:
        return latest.round + 1
    newest: int | None = connection.scalar(select(func.max(rounds.c.number)).where(rounds.c.slug == slug))
    return 1 if newest is None else newest + again


def _latest(connection: Connection, edition: Edition, segment: str) -> Mailing | None:
    """Return the mailing of the highest round of this issue to this list, or to this segment of it."""
    mailing_id = connection.scalar(
        select(mailings.c.id)
        .join(rounds, rounds.c.id == mailings.c.round_id)
        .where(
            mailings.c.slug == edition.slug,
            mailings.c.list_name == edition.list_name,
            mailings.c.segment == segment,
        )
        .order_by(rounds.c.number.desc())
        .limit(1)
    )
    return None if mailing_id is None else read_mailing(connection, mailing_id)


def _make(
    connection: Connection, edition: Edition, transport: str, segment: str, number: int, now: datetime
) -> Mailing:
    freeze(connection, edition, now)
    find = select(rounds.c.id).where(rounds.c.slug == edition.slug, rounds.c.number == number)
    round_id = connection.scalar(find)
    if round_id is None:
        round_id = connection.execute(
            insert(rounds).returning(rounds.c.id), {"slug": edition.slug, "number": number}
        ).scalar_one()
    mailing_id = connection.execute(
        insert(mailings).returning(mailings.c.id),
        {
            "kind": MailingKind.ISSUE,
            "slug": edition.slug,
            "list_name": edition.list_name,
            "segment": segment,
            "round_id": round_id,
            "edition_digest": edition.digest,
            "transport": transport,
            "created_at": now,
        },
    ).scalar_one()
    return read_mailing(connection, mailing_id)


def _refreshed(connection: Connection, mailing: Mailing, edition: Edition, transport: str, now: datetime) -> Mailing:
    """Update the edition and the transport of a mailing of which nothing has left yet."""
    if has_begun(connection, mailing):
        return mailing
    freeze(connection, edition, now)
    connection.execute(
        update(mailings).where(mailings.c.id == mailing.id).values(edition_digest=edition.digest, transport=transport)
    )
    return read_mailing(connection, mailing.id)


def _is_unfinished(connection: Connection, mailing: Mailing, edition: Edition) -> bool:
    """Return whether `again` only resumes the mailing: this text is still being sent, or has not begun to be."""
    is_same = mailing.edition_digest == edition.digest or not has_begun(connection, mailing)
    return is_same and count_mailing(connection, mailing.id).planned > 0


def _scheduled(connection: Connection, plan: Plan, schedule: Schedule, now: datetime) -> Mailing:
    """Record when a mailing may leave."""
    mailing = plan.mailing
    if not has_begun(connection, mailing):
        at = schedule.send_at or mailing.send_at or schedule.default_send_at
    elif schedule.send_at is not None and schedule.send_at > now:
        raise UsageError(f"'{mailing.slug}' is being sent already, so it cannot be scheduled. Leave out --at")
    else:
        at = mailing.send_at
    connection.execute(
        update(mailings).where(mailings.c.id == mailing.id).values(send_at=at, send_before=schedule.send_before)
    )
    return read_mailing(connection, mailing.id)
