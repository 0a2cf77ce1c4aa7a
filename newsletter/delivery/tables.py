"""Tables of the delivery queue: editions, rounds, mailings and deliveries."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from newsletter.database import UtcDateTime

metadata = MetaData()

_Big = BigInteger().with_variant(Integer, "sqlite")

editions = Table(
    "editions",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("frozen", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

rounds = Table(
    "rounds",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("slug", Text, nullable=False),
    Column("number", Integer, nullable=False),
    UniqueConstraint("slug", "number"),
)

mailings = Table(
    "mailings",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("slug", Text, nullable=False),
    Column("list_name", Text, nullable=False),
    Column("round_id", Integer, ForeignKey("rounds.id")),
    Column("edition_digest", Text, ForeignKey("editions.digest"), nullable=False),
    Column("transport", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("state", Text, nullable=False, server_default="open"),
    Column("send_at", UtcDateTime),
    Column("send_before", UtcDateTime),
    Column("transactions", Integer, nullable=False, server_default="0"),
    Column("segment", Text, nullable=False, server_default=""),
    UniqueConstraint("round_id", "list_name", "segment"),
    Index("mailings_by_slug", "slug"),
)

"""`transactions` counts the sender's transactions for a mailing: it detects an older copy (`queue/high_water_mark.py`).

`segment` is the expression of the segment that the mailing is for; empty for the whole list.
"""

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", _Big, primary_key=True),
    Column("mailing_id", Integer, ForeignKey("mailings.id"), nullable=False),
    Column("subscriber_id", _Big),
    Column("round_id", Integer),
    Column("address", Text),
    Column("status", Text, nullable=False),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", _Big, nullable=False, server_default="0"),
    Column("worker", Text),
    Column("reference", Text),
    Column("changed_at", UtcDateTime),
    Column("variant", Integer, nullable=False, server_default="0"),
    UniqueConstraint("mailing_id", "subscriber_id"),
    UniqueConstraint("round_id", "subscriber_id"),
    Index(
        "deliveries_planned",
        "mailing_id",
        "due_at",
        "id",
        postgresql_where=text("status = 'planned'"),
        sqlite_where=text("status = 'planned'"),
    ),
    Index(
        "deliveries_excluded",
        "mailing_id",
        "reason",
        postgresql_where=text("status = 'excluded'"),
        sqlite_where=text("status = 'excluded'"),
    ),
    Index(
        "deliveries_claimed",
        "id",
        postgresql_where=text("status = 'claimed'"),
        sqlite_where=text("status = 'claimed'"),
    ),
    Index(
        "deliveries_uncertain",
        "mailing_id",
        "id",
        postgresql_where=text("status = 'uncertain'"),
        sqlite_where=text("status = 'uncertain'"),
    ),
    Index(
        "deliveries_by_reference",
        "reference",
        postgresql_where=text("reference is not null"),
        sqlite_where=text("reference is not null"),
    ),
    sqlite_autoincrement=True,
)
"""One row a candidate of a mailing, recipient or excluded.

`round_id` is NULL for excluded deliveries and for tests; else the database keeps it unique with the
subscriber: nobody gets an issue twice in one round, on whatever lists they are. `due_at` is in seconds
since the epoch, 0 for at once. `reason` says why it was excluded, failed or deferred. `variant` is the
variant of the edition that a recipient gets, decided when they are planned.
"""
