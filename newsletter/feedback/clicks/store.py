"""Stores counted clicks, and personal clicks of those who consent at that moment; lists and deletes personal ones."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, delete, select

from newsletter.audience import with_click_consent
from newsletter.database import Database, insert_into
from newsletter.delivery import find_addressees
from newsletter.delivery.message import find_click_links
from newsletter.feedback.clicks.counter import AttributedClick, Clicks, CountedClicks
from newsletter.feedback.tables import clicks, personal_clicks


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalClick:
    """A person followed a link on a day; stored only with their consent."""

    slug: str
    url: str
    day: date


def save_clicks(database: Database, counted: CountedClicks) -> None:
    """Add to the counts, and store personal clicks of those who consent: all of it or nothing."""
    if not counted.clicks and not counted.attributed:
        return
    by_reader = _attribute(database, counted.attributed)
    with database.write() as connection:
        if counted.clicks:
            _add_counts(connection, counted.clicks)
        consenting = with_click_consent(connection, {reader for reader, _ in by_reader})
        rows = [
            {"subscriber_id": reader[0], "link": click.link, "day": click.day}
            for reader, click in by_reader
            if reader in consenting
        ]
        if rows:
            connection.execute(insert_into(connection, personal_clicks).on_conflict_do_nothing(), rows)


def list_personal_clicks(database: Database, subscriber_id: int) -> tuple[PersonalClick, ...]:
    """Return the stored clicks of one person, in order of time."""
    query = (
        select(personal_clicks.c.link, personal_clicks.c.day)
        .where(personal_clicks.c.subscriber_id == subscriber_id)
        .order_by(personal_clicks.c.day, personal_clicks.c.link)
    )
    with database.read() as connection:
        rows = connection.execute(query).all()
    links = find_click_links(database, {row.link for row in rows})
    return tuple(
        PersonalClick(slug=links[row.link].slug, url=links[row.link].url, day=row.day)
        for row in rows
        if row.link in links
    )


def delete_personal_clicks(connection: Connection, subscriber_id: int) -> int:
    """Delete the stored clicks of one person, within the caller's transaction; return how many there were."""
    is_theirs = personal_clicks.c.subscriber_id == subscriber_id
    return connection.execute(delete(personal_clicks).where(is_theirs)).rowcount


def _attribute(
    database: Database, attributed: Collection[AttributedClick]
) -> list[tuple[tuple[int, str], AttributedClick]]:
    """Return each click with its reader, as subscriber and list; a token on another mailing's link is nobody's."""
    if not attributed:
        return []
    addressees = find_addressees(database, {click.delivery_id for click in attributed})
    links = find_click_links(database, {click.link for click in attributed})
    by_reader: list[tuple[tuple[int, str], AttributedClick]] = []
    for click in sorted(attributed):
        addressee, link = addressees.get(click.delivery_id), links.get(click.link)
        if addressee is None or addressee.subscriber_id is None or link is None:
            continue
        if addressee.mailing_id == link.mailing_id:
            by_reader.append(((addressee.subscriber_id, addressee.list_name), click))
    return by_reader


def _add_counts(connection: Connection, counted: Clicks) -> None:
    rows = [{"link": link, "day": day, "number": number} for (link, day), number in counted.items()]
    insert = insert_into(connection, clicks)
    upsert = insert.on_conflict_do_update(
        index_elements=["link", "day"], set_={"number": clicks.c.number + insert.excluded.number}
    )
    connection.execute(upsert, rows)
