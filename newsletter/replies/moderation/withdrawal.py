"""Taking words back: the comment's file becomes a tombstone, and the words leave the database.

Erasing also deletes the raw mail, and what the row tells of its writer. What Git or others copied before is
beyond our reach; the documentation says how to rewrite history.
"""

from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from newsletter.content import Comment, comment_path, write_comment
from newsletter.database import Database
from newsletter.delivery import withdraw_comment_replies
from newsletter.errors import UsageError
from newsletter.replies.decisions import Decision, note_decision
from newsletter.replies.store.models import ALLOWED, Reply, ReplyState
from newsletter.replies.store.queries import answers_below, read_replies, read_reply
from newsletter.replies.store.raw_messages import raw_message_path
from newsletter.settings import Settings

_TEXTS = ("text", "author", "from_address", "note", "message_id", "references", "matched_by", "proof_why")
_REPLIES = sa.table("replies", *(sa.column(name, sa.Text) for name in ("id", "state", "sameness", "edits", *_TEXTS)))


def withdraw_reply(
    database: Database,
    settings: Settings,
    reply_id: str,
    *,
    by: str = "",
    why: str = "",
    door: str = "",
    is_erased: bool = False,
    now: datetime,
) -> Path | None:
    """Take a reply's words back, and return the tombstone in the archive, if there is one; again changes nothing.

    With `is_erased` also its raw mail and its writer's name and address are forgotten.
    """
    reply = read_reply(database, reply_id)
    if reply.state is not ReplyState.WITHDRAWN and ReplyState.WITHDRAWN not in ALLOWED[reply.state]:
        raise UsageError(f"reply {reply.id} is {reply.state}: there is nothing to withdraw")
    first = read_reply(database, reply.edits) if reply.edits else reply
    same = (first, *(other for other in read_replies(database) if other.edits == first.id))
    tombstone = _bury(settings, first)
    for one in same:
        if is_erased:  # before its row, by which a call after a kill finds it again
            raw_message_path(settings, one.raw_hash).unlink(missing_ok=True)
        _forget(database, one, is_erased=is_erased, decision=Decision(
            reply_id=one.id, state=ReplyState.WITHDRAWN, by=by, why=why, door=door, at=now
        ))  # fmt: skip
    with database.write() as connection:  # what others were told of it, and what quotes it
        withdraw_comment_replies(connection, (first.id, *answers_below(database, first.id)), now)
    return tombstone


def replies_from_address(database: Database, address: str) -> tuple[Reply, ...]:
    """Return every reply that came from an address, oldest first."""
    return tuple(reply for reply in read_replies(database) if reply.from_address == address.strip().lower())


def _bury(settings: Settings, reply: Reply) -> Path | None:
    if reply.slug is None or comment_path(settings, reply.slug, reply.id) is None:
        return None
    stone = Comment(id=reply.id, author="", date=reply.received_at.astimezone(UTC), text="", is_withdrawn=True)
    return write_comment(settings, reply.slug, stone)


def _forget(database: Database, reply: Reply, *, is_erased: bool, decision: Decision) -> None:
    values: dict[str, str | None] = {"text": "", "state": ReplyState.WITHDRAWN.value}
    if is_erased:
        values |= dict.fromkeys(_TEXTS, "") | {"sameness": None}
    with database.write() as connection:
        connection.execute(sa.update(_REPLIES).where(_REPLIES.c.id == reply.id).values(values))
        if reply.state is not ReplyState.WITHDRAWN:
            note_decision(connection, decision)
