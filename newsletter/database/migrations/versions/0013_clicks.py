"""Counted links, where they lead, and how often each was followed, by day."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "counted_links",
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("mailing_id", sa.Integer, sa.ForeignKey("mailings.id"), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
    )
    op.create_index("counted_links_by_mailing", "counted_links", ["mailing_id"])
    op.create_table(
        "clicks",
        sa.Column("link", sa.Text, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("number", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
