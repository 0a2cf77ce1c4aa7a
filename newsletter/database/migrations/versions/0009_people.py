"""Tags; what was said when somebody consented; consents that nobody alters; which series' letters are planned."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0007"

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_SQLITE_GUARD = """
CREATE TRIGGER consents_stay BEFORE UPDATE ON consents
BEGIN SELECT RAISE(ABORT, 'consents are written once'); END
"""
_POSTGRESQL_GUARD = (
    """
    CREATE FUNCTION newsletter_consents_stay() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'consents are written once'; END $$
    """,
    """
    CREATE TRIGGER consents_stay BEFORE UPDATE ON consents
    FOR EACH ROW EXECUTE FUNCTION newsletter_consents_stay()
    """,
)


def upgrade() -> None:
    """Add the columns, make the tables and the guard."""
    for name in ("words", "mail"):
        op.add_column("consents", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.create_table(
        "tags",
        sa.Column("subscriber_id", sa.Integer, sa.ForeignKey("subscribers.id"), primary_key=True),
        sa.Column("tag", sa.Text, primary_key=True),
    )
    op.create_index("tags_by_tag", "tags", ["tag"])
    op.create_table(
        "series_steps",
        sa.Column("subscription_id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("series", sa.Text, primary_key=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("letter", sa.Text, nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
    )
    if op.get_bind().dialect.name == "postgresql":
        for statement in _POSTGRESQL_GUARD:
            op.get_bind().exec_driver_sql(statement)
    else:
        op.execute(_SQLITE_GUARD)
