"""Feedback: events as they came, facts about deliveries, what they settled, mailings that paused themselves.

`activity` is made anew, so that audience sees the facts; `feedback` is for whoever counts them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_ACTIVITY = """
CREATE VIEW activity AS
SELECT deliveries.subscriber_id, mailings.slug, 'got' AS act
FROM mailings JOIN deliveries ON deliveries.mailing_id = mailings.id
WHERE mailings.kind = 'issue' AND deliveries.status = 'submitted' AND deliveries.subscriber_id IS NOT NULL
UNION ALL
SELECT replies.subscriber_id, replies.slug, 'answered' AS act
FROM replies
WHERE replies.verdict = 'human' AND replies.subscriber_id IS NOT NULL AND replies.slug IS NOT NULL
UNION ALL
SELECT facts.subscriber_id, mailings.slug, facts.act
FROM facts JOIN mailings ON mailings.id = facts.mailing_id
WHERE mailings.kind = 'issue' AND facts.subscriber_id IS NOT NULL
"""
_FEEDBACK = """
CREATE VIEW feedback AS
SELECT mailings.slug, mailings.kind, facts.mailing_id, facts.act, facts.reason, facts.domain,
    count(DISTINCT facts.delivery_id) AS deliveries, min(facts.at) AS first_at, max(facts.at) AS last_at
FROM facts JOIN mailings ON mailings.id = facts.mailing_id
GROUP BY mailings.slug, mailings.kind, facts.mailing_id, facts.act, facts.reason, facts.domain
"""


def upgrade() -> None:
    """Make the tables and the views."""
    op.create_table(
        "events",
        sa.Column("id", _BIG, primary_key=True),
        sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text, nullable=False, server_default=""),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("due_at", _BIG, nullable=False, server_default="0"),
        sa.Column("delivery_id", _BIG),
        sqlite_autoincrement=True,
    )
    op.create_index("events_by_state", "events", ["state", "id"])
    is_known = sa.text("delivery_id is not null")
    op.create_index("events_by_delivery", "events", ["delivery_id"], postgresql_where=is_known, sqlite_where=is_known)
    is_due = sa.text("due_at > 0")
    op.create_index("events_due", "events", ["due_at"], postgresql_where=is_due, sqlite_where=is_due)
    op.create_table(
        "facts",
        sa.Column("delivery_id", _BIG, primary_key=True, autoincrement=False),
        sa.Column("act", sa.Text, primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), primary_key=True),
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("mailing_id", sa.Integer, nullable=False),
        sa.Column("subscriber_id", _BIG),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("domain", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("facts_by_mailing", "facts", ["mailing_id", "act"])
    is_bounce = sa.text("act = 'bounced'")
    op.create_index("facts_of_bounces", "facts", ["subscriber_id"], postgresql_where=is_bounce, sqlite_where=is_bounce)
    op.create_table(
        "settlements",
        sa.Column("delivery_id", _BIG, primary_key=True, autoincrement=False),
        sa.Column("mailing_id", sa.Integer, nullable=False),
        sa.Column("was", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("settlements_by_mailing", "settlements", ["mailing_id"])
    op.create_table(
        "trips",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("mailing_id", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("sent", sa.Integer, nullable=False),
        sa.Column("bounced", sa.Integer, nullable=False),
        sa.Column("complained", sa.Integer, nullable=False),
        sa.Column("causes", sa.JSON, nullable=False),
        sa.Column("resumed_at", sa.DateTime(timezone=True)),
    )
    op.create_index("trips_by_mailing", "trips", ["mailing_id", "id"])
    op.execute("DROP VIEW activity")
    op.execute(_ACTIVITY)
    op.execute(_FEEDBACK)
