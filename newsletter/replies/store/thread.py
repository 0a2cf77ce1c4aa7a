"""What a reply answers: words of the author's, or another reader's comment."""

from dataclasses import dataclass

from newsletter.database import Database
from newsletter.replies.answers import find_answer
from newsletter.replies.store.models import ReplyState
from newsletter.replies.store.queries import find_reply_named


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Words that can be answered."""

    text: str
    above: str | None
    """What they answer themselves."""
    slug: str | None
    is_public: bool


def find_said(database: Database, name: str | None) -> Said | None:
    """Return what has that id, an answer of the author's or a reply; None if there is nothing."""
    if not name:
        return None
    if (answer := find_answer(database, name)) is not None:
        reply = find_reply_named(database, answer.reply_id)
        slug = reply.slug if reply is not None else None
        return Said(text=answer.text, above=answer.reply_id, slug=slug, is_public=not answer.is_private)
    if (reply := find_reply_named(database, name)) is not None:
        is_public = reply.state is ReplyState.APPROVED
        return Said(text=reply.text, above=reply.in_reply_to, slug=reply.slug, is_public=is_public)
    return None


def thread_above(database: Database, name: str | None) -> tuple[Said, ...]:
    """Return what has that id and what it answers itself: both may be quoted in an answer to it."""
    said = find_said(database, name)
    above = find_said(database, said.above) if said is not None else None
    return tuple(filter(None, (said, above)))
