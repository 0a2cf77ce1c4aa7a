"""The author's word on replies: what is held, what becomes a comment, what does not."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newsletter.database import Database
from newsletter.delivery import find_delivery
from newsletter.errors import AskPerson, WrongUse
from newsletter.replies.answers import find_answer
from newsletter.replies.conversation import publish_answers, published_parent
from newsletter.replies.extract import Cut
from newsletter.replies.letter import all_known
from newsletter.replies.rawmail import raw_path
from newsletter.replies.reading import read_raw
from newsletter.replies.register import decide, read_replies, read_reply
from newsletter.replies.reply import Reply, ReplyState
from newsletter.settings import Settings
from newsletter.writing import Comment, read_issue, write_comment


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownReply:
    """A reply with all that its moderator may see."""

    reply: Reply
    subject: str
    cuts: tuple[Cut, ...]
    """What was left out, as it was written: not redacted."""
    raw_path: Path
    """Where the mail lies; it may have been deleted."""


def list_replies(
    database: Database, *, state: ReplyState | None = None, slug: str | None = None
) -> tuple[Reply, ...]:
    """Return the replies, oldest first."""
    return read_replies(database, state, slug)


def show_reply(database: Database, settings: Settings, reply_id: str) -> ShownReply:
    """Return one reply by its id, or the beginning of it, with what was cut from it."""
    reply = read_reply(database, reply_id)
    path = raw_path(settings, reply.raw_hash)
    if not path.exists():
        return ShownReply(reply=reply, subject="", cuts=(), raw_path=path)
    delivery = find_delivery(database, reply.delivery_id) if reply.delivery_id is not None else None
    known = None
    if delivery is not None:
        known = all_known(delivery, None)
        answered = find_answer(database, reply.in_reply_to) if reply.in_reply_to else None
        known = known.also(answered.text) if answered is not None else known
    reading = read_raw(path.read_bytes(), known)
    return ShownReply(
        reply=reply, subject=reading.mail.headers.get("subject"), cuts=reading.extraction.cuts, raw_path=path
    )


def approve(
    database: Database, settings: Settings, reply_id: str, *, slug: str | None = None, by: str = "", now: datetime
) -> Path:
    """Publish a reply as a comment of its issue, or of `slug`, and return the comment's file.

    Doing it twice, or after a kill in between, gives the same one file. Raises AskPerson when
    the reply must not be published, WrongUse when it cannot be.
    """
    reply = read_reply(database, reply_id)
    place = slug or reply.slug
    if place is None:
        raise WrongUse(f"reply {reply.id} answers no issue we know. Name one: approve {reply.id} --issue SLUG")
    _may_be_published(settings, reply, place)
    comment = Comment(
        id=reply.id,
        author=reply.author,
        date=reply.received_at,
        text=reply.text,
        in_reply_to=published_parent(database, settings, reply, place),
        is_verified=reply.is_verified,
    )
    path = write_comment(settings, place, comment)
    if reply.state is not ReplyState.APPROVED:
        reply = decide(database, reply, ReplyState.APPROVED, slug=place, by=by, why="", now=now)
    publish_answers(database, settings, reply)
    return path


def _may_be_published(settings: Settings, reply: Reply, slug: str) -> None:
    if reply.state is ReplyState.PRIVATE:
        raise AskPerson(f"reply {reply.id} is private: its writer asked that it not be published")
    if reply.state is ReplyState.UNSUBSCRIBED:
        raise WrongUse(f"reply {reply.id} only ended a subscription: there is nothing to publish")
    if not reply.text:
        raise WrongUse(f"reply {reply.id} has no text of its own. See: newsletter replies show {reply.id} --raw")
    if reply.state is ReplyState.APPROVED and slug != reply.slug:
        raise WrongUse(f"reply {reply.id} stands under {reply.slug} already")
    if settings.replies.publish == "never":
        raise AskPerson(
            f"reply {reply.id}: answers are never published here. [replies] publish in newsletter.toml says so"
        )
    if not read_issue(settings, slug).comments_open:
        raise AskPerson(
            f"reply {reply.id}: comments on {slug} are closed. Set 'comments: open' in the issue's file first"
        )


def reject(database: Database, reply_id: str, *, by: str = "", why: str = "", now: datetime) -> Reply:
    """Decide that a reply is not published; again changes nothing. WrongUse if it is published."""
    reply = read_reply(database, reply_id)
    if reply.state is ReplyState.REJECTED:
        return reply
    if reply.state is ReplyState.APPROVED:
        raise WrongUse(f"reply {reply.id} is published. Delete its file under issues/{reply.slug}/comments/ first")
    return decide(database, reply, ReplyState.REJECTED, slug=reply.slug, by=by, why=why, now=now)
