"""Following: what was counted is written down; whose link it was, only of those who agree at that moment."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, delete, select

from newsletter.audience import with_click_consent
from newsletter.database import Database
from newsletter.delivery import find_addressees, find_click_links
from newsletter.feedback.clicks.counter import AttributedClick, Clicks, CountedClicks
from newsletter.feedback.store.events import insert_into
from newsletter.feedback.tables import clicks, personal_clicks


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalClick:
    """That one person followed a link of a letter, once a day; kept only of those who agreed."""

    slug: str
    url: str
    day: date


def save_clicks(database: Database, counted: CountedClicks) -> None:
    """Add to what is counted, and record whose it was where they agree: all of it or nothing."""
    if not counted.clicks and not counted.follows:
        return
    owners = _owners(database, counted.follows)
    with database.write() as connection:
        if counted.clicks:
            _add(connection, counted.clicks)
        welcome = with_click_consent(connection, {owner for owner, _ in owners})
        rows = [
            {"subscriber_id": owner[0], "link": follow.link, "day": follow.day}
            for owner, follow in owners
            if owner in welcome
        ]
        if rows:
            connection.execute(insert_into(connection, personal_clicks).on_conflict_do_nothing(), rows)


def list_personal_clicks(database: Database, subscriber_id: int) -> tuple[PersonalClick, ...]:
    """Return what was recorded of one person, in order of time."""
    asked = (
        select(personal_clicks.c.link, personal_clicks.c.day)
        .where(personal_clicks.c.subscriber_id == subscriber_id)
        .order_by(personal_clicks.c.day, personal_clicks.c.link)
    )
    with database.read() as connection:
        rows = connection.execute(asked).all()
    links = find_click_links(database, {row.link for row in rows})
    return tuple(
        PersonalClick(slug=links[row.link].slug, url=links[row.link].url, day=row.day)
        for row in rows
        if row.link in links
    )


def delete_personal_clicks(connection: Connection, subscriber_id: int) -> int:
    """Delete what was recorded of one person, within the caller's transaction; returns how much that was."""
    asked = delete(personal_clicks).where(personal_clicks.c.subscriber_id == subscriber_id)
    return connection.execute(asked).rowcount


def _owners(database: Database, follows: Collection[AttributedClick]) -> list[tuple[tuple[int, str], AttributedClick]]:
    """Return whose links these are, and by which list; a token on another mailing's link is nobody's."""
    if not follows:
        return []
    addressees = find_addressees(database, {follow.delivery_id for follow in follows})
    links = find_click_links(database, {follow.link for follow in follows})
    found: list[tuple[tuple[int, str], AttributedClick]] = []
    for follow in sorted(follows):
        addressee, link = addressees.get(follow.delivery_id), links.get(follow.link)
        if addressee is None or addressee.subscriber_id is None or link is None:
            continue
        if addressee.mailing_id == link.mailing_id:
            found.append(((addressee.subscriber_id, addressee.list_name), follow))
    return found


def _add(connection: Connection, counted: Clicks) -> None:
    rows = [{"link": link, "day": day, "number": number} for (link, day), number in counted.items()]
    given = insert_into(connection, clicks)
    more = given.on_conflict_do_update(
        index_elements=["link", "day"], set_={"number": clicks.c.number + given.excluded.number}
    )
    connection.execute(more, rows)
