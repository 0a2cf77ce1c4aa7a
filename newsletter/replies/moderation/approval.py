"""The author's word on replies: what is held, what becomes a comment, what does not."""

from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from newsletter.content import Comment, comment_path, read_issue, write_comment
from newsletter.database import Database
from newsletter.delivery import SentDelivery, find_delivery
from newsletter.errors import DecisionRequired, UsageError
from newsletter.replies.decisions import CONSENT, Decision, read_decisions
from newsletter.replies.extract import Cut
from newsletter.replies.letter import letter_of, static
from newsletter.replies.moderation.auto_approve import WriterHistory, history_of
from newsletter.replies.notify.author_answer import may_be_written_to, publish_answers, published_parent
from newsletter.replies.notify.comment_notifications import ask_leave, tell_published, tell_refused
from newsletter.replies.notify.hearing import word_of_answer
from newsletter.replies.parsing.message import Mail
from newsletter.replies.sandbox import Sandbox, UnreadableMessage
from newsletter.replies.store.models import Reply, ReplyState
from newsletter.replies.store.queries import decide, read_replies, read_reply
from newsletter.replies.store.raw_messages import raw_message_path
from newsletter.replies.store.thread import thread_above
from newsletter.settings import Settings
from newsletter.tokens import Keyring


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyDetail:
    """A reply with all that its moderator may see."""

    reply: Reply
    subject: str
    cuts: tuple[Cut, ...]
    """What was left out, as it was written: not redacted."""
    raw_message_path: Path
    """Where the mail lies; it may have been deleted."""
    decisions: tuple[Decision, ...] = ()
    history: WriterHistory = field(default_factory=WriterHistory)


def list_replies(database: Database, *, state: ReplyState | None = None, slug: str | None = None) -> tuple[Reply, ...]:
    """Return the replies, oldest first."""
    return read_replies(database, state, slug)


def show_reply(database: Database, settings: Settings, reply_id: str, *, sandbox: Sandbox | None = None) -> ReplyDetail:
    """Return one reply by its id, or the beginning of it, with what was cut from it.

    A `sandbox` may serve for several.
    """
    reply = read_reply(database, reply_id)
    path = raw_message_path(settings, reply.raw_hash)
    decisions = read_decisions(database, reply.id)
    history = history_of(database, reply, reply.received_at)
    if not path.exists():
        return ReplyDetail(
            reply=reply, subject="", cuts=(), raw_message_path=path, decisions=decisions, history=history
        )
    delivery = find_delivery(database, reply.delivery_id) if reply.delivery_id is not None else None
    with nullcontext(sandbox) if sandbox else Sandbox() as used:
        mail = used.parse(path.read_bytes())
        cuts = _cuts(database, used, mail, reply, delivery)
    return ReplyDetail(
        reply=reply,
        subject=mail.headers.get("subject"),
        cuts=cuts,
        raw_message_path=path,
        decisions=decisions,
        history=history,
    )


def _cuts(
    database: Database, sandbox: Sandbox, mail: Mail, reply: Reply, delivery: SentDelivery | None
) -> tuple[Cut, ...]:
    try:
        above = [said.text for said in thread_above(database, reply.in_reply_to)]
        if delivery is None:
            return sandbox.extract(mail, also=above).cuts
        also = (letter_of(delivery), *above)
        words = (static(delivery.edition.text), static(delivery.edition.html))
        return sandbox.extract(mail, words=words, also=also).cuts
    except UnreadableMessage:
        return ()


def approve(
    database: Database,
    settings: Settings,
    reply_id: str,
    *,
    slug: str | None = None,
    by: str = "",
    why: str = "",
    door: str = "",
    keyring: Keyring | None = None,
    has_leave: bool = False,
    now: datetime,
) -> Path:
    """Publish a reply as a comment of its issue, or of `slug`, and return the comment's file.

    Doing it twice, or after a kill in between, gives the same one file, and what the author changed in it
    stays. With a `keyring` its writer is told, as `[replies] tell_readers` says, and the
    writer of the comment that it answers, as `tell_answered` does. Raises DecisionRequired when the
    reply must not be published, UsageError when it cannot be; `has_leave` says that its writer was asked.
    """
    reply = read_reply(database, reply_id)
    place = slug or reply.slug
    if place is None:
        raise UsageError(f"reply {reply.id} answers no issue we know. Name one: approve {reply.id} --issue SLUG")
    _may_be_published(database, settings, reply, place, has_leave=has_leave)
    is_standing = reply.state is ReplyState.APPROVED
    standing = comment_path(settings, place, reply.edits or reply.id) if is_standing else None
    path = standing or write_comment(settings, place, _comment(database, settings, reply, place))
    if reply.state is not ReplyState.APPROVED:
        word = word_of_answer(database, keyring, settings, reply, place) if keyring is not None else None
        reply = decide(
            database,
            reply,
            ReplyState.APPROVED,
            slug=place,
            by=by,
            why=why,
            door=door,
            now=now,
            notices=[word] if word is not None else [],
        )
    publish_answers(database, settings, reply)
    if keyring is not None and reply.edits is None:
        tell_published(database, keyring, settings, reply, now)
    return path


