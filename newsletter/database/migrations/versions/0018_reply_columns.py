"""Columns and values of replies and decisions get standard names."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

_COLUMNS = (
    ("replies", "sameness", "duplicate_key"),
    ("replies", "proof", "auth_result"),
    ("replies", "proof_why", "auth_reason"),
    ("replies", "decided_why", "decided_reason"),
    ("decisions", "door", "channel"),
    ("decisions", "why", "reason"),
)
_VALUES = (("replies", "order", "command"), ("decisions", "hear", "notify"), ("decisions", "quiet", "mute"))
"""Values of the column `state`."""


def upgrade() -> None:
    """Rename the columns, and the values in their rows."""
    for table, old, new in _COLUMNS:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    for table, old, new in _VALUES:
        rows = sa.table(table, sa.column("state", sa.Text))
        op.execute(sa.update(rows).where(rows.c.state == old).values(state=new))
