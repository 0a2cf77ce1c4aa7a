"""Tables of feedback: raw events, facts about deliveries, resolved deliveries, circuit breaker trips, clicks."""

from sqlalchemy import JSON, Column, Date, Index, Integer, LargeBinary, MetaData, Table, Text, text

from newsletter.database import BIG_ID, UtcDateTime

metadata = MetaData()

events = Table(
    "events",
    metadata,
    Column("id", BIG_ID, primary_key=True),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("source", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("kind", Text, nullable=False, server_default=""),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", BIG_ID, nullable=False, server_default="0"),
    Column("delivery_id", BIG_ID),
    Index("events_by_state", "state", "id"),
    Index(
        "events_by_delivery",
        "delivery_id",
        postgresql_where=text("delivery_id is not null"),
        sqlite_where=text("delivery_id is not null"),
    ),
    Index("events_due", "due_at", postgresql_where=text("due_at > 0"), sqlite_where=text("due_at > 0")),
    sqlite_autoincrement=True,
)
"""Raw events, compressed, one row each. `digest` is of the event without its envelopes, so that it is one row however
often and by whatever way it comes. `due_at`, in seconds since the epoch, is when an event that matched no delivery is
tried again.
"""

facts = Table(
    "facts",
    metadata,
    Column("delivery_id", BIG_ID, primary_key=True, autoincrement=False),
    Column("act", Text, primary_key=True),
    Column("at", UtcDateTime, primary_key=True),
    Column("code", Text, primary_key=True),
    Column("mailing_id", Integer, nullable=False),
    Column("subscriber_id", BIG_ID),
    Column("reason", Text, nullable=False),
    Column("domain", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("facts_by_mailing", "mailing_id", "act"),
    Index(
        "facts_of_bounces",
        "subscriber_id",
        postgresql_where=text("act = 'bounced'"),
        sqlite_where=text("act = 'bounced'"),
    ),
    sqlite_with_rowid=False,
)
"""Dated facts about deliveries; `act` is the kind. A set: the same fact is one row, however often it is reported."""

settlements = Table(
    "settlements",
    metadata,
    Column("delivery_id", BIG_ID, primary_key=True, autoincrement=False),
    Column("mailing_id", Integer, nullable=False),
    Column("was", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("settlements_by_mailing", "mailing_id"),
)
"""Deliveries that an event resolved; `was` is the status before, `by` what identified the delivery."""

trips = Table(
    "trips",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("mailing_id", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("why", Text, nullable=False),
    Column("sent", Integer, nullable=False),
    Column("bounced", Integer, nullable=False),
    Column("complained", Integer, nullable=False),
    Column("causes", JSON, nullable=False),
    Column("resumed_at", UtcDateTime),
    Index("trips_by_mailing", "mailing_id", "id"),
)
"""Circuit breaker trips: mailings that paused themselves, at which counts, and when the author resumed them."""

clicks = Table(
    "clicks",
    metadata,
    Column("link", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("number", Integer, nullable=False),
    sqlite_with_rowid=False,
)
"""How often a link was followed on a day (UTC); nothing here says by whom."""

personal_clicks = Table(
    "personal_clicks",
    metadata,
    Column("subscriber_id", BIG_ID, primary_key=True, autoincrement=False),
    Column("link", Text, primary_key=True),
    Column("day", Date, primary_key=True),
    Index("personal_clicks_by_link", "link"),
    sqlite_with_rowid=False,
)
"""Which links a subscriber followed who consents to click tracking; deleted when they withdraw consent."""
