"""Segments: which one a mailing is for, which variant a delivery gets, and what happened, for audience to ask.

`activity` and `mailed` are views, so that whoever lies up the stream reads them without importing a later
station. A later migration that makes one of their tables anew on SQLite drops them first.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_MAILINGS = (
    "id, kind, slug, list_name, round_id, edition_digest, transport, created_at, finished_at, state, send_at, "
    "send_before, turns"
)
_ACTIVITY = """
CREATE VIEW activity AS
SELECT deliveries.subscriber_id, mailings.slug, 'got' AS act
FROM mailings JOIN deliveries ON deliveries.mailing_id = mailings.id
WHERE mailings.kind = 'issue' AND deliveries.status = 'submitted' AND deliveries.subscriber_id IS NOT NULL
UNION ALL
SELECT replies.subscriber_id, replies.slug, 'answered' AS act
FROM replies
WHERE replies.verdict = 'human' AND replies.subscriber_id IS NOT NULL AND replies.slug IS NOT NULL
"""
_MAILED = """
CREATE VIEW mailed AS
SELECT mailings.slug, mailings.list_name, min(mailings.id) AS mailing_id
FROM mailings
WHERE mailings.kind = 'issue' AND EXISTS (
    SELECT 1 FROM deliveries WHERE deliveries.mailing_id = mailings.id AND deliveries.status = 'submitted'
)
GROUP BY mailings.slug, mailings.list_name
"""
_COLLATIONS = ("pg_c_utf8", "und-x-icu", "C.utf8", "C.UTF-8")
"""What knows the small letters of all scripts, in this order; else the database's own way has to do."""


def upgrade() -> None:
    """Add the columns, the views and PostgreSQL's functions."""
    op.add_column("deliveries", sa.Column("variant", sa.Integer, nullable=False, server_default="0"))
    if op.get_bind().dialect.name == "postgresql":
        op.add_column("mailings", sa.Column("segment", sa.Text, nullable=False, server_default=""))
        op.drop_constraint("mailings_round_id_list_name_key", "mailings", type_="unique")
        op.create_unique_constraint(
            "mailings_round_id_list_name_segment_key", "mailings", ["round_id", "list_name", "segment"]
        )
        _make_functions()
    else:
        _make_mailings_anew()
    op.execute(_ACTIVITY)
    op.execute(_MAILED)


def _make_mailings_anew() -> None:
    """Give the table another uniqueness, which SQLite can only do by making it anew."""
    op.create_table(
        "mailings_with_segment",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("slug", sa.Text, nullable=False),
        sa.Column("list_name", sa.Text, nullable=False),
        sa.Column("round_id", sa.Integer, sa.ForeignKey("rounds.id")),
        sa.Column("edition_digest", sa.Text, sa.ForeignKey("editions.digest"), nullable=False),
        sa.Column("transport", sa.Text, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("state", sa.Text, nullable=False, server_default="open"),
        sa.Column("send_at", sa.DateTime(timezone=True)),
        sa.Column("send_before", sa.DateTime(timezone=True)),
        sa.Column("turns", sa.Integer, nullable=False, server_default="0"),
        sa.Column("segment", sa.Text, nullable=False, server_default=""),
        sa.UniqueConstraint("round_id", "list_name", "segment"),
    )
    op.execute(f"INSERT INTO mailings_with_segment ({_MAILINGS}) SELECT {_MAILINGS} FROM mailings")
    op.drop_table("mailings")
    op.rename_table("mailings_with_segment", "mailings")
    op.create_index("mailings_by_slug", "mailings", ["slug"])


def _make_functions() -> None:
    """Make what `functions.py` gives SQLite, so that both answer alike."""
    known = set(
        op.get_bind().scalars(
            sa.text(
                "SELECT collname FROM pg_collation WHERE pg_collation_is_visible(oid) AND collencoding IN "
                "(-1, (SELECT encoding FROM pg_database WHERE datname = current_database()))"
            )
        )
    )
    found = next((name for name in _COLLATIONS if name in known), None)
    collated = f' COLLATE "{found}"' if found else ""
    bodies = {
        "newsletter_folded": f"text AS $$ SELECT translate(lower(translate($1, 'İ', 'i'){collated}), 'ς', 'σ') $$",
        "newsletter_number": "double precision AS $$ SELECT CASE WHEN $1 ~ '^[+-]?[0-9]{1,15}([.][0-9]{1,15})?$' "
        "THEN $1::double precision END $$",
        "newsletter_domain": "text AS $$ SELECT substring($1 from '[^@]*$') $$",
        "newsletter_day": "text AS $$ SELECT substring($1 from "
        "'^([0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01]))(?:[T ].*)?$') COLLATE \"C\" $$",
    }
    for name, body in bodies.items():
        statement = f"CREATE FUNCTION {name}(text) RETURNS {body} LANGUAGE sql IMMUTABLE PARALLEL SAFE"
        op.get_bind().exec_driver_sql(statement)  # as it is: colons in it name no parameters
