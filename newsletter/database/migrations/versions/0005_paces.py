"""The rates that several machines keep to together, one row an account."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "paces",
        sa.Column("account", sa.Text, primary_key=True),
        sa.Column("next", sa.Float, nullable=False, server_default="0"),
        sa.Column("share", sa.Float, nullable=False, server_default="1"),
        sa.Column("slowed", sa.Float, nullable=False, server_default="0"),
        sa.Column("recovered", sa.Float, nullable=False, server_default="0"),
    )
