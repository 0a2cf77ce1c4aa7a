"""Counts: how many deliveries are in each state, counted in the database."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, case, func, literal_column, select

from newsletter.compose import Edition
from newsletter.database import Database
from newsletter.delivery.editions import mailing_of, select_mailings
from newsletter.delivery.models import Counts, DeliveryStatus, Exclusion, Mailing, MailingKind
from newsletter.delivery.tables import deliveries, mailings


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueStatus:
    """The counts of an issue: all of its mailings together, and each of them."""

    slug: str
    totals: Counts
    mailings: tuple[tuple[Mailing, Counts], ...]
    """Oldest first; tests are not among them."""
    tests: int
    """How many test messages were accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantCount:
    """How many recipients get one variant of an edition."""

    variant: int
    inside: tuple[str, ...]
    """The segments that they are in; they are in no other of the edition's segments."""
    recipients: int


def count_mailing(connection: Connection, mailing_id: int) -> Counts:
    """Count one mailing's deliveries."""
    reason = case((deliveries.c.status == DeliveryStatus.EXCLUDED, deliveries.c.reason), else_="")
    rows = connection.execute(
        select(deliveries.c.status, reason, func.count())
        .where(deliveries.c.mailing_id == mailing_id)
        .group_by(deliveries.c.status, reason)
    )
    return _counts((status, reason, number) for status, reason, number in rows)


def count_planned(connection: Connection, mailing_id: int) -> Counts:
    """Count a mailing of which nothing has left, by indexes alone: everybody is planned or excluded."""
    status, is_ours = deliveries.c.status, deliveries.c.mailing_id == mailing_id
    planned = select(func.count()).where(is_ours, status == literal_column("'planned'"))
    excluded = (
        select(deliveries.c.reason, func.count())
        .where(is_ours, status == literal_column("'excluded'"))
        .group_by(deliveries.c.reason)
    )
    reasons = {Exclusion(reason or ""): number for reason, number in connection.execute(excluded)}
    return Counts(
        planned=connection.execute(planned).scalar_one(), submitted=0, failed=0, uncertain=0, excluded=reasons
    )


def count_variants(connection: Connection, mailing_id: int, edition: Edition) -> tuple[VariantCount, ...]:
    """Count the recipients of each variant, including variants without any."""
    rows = connection.execute(
        select(deliveries.c.variant, func.count())
        .where(deliveries.c.mailing_id == mailing_id, deliveries.c.status != DeliveryStatus.EXCLUDED)
        .group_by(deliveries.c.variant)
    )
    numbers = {row[0]: row[1] for row in rows}
    variants = [(0, ()), *((variant.number, variant.inside) for variant in edition.variants)]
    return tuple(
        VariantCount(variant=variant, inside=inside, recipients=numbers.get(variant, 0)) for variant, inside in variants
    )


def mailing_counts(database: Database, mailing_id: int) -> Counts:
    """Count one mailing's deliveries, as they are now."""
    with database.read() as connection:
        return count_mailing(connection, mailing_id)


def issue_status(database: Database, slug: str) -> IssueStatus:
    """Return the counts of an issue; all are zero before its first mailing."""
    with database.read() as connection:
        rows = connection.execute(select_mailings().where(mailings.c.slug == slug).order_by(mailings.c.id))
        counted = [(mailing, count_mailing(connection, mailing.id)) for mailing in map(mailing_of, rows.all())]
    sent = tuple((mailing, counts) for mailing, counts in counted if mailing.kind is MailingKind.ISSUE)
    return IssueStatus(
        slug=slug,
        totals=add_counts(counts for _, counts in sent),
        mailings=sent,
        tests=sum(counts.submitted for mailing, counts in counted if mailing.kind is MailingKind.TEST),
    )


def mailed_slugs(database: Database) -> tuple[str, ...]:
    """Return the slugs of all issues that have a mailing, the newest mailing first."""
    with database.read() as connection:
        return tuple(
            connection.scalars(
                select(mailings.c.slug)
                .where(mailings.c.kind == MailingKind.ISSUE)
                .group_by(mailings.c.slug)
                .order_by(func.max(mailings.c.id).desc())
            )
        )


def add_counts(counts: Iterable[Counts]) -> Counts:
    """Return the sum of counts."""
    every = tuple(counts)
    excluded: Counter[Exclusion] = Counter()
    for addend in every:
        excluded.update(addend.excluded)
    return Counts(
        planned=sum(addend.planned for addend in every),
        submitted=sum(addend.submitted for addend in every),
        failed=sum(addend.failed for addend in every),
        uncertain=sum(addend.uncertain for addend in every),
        excluded=dict(excluded),
    )


def _counts(rows: Iterable[tuple[str, str, int]]) -> Counts:
    by_status: Counter[DeliveryStatus] = Counter()
    excluded: dict[Exclusion, int] = {}
    for status, reason, number in rows:
        if status == DeliveryStatus.EXCLUDED:
            excluded[Exclusion(reason)] = number
        else:
            by_status[DeliveryStatus(status)] += number
    return Counts(
        planned=by_status[DeliveryStatus.PLANNED] + by_status[DeliveryStatus.CLAIMED],
        submitted=by_status[DeliveryStatus.SUBMITTED],
        failed=by_status[DeliveryStatus.FAILED],
        uncertain=by_status[DeliveryStatus.UNCERTAIN],
        excluded=excluded,
    )
