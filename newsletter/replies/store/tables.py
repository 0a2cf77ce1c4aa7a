"""Tables of replies, decisions, author's answers and writers' display names.

The migrations in `newsletter.database` make them; this is what the queries name.
"""

import sqlalchemy as sa

from newsletter.database import UtcDateTime

REPLIES = sa.table(
    "replies",
    sa.column("number", sa.Integer),
    sa.column("id", sa.Text),
    sa.column("raw_hash", sa.Text),
    sa.column("duplicate_key", sa.Text),
    sa.column("received_at", UtcDateTime),
    sa.column("fetched_at", UtcDateTime),
    sa.column("slug", sa.Text),
    sa.column("delivery_id", sa.Integer),
    sa.column("matched_by", sa.Text),
    sa.column("subscriber_id", sa.BigInteger),
    sa.column("from_address", sa.Text),
    sa.column("author", sa.Text),
    sa.column("is_from_subscriber", sa.Boolean),
    sa.column("is_verified", sa.Boolean),
    sa.column("verdict", sa.Text),
    sa.column("reason", sa.Text),
    sa.column("state", sa.Text),
    sa.column("text", sa.Text),
    sa.column("note", sa.Text),
    sa.column("extractor", sa.Integer),
    sa.column("auth_result", sa.Text),
    sa.column("auth_reason", sa.Text),
    sa.column("message_id", sa.Text),
    sa.column("references", sa.Text),
    sa.column("in_reply_to", sa.Text),
    sa.column("edits", sa.Text),
    sa.column("decided_at", UtcDateTime),
    sa.column("decided_by", sa.Text),
    sa.column("decided_reason", sa.Text),
)
DECISIONS = sa.table(
    "decisions",
    *(sa.column(name, sa.Text) for name in ("reply_id", "state", "by", "reason", "channel")),
    sa.column("number", sa.Integer),
    sa.column("at", UtcDateTime),
)
ANSWERS = sa.table(
    "answers",
    *(sa.column(name, sa.Text) for name in ("id", "reply_id", "author", "text")),
    sa.column("is_private", sa.Boolean),
    sa.column("written_at", UtcDateTime),
)
WRITERS = sa.table(
    "writers",
    sa.column("subscriber_id", sa.BigInteger),
    sa.column("shown_name", sa.Text),
    sa.column("changed_at", UtcDateTime),
)
