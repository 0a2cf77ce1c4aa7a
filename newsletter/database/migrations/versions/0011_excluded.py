"""Who is excluded from a mailing, by reason, without reading everybody else."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the index."""
    is_excluded = sa.text("status = 'excluded'")
    op.create_index(
        "deliveries_excluded",
        "deliveries",
        ["mailing_id", "reason"],
        postgresql_where=is_excluded,
        sqlite_where=is_excluded,
    )
