"""Delivery queue: standard names for the shared rate, the transaction count and the reason of a skipped delivery."""

from alembic import op

revision = "0017"
down_revision = "0016"

_OLD_REASON = "it may have been taken; the author chose not to send it again"
_REASON = "it may have been accepted; the author chose not to send it again"


def upgrade() -> None:
    """Rename the table and the column, and rewrite the reason."""
    op.rename_table("paces", "shared_rates")
    op.execute("ALTER TABLE mailings RENAME COLUMN turns TO transactions")
    op.execute(f"UPDATE deliveries SET reason = '{_REASON}' WHERE status = 'failed' AND reason = '{_OLD_REASON}'")
