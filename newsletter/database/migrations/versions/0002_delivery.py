"""Editions, rounds, mailings and deliveries."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the ledger's tables."""
    op.create_table(
        "editions",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("frozen", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "rounds",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.UniqueConstraint("slug", "number"),
    )
    op.create_table(
        "mailings",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("list_name", sa.Text, nullable=False),
        sa.Column("round_id", sa.Integer, sa.ForeignKey("rounds.id")),
        sa.Column("edition_digest", sa.Text, sa.ForeignKey("editions.digest"), nullable=False),
        sa.Column("transport", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("round_id", "list_name"),
    )
    op.create_index("mailings_by_slug", "mailings", ["slug"])
    op.create_table(
        "deliveries",
        sa.Column("id", _BIG, primary_key=True),
        sa.Column("mailing_id", sa.Integer, sa.ForeignKey("mailings.id"), nullable=False),
        sa.Column("subscriber_id", _BIG),
        sa.Column("round_id", sa.Integer),
        sa.Column("address", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("due_at", _BIG, nullable=False, server_default="0"),
        sa.Column("worker", sa.Text),
        sa.Column("reference", sa.Text),
        sa.Column("changed_at", sa.DateTime(timezone=True)),
        sa.UniqueConstraint("mailing_id", "subscriber_id"),
        sa.UniqueConstraint("round_id", "subscriber_id"),
        sqlite_autoincrement=True,
    )
    _create_partial("deliveries_planned", ["mailing_id", "due_at", "id"], "status = 'planned'")
    _create_partial("deliveries_claimed", ["id"], "status = 'claimed'")
    _create_partial("deliveries_uncertain", ["mailing_id", "id"], "status = 'uncertain'")
    _create_partial("deliveries_by_reference", ["reference"], "reference IS NOT NULL")


def _create_partial(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "deliveries", columns, sqlite_where=where, postgresql_where=where)
