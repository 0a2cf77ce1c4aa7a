"""Who of a list's candidates a mailing has: recipients, and those excluded with the reason why."""

from sqlalchemy import Connection, Select, Text, Update, case, exists, false, literal, null, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.audience import candidates
from newsletter.delivery.mailing import DeliveryStatus, Exclusion, Mailing
from newsletter.delivery.tables import deliveries, mailings, rounds


def fill_mailing(connection: Connection, mailing: Mailing, *, is_repeat: bool) -> None:
    """Add whoever is not in the mailing yet, and plan whoever was excluded for a reason that is gone.

    Whoever has the issue from another mailing is excluded; for a repeat, only from one of the same round.
    """
    chosen = _chosen(mailing, _rounds_that_count(connection, mailing, is_repeat=is_repeat))
    connection.execute(_welcome_back(mailing, chosen))  # first, while there are the fewest to look through
    is_sqlite = connection.dialect.name == "sqlite"
    statement = sqlite.insert(deliveries) if is_sqlite else postgresql.insert(deliveries)
    columns = ("mailing_id", "subscriber_id", "round_id", "status", "reason")
    connection.execute(
        statement.from_select(columns, _rows(connection, mailing, chosen)).on_conflict_do_nothing(
            index_elements=["mailing_id", "subscriber_id"]
        )
    )


def _welcome_back(mailing: Mailing, chosen: Select[tuple[int, str | None]]) -> Update:
    """Plan whoever was excluded and is not any more: asked of each one excluded, who are few."""
    people = chosen.subquery("chosen")
    is_welcome = exists().where(people.c.subscriber_id == deliveries.c.subscriber_id, people.c.reason.is_(None))
    return (
        update(deliveries)
        .where(
            deliveries.c.mailing_id == mailing.id,
            deliveries.c.status == DeliveryStatus.EXCLUDED,
            deliveries.c.reason != Exclusion.CANCELLED,
            is_welcome,
        )
        .values(status=DeliveryStatus.PLANNED, reason=null(), round_id=mailing.round_id)
    )


def _rounds_that_count(connection: Connection, mailing: Mailing, *, is_repeat: bool) -> list[int]:
    """Return the rounds in which having the issue from another mailing means having it already.

    Their rows are locked, so that two sends to two lists cannot both plan the same person.
    """
    every = select(rounds.c.id).where(rounds.c.slug == mailing.slug).order_by(rounds.c.id).with_for_update()
    counted = [found for found in connection.scalars(every) if not is_repeat or found == mailing.round_id]
    others = select(mailings.c.round_id).where(mailings.c.slug == mailing.slug, mailings.c.id != mailing.id)
    with_others = set(connection.scalars(others))
    return [found for found in counted if found in with_others]


def _chosen(mailing: Mailing, counted: list[int]) -> Select[tuple[int, str | None]]:
    """Ask for every candidate and the reason, if there is one, why they get no letter."""
    people = candidates(mailing.list_name).subquery("people")
    elsewhere = deliveries.alias("elsewhere")
    is_theirs = (elsewhere.c.subscriber_id == people.c.subscriber_id, elsewhere.c.mailing_id != mailing.id)
    has_it = exists().where(elsewhere.c.round_id.in_(counted), *is_theirs) if counted else false()
    reason = case(
        (people.c.exclusion.is_not(None), people.c.exclusion),
        (has_it, literal(Exclusion.ALREADY_SENT.value, Text)),
        else_=null(),
    )
    return select(people.c.subscriber_id, reason.label("reason"))


def _rows(
    connection: Connection, mailing: Mailing, chosen: Select[tuple[int, str | None]]
) -> Select[tuple[object, ...]]:
    """Ask for the rows of those who have none yet: left to a conflict, each repetition would use up numbers."""
    row = chosen.subquery("chosen")
    present = deliveries.alias("present")
    is_recipient = row.c.reason.is_(None)
    rows = select(
        literal(mailing.id),
        row.c.subscriber_id,
        case((is_recipient, literal(mailing.round_id)), else_=null()),
        case((is_recipient, DeliveryStatus.PLANNED.value), else_=DeliveryStatus.EXCLUDED.value),
        row.c.reason,
    )
    is_of_mailing = present.c.mailing_id == mailing.id
    if not connection.scalar(select(exists().where(is_of_mailing))):
        return rows.where(true())  # without any condition SQLite takes ON CONFLICT for one of a join
    return rows.where(~exists().where(is_of_mailing, present.c.subscriber_id == row.c.subscriber_id))
