"""Clicks of those who agreed to it: since when they do, and which links they followed on which day.

`followed` is a view, so that audience asks who clicked without importing a later station.
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_FOLLOWED = """
CREATE VIEW followed AS
SELECT personal_clicks.subscriber_id, mailings.slug
FROM personal_clicks
JOIN counted_links ON counted_links.key = personal_clicks.link
JOIN mailings ON mailings.id = counted_links.mailing_id
WHERE mailings.kind = 'issue'
"""


def upgrade() -> None:
    """Add the column, make the table and the view."""
    op.add_column("subscribers", sa.Column("clicks_agreed_at", sa.DateTime(timezone=True)))
    op.create_table(
        "personal_clicks",
        sa.Column("subscriber_id", _BIG, primary_key=True, autoincrement=False),
        sa.Column("link", sa.Text, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("personal_clicks_by_link", "personal_clicks", ["link"])
    op.execute(_FOLLOWED)
