"""Sign-up requests: the table `enquiries` and its columns get standard names, and so does the text of a consent."""

from alembic import op

revision = "0015"
down_revision = "0014"

_COLUMNS = (
    ("signup_requests", "is_slow", "is_low_priority"),
    ("signup_requests", "weighed_at", "processed_at"),
    ("signup_requests", "words", "consent_text"),
    ("consents", "words", "consent_text"),
)
_VALUES = (
    ("kind", "join", "signup"),
    ("kind", "own", "my_data"),
    ("state", "weighed", "mailed"),
    ("state", "answered", "already_subscribed"),
)


def upgrade() -> None:
    """Rename the table, its columns, indexes and values."""
    for index in ("enquiries_by_state", "enquiries_by_address", "enquiries_by_weighing"):
        op.drop_index(index, "enquiries")
    op.rename_table("enquiries", "signup_requests")
    for table, old, new in _COLUMNS:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    for column, old, new in _VALUES:
        op.execute(f"UPDATE signup_requests SET {column} = '{new}' WHERE {column} = '{old}'")
    op.create_index("signup_requests_by_state", "signup_requests", ["state", "is_low_priority", "id"])
    op.create_index("signup_requests_by_address", "signup_requests", ["address_key", "created_at"])
    op.create_index("signup_requests_by_processing", "signup_requests", ["processed_at"])
