"""Comment files of an issue: of approved replies, of the author's answers to them, and tombstones of withdrawn ones.

Writing is idempotent: a file that exists is left as it is, for the author may have changed it since.
"""

from dataclasses import replace
from datetime import UTC
from pathlib import Path

from newsletter.content import Comment, comment_path, read_comments, write_comment
from newsletter.database import Database
from newsletter.errors import UsageError
from newsletter.replies.store.models import Reply, ReplyState
from newsletter.replies.store.queries import get_reply, list_answers
from newsletter.replies.store.thread import find_thread_entry
from newsletter.settings import Settings


def publish_reply(database: Database, settings: Settings, reply: Reply, slug: str) -> Path:
    """Write a reply's comment file under an issue and return its path.

    An edit of an earlier reply takes the place of that reply's comment; UsageError if that one was withdrawn.
    """
    if reply.state is ReplyState.APPROVED and (path := comment_path(settings, slug, reply.edits or reply.id)):
        return path
    first = get_reply(database, reply.edits) if reply.edits else reply
    if first.state is ReplyState.WITHDRAWN:
        raise UsageError(f"reply {first.id} was withdrawn: no new text of it is published")
    comment = Comment(
        id=first.id,
        author=reply.author,
        date=first.received_at,
        text=reply.text,
        in_reply_to=_published_parent(database, settings, first, slug),
        is_verified=reply.is_verified,
    )
    return write_comment(settings, slug, comment)


def publish_answers(
    database: Database, settings: Settings, reply: Reply, *, answer_id: str | None = None
) -> tuple[Path, ...]:
    """Write the comment files of the author's answers to an approved reply, or of one of them; return their paths."""
    if reply.slug is None or reply.state is not ReplyState.APPROVED:
        return ()
    slug = reply.slug
    return tuple(
        comment_path(settings, slug, answer.id)
        or write_comment(
            settings,
            slug,
            Comment(
                id=answer.id,
                author=answer.author,
                date=answer.written_at,
                text=answer.text,
                in_reply_to=reply.edits or reply.id,
                is_by_author=True,
            ),
        )
        for answer in list_answers(database, reply.id)
        if not answer.is_private and answer_id in {None, answer.id}
    )


def update_comment_text(settings: Settings, old: Reply, text: str) -> bool:
    """Give the comment of an approved reply another text; False if its file no longer says what was published."""
    if old.slug is None or not text:
        return False
    comments = [
        comment for comment in read_comments(settings, old.slug).comments if comment.id == (old.edits or old.id)
    ]
    if not comments or comments[0].text.strip() != old.text.strip():
        return False
    write_comment(settings, old.slug, replace(comments[0], text=text))
    return True


def write_tombstone(settings: Settings, reply: Reply) -> Path | None:
    """Replace a reply's comment by a tombstone, so that its thread keeps its shape; None if it has no comment."""
    if reply.slug is None or comment_path(settings, reply.slug, reply.id) is None:
        return None
    stone = Comment(id=reply.id, author="", date=reply.received_at.astimezone(UTC), text="", is_withdrawn=True)
    return write_comment(settings, reply.slug, stone)


def _published_parent(database: Database, settings: Settings, reply: Reply, slug: str) -> str | None:
    """Return the nearest comment above a reply that is published under that issue, or None."""
    published = {comment.id for comment in read_comments(settings, slug).comments}
    parent, seen = reply.in_reply_to, set[str]()
    while parent is not None and parent not in published and parent not in seen:
        seen.add(parent)
        entry = find_thread_entry(database, parent)
        parent = entry.parent if entry is not None else None
    return parent if parent in published else None
