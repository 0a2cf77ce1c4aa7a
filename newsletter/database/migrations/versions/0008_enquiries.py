"""Enquiries: what was asked at the web door; and pauses of people who want no letters for a while."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table and add the column."""
    op.create_table(
        "enquiries",
        sa.Column("id", _BIG, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("address_key", sa.Text, nullable=False),
        sa.Column("lists", sa.JSON, nullable=False),
        sa.Column("language", sa.Text, nullable=False, server_default=""),
        sa.Column("evidence", sa.Text, nullable=False, server_default=""),
        sa.Column("is_slow", sa.Boolean, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("weighed_at", sa.DateTime(timezone=True)),
        sqlite_autoincrement=True,
    )
    op.create_index("enquiries_by_state", "enquiries", ["state", "is_slow", "id"])
    op.create_index("enquiries_by_address", "enquiries", ["address_key", "created_at"])
    op.create_index("enquiries_by_weighing", "enquiries", ["weighed_at"])
    op.add_column("subscribers", sa.Column("paused_until", sa.DateTime(timezone=True)))
    is_paused = sa.text("paused_until IS NOT NULL")
    op.create_index(
        "subscribers_paused", "subscribers", ["paused_until"], sqlite_where=is_paused, postgresql_where=is_paused
    )