def _comment(database: Database, settings: Settings, reply: Reply, slug: str) -> Comment:
    """Return the comment that a reply becomes; new words for an earlier one take its place."""
    first = read_reply(database, reply.edits) if reply.edits else reply
    if first.state is ReplyState.WITHDRAWN:
        raise UsageError(f"reply {first.id} was withdrawn: its words are not published anew")
    return Comment(
        id=first.id,
        author=reply.author,
        date=first.received_at,
        text=reply.text,
        in_reply_to=published_parent(database, settings, first, slug),
        is_verified=reply.is_verified,
    )


def _may_be_published(database: Database, settings: Settings, reply: Reply, slug: str, *, has_leave: bool) -> None:
    if reply.state is ReplyState.PRIVATE:
        raise DecisionRequired(f"reply {reply.id} is private: its writer asked that it not be published")
    if reply.state is ReplyState.WITHDRAWN:
        raise DecisionRequired(f"reply {reply.id} was withdrawn by its writer")
    if reply.state is ReplyState.ORDER:
        raise UsageError(f"reply {reply.id} is a word on another reply: there is nothing to publish")
    if reply.state is ReplyState.UNSUBSCRIBED:
        raise UsageError(f"reply {reply.id} only ended a subscription: there is nothing to publish")
    if not reply.text:
        raise UsageError(f"reply {reply.id} has no text of its own. See: newsletter replies show {reply.id} --raw")
    if reply.state is ReplyState.APPROVED and slug != reply.slug:
        raise UsageError(f"reply {reply.id} stands under {reply.slug} already")
    if settings.replies.publish == "never":
        raise DecisionRequired(
            f"reply {reply.id}: answers are never published here. [replies] publish in newsletter.toml says so"
        )
    if settings.replies.publish == "ask" and not has_leave and not _has_consent(database, reply):
        raise DecisionRequired(
            f"reply {reply.id}: its writer has not said yes. Ask: newsletter replies ask {reply.id}; "
            "or say --with-leave if they have told you otherwise"
        )
    if not read_issue(settings, slug).comments_open:
        raise DecisionRequired(
            f"reply {reply.id}: comments on {slug} are closed. Set 'comments: open' in the issue's file first"
        )


def _has_consent(database: Database, reply: Reply) -> bool:
    return any(decision.state == CONSENT for decision in read_decisions(database, reply.edits or reply.id))


def ask_permission(database: Database, settings: Settings, reply_id: str, *, now: datetime) -> Reply:
    """Ask a reply's writer whether it may be published; once, however often it is called."""
    reply = read_reply(database, reply_id)
    if reply.state is not ReplyState.HELD:
        raise UsageError(f"reply {reply.id} is {reply.state}: there is nothing to ask")
    if not reply.text:
        raise UsageError(f"reply {reply.id} has no text of its own to ask about")
    if not ask_leave(database, settings, reply, now):
        raise DecisionRequired(
            f"reply {reply.id}: nothing shows that it comes from {reply.from_address}, so nobody was asked"
        )
    return reply


def reject(
    database: Database,
    reply_id: str,
    *,
    by: str = "",
    why: str = "",
    door: str = "",
    settings: Settings | None = None,
    is_told: bool = False,
    now: datetime,
) -> Reply:
    """Decide that a reply is not published; again changes nothing. UsageError if it is published.

    With `settings` and `is_told` its writer hears so, with the reason; DecisionRequired where that is not known for
    certain, and then nothing was decided.
    """
    reply = read_reply(database, reply_id)
    if is_told and not may_be_written_to(reply):
        raise DecisionRequired(
            f"reply {reply.id}: nothing shows that it comes from {reply.from_address or 'its From address'}, "
            "so nobody was told. Reject it without telling"
        )
    if reply.state is ReplyState.APPROVED:
        raise UsageError(f"reply {reply.id} is published. Take it back: newsletter replies withdraw {reply.id}")
    if reply.state is not ReplyState.REJECTED:
        reply = decide(database, reply, ReplyState.REJECTED, slug=reply.slug, by=by, why=why, door=door, now=now)
    if is_told and settings is not None:
        tell_refused(database, settings, reply, why, now)
    return reply
