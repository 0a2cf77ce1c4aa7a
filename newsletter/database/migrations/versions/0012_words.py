"""Which words of a form an enquiry came by, until they go into the consents; and who chose their first name."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the columns."""
    op.add_column("subscribers", sa.Column("named_at", sa.DateTime(timezone=True)))
    op.add_column("enquiries", sa.Column("words", sa.Text, nullable=False, server_default=""))
