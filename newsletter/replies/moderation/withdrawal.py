"""Withdrawal of a reply: its comment file becomes a tombstone, and its text leaves the database.

Erasing it as well deletes the raw message and what its row says of the writer. Copies in Git's history or with others
are beyond our reach; docs/replies.md says how to rewrite history.
"""

from datetime import datetime
from pathlib import Path

from newsletter.database import Database
from newsletter.delivery.notices import withdraw_comment_replies
from newsletter.errors import UsageError
from newsletter.replies.store.comments import write_tombstone
from newsletter.replies.store.models import ALLOWED_TRANSITIONS, Decision, Reply, ReplyState
from newsletter.replies.store.queries import child_reply_ids, get_reply, list_replies, mark_withdrawn
from newsletter.replies.store.raw_messages import raw_message_path
from newsletter.settings import Settings


def withdraw_reply(
    database: Database,
    settings: Settings,
    reply_id: str,
    *,
    by: str = "",
    reason: str = "",
    channel: str = "",
    is_erased: bool = False,
    now: datetime,
) -> Path | None:
    """Withdraw a reply with all its edits, and return its tombstone, if it was published; again changes nothing.

    With `is_erased` its raw message and its writer's name and address are erased too. UsageError if there is nothing
    to withdraw.
    """
    reply = get_reply(database, reply_id)
    if not can_be_withdrawn(reply):
        raise UsageError(f"reply {reply.id} is {reply.state}: there is nothing to withdraw")
    first = get_reply(database, reply.edits) if reply.edits else reply
    versions = (first, *(other for other in list_replies(database) if other.edits == first.id))
    tombstone = write_tombstone(settings, first)
    for version in versions:
        if is_erased:  # before its row, by which a call after a kill finds it again
            raw_message_path(settings, version.raw_hash).unlink(missing_ok=True)
        decision = Decision(
            reply_id=version.id, state=ReplyState.WITHDRAWN, by=by, reason=reason, channel=channel, at=now
        )
        mark_withdrawn(database, version, decision, is_erased=is_erased)
    with database.write() as connection:  # notices about it, and notices that quote it
        withdraw_comment_replies(connection, (first.id, *child_reply_ids(database, first.id)), now)
    return tombstone


def can_be_withdrawn(reply: Reply) -> bool:
    """Whether a reply is withdrawn already, or may be."""
    return reply.state is ReplyState.WITHDRAWN or ReplyState.WITHDRAWN in ALLOWED_TRANSITIONS[reply.state]


def replies_from_address(database: Database, address: str) -> tuple[Reply, ...]:
    """Return every reply that came from an address, oldest first."""
    return tuple(reply for reply in list_replies(database) if reply.from_address == address.strip().lower())
