"""The conversation: notices, the author's answers, every decision, what writers chose, whose mail is proven."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Add the columns and make the tables."""
    for name, default in (("proof", "none"), ("proof_why", ""), ("message_id", ""), ("references", "")):
        op.add_column("replies", sa.Column(name, sa.Text, nullable=False, server_default=default))
    for name in ("in_reply_to", "edits"):
        op.add_column("replies", sa.Column(name, sa.Text))
    op.create_index("replies_by_sender", "replies", ["from_address"])
    op.create_table(
        "notices",
        sa.Column("id", _BIG, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("about", sa.Text, nullable=False),
        sa.Column("recipient", sa.Text, nullable=False),
        sa.Column("recipient_name", sa.Text, nullable=False),
        sa.Column("list_name", sa.Text, nullable=False),
        sa.Column("delivery_id", _BIG),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("in_reply_to", sa.Text, nullable=False, server_default=""),
        sa.Column("references", sa.Text, nullable=False, server_default=""),
        sa.Column("is_automatic", sa.Boolean, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("due_at", _BIG, nullable=False, server_default="0"),
        sa.Column("worker", sa.Text, nullable=False, server_default=""),
        sa.Column("reference", sa.Text, nullable=False, server_default=""),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("kind", "about"),
        sqlite_autoincrement=True,
    )
    op.create_index("notices_by_status", "notices", ["status", "due_at", "id"])
    op.create_index("notices_by_reference", "notices", ["reference"])
    op.create_table(
        "answers",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("reply_id", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("is_private", sa.Boolean, nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("answers_by_reply", "answers", ["reply_id", "written_at"])
    op.create_table(
        "decisions",
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("reply_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("door", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("decisions_by_reply", "decisions", ["reply_id", "number"])
    op.create_table(
        "writers",
        sa.Column("subscriber_id", _BIG, primary_key=True),
        sa.Column("shown_name", sa.Text, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    )
