"""Tags; what was said when somebody consented; consents that nobody alters; when a series began."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

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
        "series",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("list_name", sa.Text, primary_key=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.add_column("notices", sa.Column("html", sa.Text, nullable=False, server_default=""))
    if op.get_bind().dialect.name == "postgresql":
        for statement in _POSTGRESQL_GUARD:
            op.get_bind().exec_driver_sql(statement)
    else:
        op.execute(_SQLITE_GUARD)
