"""Recipients: which of a list's candidates get a mailing, and why the others are excluded."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    Connection,
    ScalarSelect,
    Select,
    Subquery,
    Text,
    Update,
    case,
    exists,
    false,
    insert,
    literal,
    not_,
    null,
    select,
    update,
)

from newsletter.audience import expire_pauses
from newsletter.audience.segments import SegmentContext, segmented_candidates
from newsletter.compose import Edition
from newsletter.database import insert_into
from newsletter.delivery.models import DeliveryStatus, Exclusion, Mailing
from newsletter.delivery.tables import deliveries, mailings, rounds

_BEGUN = (
    DeliveryStatus.CLAIMED,
    DeliveryStatus.SUBMITTED,
    DeliveryStatus.FAILED,
    DeliveryStatus.UNCERTAIN,
)
_Chosen = Select[tuple[int, str | None, int]]


def fill_mailing(
    connection: Connection, mailing: Mailing, edition: Edition, *, is_repeat: bool, is_new: bool, now: datetime
) -> None:
    """Add candidates who are not in the mailing yet, and plan those whose reason for exclusion no longer holds.

    People who have the issue from another mailing are excluded; for a repeat, only from one of the same round. Each
    reader's variant of the edition is decided here, and is fixed once anything has been sent.
    """
    chosen = _chosen(mailing, edition.segments, _rounds_that_count(connection, mailing, is_repeat=is_repeat), now)
    expire_pauses(connection, now)
    if not is_new:  # first, while there are the fewest rows
        connection.execute(_plan_excluded(mailing, edition, chosen))
        if not has_begun(connection, mailing):
            connection.execute(_decide_variants(mailing, edition, chosen))
    columns = ("mailing_id", "subscriber_id", "round_id", "status", "reason", "variant")
    rows = _rows(mailing, chosen, is_new=is_new)
    if is_new:  # nobody has a row; not looking for one saves a tenth of the time
        connection.execute(insert(deliveries).from_select(columns, rows))
        return
    connection.execute(
        insert_into(connection, deliveries)
        .from_select(columns, rows)
        .on_conflict_do_nothing(index_elements=["mailing_id", "subscriber_id"])
    )


def has_begun(connection: Connection, mailing: Mailing) -> bool:
    """Return whether anything of a mailing has left, or may have."""
    return bool(
        connection.scalar(
            select(exists().where(deliveries.c.mailing_id == mailing.id, deliveries.c.status.in_(_BEGUN)))
        )
    )


def _plan_excluded(mailing: Mailing, edition: Edition, chosen: _Chosen) -> Update:
    """Plan those who were excluded and no longer are; it looks at the excluded ones only, who are few."""
    people = chosen.subquery("chosen")
    is_recipient_now = exists().where(people.c.subscriber_id == deliveries.c.subscriber_id, people.c.reason.is_(None))
    return (
        update(deliveries)
        .where(
            deliveries.c.mailing_id == mailing.id,
            deliveries.c.status == DeliveryStatus.EXCLUDED,
            deliveries.c.reason != Exclusion.CANCELLED,
            is_recipient_now,
        )
        .values(
            status=DeliveryStatus.PLANNED,
            reason=null(),
            round_id=mailing.round_id,
            variant=_variant_of(people) if edition.segments else 0,
        )
    )


def _decide_variants(mailing: Mailing, edition: Edition, chosen: _Chosen) -> Update:
    """Decide again which variant everybody who is planned gets."""
    planned = update(deliveries).where(
        deliveries.c.mailing_id == mailing.id, deliveries.c.status == DeliveryStatus.PLANNED
    )
    if not edition.segments:
        return planned.where(deliveries.c.variant != 0).values(variant=0)
    people = chosen.subquery("chosen")
    is_candidate = deliveries.c.subscriber_id.in_(select(people.c.subscriber_id))
    return planned.where(is_candidate).values(variant=_variant_of(people))


def _rounds_that_count(connection: Connection, mailing: Mailing, *, is_repeat: bool) -> list[int]:
    """Return the rounds in which another mailing of the issue counts as having sent it.

    Their rows are locked, so that two sends to two lists cannot both plan the same person.
    """
    every = select(rounds.c.id).where(rounds.c.slug == mailing.slug).order_by(rounds.c.id).with_for_update()
    counted = [it for it in connection.scalars(every) if not is_repeat or it == mailing.round_id]
    others = select(mailings.c.round_id).where(mailings.c.slug == mailing.slug, mailings.c.id != mailing.id)
    with_others = set(connection.scalars(others))
    return [it for it in counted if it in with_others]


def _chosen(mailing: Mailing, segments: Sequence[str], counted: list[int], now: datetime) -> _Chosen:
    """Return the query for every candidate: the reason for exclusion, if any, and the variant they would get."""
    expressions = [*segments, *([mailing.segment] if mailing.segment else [])]
    context = SegmentContext(list_name=mailing.list_name, now=now, slug=mailing.slug)
    people = segmented_candidates(expressions, context).subquery("people")
    is_member = [people.c[f"inside_{place}"] for place in range(len(expressions))]
    variant = sum(
        (case((member, 1 << place), else_=0) for place, member in enumerate(is_member[: len(segments)])), literal(0)
    )
    elsewhere = deliveries.alias("elsewhere")
    is_theirs = (elsewhere.c.subscriber_id == people.c.subscriber_id, elsewhere.c.mailing_id != mailing.id)
    has_it = exists().where(elsewhere.c.round_id.in_(counted), *is_theirs) if counted else false()
    outside = [(not_(is_member[-1]), literal(Exclusion.OUTSIDE.value, Text))] if mailing.segment else []
    reason = case(
        (people.c.exclusion.is_not(None), people.c.exclusion),
        *outside,
        (has_it, literal(Exclusion.ALREADY_SENT.value, Text)),
        else_=null(),
    )
    return select(people.c.subscriber_id, reason.label("reason"), variant.label("variant"))


def _variant_of(chosen: Subquery) -> ScalarSelect[int]:
    """Return the variant of a delivery's subscriber."""
    return select(chosen.c.variant).where(chosen.c.subscriber_id == deliveries.c.subscriber_id).scalar_subquery()


def _rows(mailing: Mailing, chosen: _Chosen, *, is_new: bool) -> Select[tuple[object, ...]]:
    """Return the rows of those who have none yet: ON CONFLICT alone would use up ids at each repetition."""
    row = chosen.subquery("chosen")
    present = deliveries.alias("present")
    is_recipient = row.c.reason.is_(None)
    rows = select(
        literal(mailing.id),
        row.c.subscriber_id,
        case((is_recipient, literal(mailing.round_id)), else_=null()),
        case((is_recipient, DeliveryStatus.PLANNED.value), else_=DeliveryStatus.EXCLUDED.value),
        row.c.reason,
        case((is_recipient, row.c.variant), else_=0),
    )
    if is_new:
        return rows
    is_there = exists().where(present.c.mailing_id == mailing.id, present.c.subscriber_id == row.c.subscriber_id)
    return rows.where(~is_there)
