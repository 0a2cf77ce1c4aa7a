"""The roster: the audience's tables, and the one question delivery asks of them.

Whoever is or was on a list is a candidate, each with the reason why they get no letter, if there is one.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    Connection,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Select,
    Table,
    Text,
    UniqueConstraint,
    case,
    null,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite

from newsletter.audience.models import SubscriptionState
from newsletter.database import Database, UtcDateTime

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


def candidates(list_name: str) -> Select[tuple[int, str, str, str, dict[str, str], str | None]]:
    """Ask for everybody who is or was on a list.

    Columns: subscriber_id, address, first_name, last_name, fields, exclusion. The exclusion is NULL
    for whoever may be written to, else "suppressed", "unsubscribed", "pending" or "paused", the gravest first.
    """
    exclusion = case(
        (suppressions.c.address_hash.is_not(None), "suppressed"),
        (subscriptions.c.state == SubscriptionState.ENDED, "unsubscribed"),
        (subscriptions.c.state != SubscriptionState.CONFIRMED, "pending"),
        (subscribers.c.paused_until.is_not(None), "paused"),
        else_=null(),
    )
    return (
        select(
            subscribers.c.id.label("subscriber_id"),
            subscribers.c.address,
            subscribers.c.first_name,
            subscribers.c.last_name,
            subscribers.c.fields,
            exclusion.label("exclusion"),
        )
        .join_from(lists, subscriptions, subscriptions.c.list_id == lists.c.id)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .outerjoin(suppressions, suppressions.c.address_hash == subscribers.c.address_hash)
        .where(lists.c.name == list_name)
    )


def candidates_with_click_consent(list_name: str) -> Select[Any]:
    """Ask the same with one column more, `agrees`: whether it may be recorded which links they follow."""
    return candidates(list_name).add_columns(subscribers.c.clicks_agreed_at.is_not(None).label("agrees"))


def ensure_lists(database: Database, names: Iterable[str]) -> None:
    """Make the lists of these names that are not there yet."""
    wanted = set(names)
    with database.read() as connection:
        missing = wanted - set(connection.scalars(select(lists.c.name)))
    if missing:
        with database.write() as connection:
            connection.execute(insert_missing(connection, lists), [{"name": name} for name in sorted(missing)])


def insert_missing(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that passes over rows which are already there."""
    return insert_into(connection, table).on_conflict_do_nothing()


def insert_into(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    """Return an INSERT that can say what happens to rows which are already there."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
