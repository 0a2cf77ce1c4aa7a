"""Replies: what readers sent back, and what was decided of it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table of replies."""
    op.create_table(
        "replies",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("id", sa.Text, nullable=False, unique=True),
        sa.Column("raw_hash", sa.Text, nullable=False, unique=True),
        sa.Column("sameness", sa.Text, unique=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("slug", sa.Text),
        sa.Column("delivery_id", sa.Integer),
        sa.Column("matched_by", sa.Text, nullable=False),
        sa.Column("subscriber_id", sa.Integer),
        sa.Column("from_address", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("is_from_subscriber", sa.Boolean, nullable=False),
        sa.Column("is_verified", sa.Boolean, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("extractor", sa.Integer, nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True)),
        sa.Column("decided_by", sa.Text, nullable=False, server_default=""),
        sa.Column("decided_why", sa.Text, nullable=False, server_default=""),
    )
    op.create_index("replies_by_state", "replies", ["state", "received_at"])
    op.create_index("replies_by_slug", "replies", ["slug"])
    op.create_index("replies_by_subscriber", "replies", ["subscriber_id"])
