"""Mailings that are paused, cancelled, scheduled, or too late; and how many turns each has taken."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("mailings", sa.Column("state", sa.Text, nullable=False, server_default="open"))
    op.add_column("mailings", sa.Column("send_at", sa.DateTime(timezone=True)))
    op.add_column("mailings", sa.Column("send_before", sa.DateTime(timezone=True)))
    op.add_column("mailings", sa.Column("turns", sa.Integer, nullable=False, server_default="0"))
