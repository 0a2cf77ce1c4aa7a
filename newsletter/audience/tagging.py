"""Tagging: words that the author puts on people, to ask for them in segments."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete

from newsletter.audience.tables import insert_missing, tags
from newsletter.audience.text_cleaning import cleaned_tag
from newsletter.database import Database


def change_tags(
    database: Database, subscriber_id: int, *, added: Iterable[str] = (), removed: Iterable[str] = ()
) -> None:
    """Add tags to a person and take others away."""
    gone = [cleaned_tag(name) for name in removed]
    with database.write() as connection:
        connection.execute(delete(tags).where(tags.c.subscriber_id == subscriber_id, tags.c.tag.in_(gone)))
        add_tags(connection, subscriber_id, added)


def add_tags(connection: Connection, subscriber_id: int, names: Iterable[str]) -> None:
    """Add tags to a person within the caller's transaction; those they have stay."""
    rows = [{"subscriber_id": subscriber_id, "tag": tag} for tag in dict.fromkeys(map(cleaned_tag, names)) if tag]
    if rows:
        connection.execute(insert_missing(connection, tags), rows)


def forget_tags(connection: Connection, subscriber_id: int | None) -> None:
    """Take all tags from a person within the caller's transaction."""
    connection.execute(delete(tags).where(tags.c.subscriber_id == subscriber_id))
