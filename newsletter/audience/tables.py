"""Tables of the audience: lists, subscribers, subscriptions, imports, consents, tags and suppressions.

The table of sign-up requests is in `signup.request`. Migrations name every table themselves and import none of these.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    select,
    text,
)

from newsletter.database import Database, UtcDateTime, insert_into

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

metadata = MetaData()

lists = Table(
    "lists",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
)

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("address", Text, nullable=False),
    Column("address_key", Text, nullable=False, unique=True),
    Column("address_hash", LargeBinary, nullable=False),
    Column("first_name", Text, nullable=False, server_default=""),
    Column("last_name", Text, nullable=False, server_default=""),
    Column("fields", JSON, nullable=False, server_default="{}"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("paused_until", UtcDateTime),
    Column("named_at", UtcDateTime),
    Column("clicks_agreed_at", UtcDateTime),
    Index(
        "subscribers_paused",
        "paused_until",
        sqlite_where=text("paused_until IS NOT NULL"),
        postgresql_where=text("paused_until IS NOT NULL"),
    ),
    sqlite_autoincrement=True,
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("list_id", Integer, ForeignKey("lists.id"), nullable=False),
    Column("subscriber_id", Integer, ForeignKey("subscribers.id"), nullable=False),
    Column("state", Text, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    UniqueConstraint("list_id", "subscriber_id"),
    Index("subscriptions_by_subscriber", "subscriber_id"),
)

imports = Table(
    "imports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("list_id", Integer, ForeignKey("lists.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Index("imports_by_list", "list_id"),
)

consents = Table(
    "consents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subscription_id", Integer, ForeignKey("subscriptions.id"), nullable=False),
    Column("act", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("origin", Text, nullable=False),
    Column("evidence", Text, nullable=False, server_default=""),
    Column("import_id", Integer, ForeignKey("imports.id")),
    Column("consent_text", Text, nullable=False, server_default=""),
    Column("mail", Text, nullable=False, server_default=""),
    Index("consents_by_subscription", "subscription_id"),
)

tags = Table(
    "tags",
    metadata,
    Column("subscriber_id", Integer, ForeignKey("subscribers.id"), primary_key=True),
    Column("tag", Text, primary_key=True),
    Index("tags_by_tag", "tag"),
)

suppressions = Table(
    "suppressions",
    metadata,
    Column("address_hash", LargeBinary, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("origin", Text, nullable=False),
)


def ensure_lists(database: Database, names: Iterable[str]) -> None:
    """Create those of these lists that do not exist yet."""
    wanted = set(names)
    with database.read() as connection:
        missing = wanted - set(connection.scalars(select(lists.c.name)))
    if missing:
        with database.write() as connection:
            connection.execute(insert_missing(connection, lists), [{"name": name} for name in sorted(missing)])


def insert_missing(connection: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    """Return an INSERT that skips rows whose key exists already."""
    return insert_into(connection, table).on_conflict_do_nothing()
