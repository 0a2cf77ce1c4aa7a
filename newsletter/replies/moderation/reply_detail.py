"""One reply in detail, for its moderator: the reply, what was cut from it, its decisions and its writer's history."""

from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from newsletter.database import Database
from newsletter.delivery import find_delivery
from newsletter.replies.extract import Cut
from newsletter.replies.parsing.message import ParsedMessage
from newsletter.replies.sandbox import Sandbox, UnreadableMessage
from newsletter.replies.store.models import Decision, Reply, WriterHistory
from newsletter.replies.store.queries import get_reply, list_decisions, writer_history
from newsletter.replies.store.raw_messages import raw_message_path
from newsletter.replies.store.thread import sent_text, thread_above
from newsletter.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyDetail:
    """A reply with all that its moderator may see."""

    reply: Reply
    subject: str
    cuts: tuple[Cut, ...]
    """What was left out, as it was written: not redacted."""
    raw_message_path: Path
    """Where the raw message is stored; it may have been deleted."""
    decisions: tuple[Decision, ...] = ()
    history: WriterHistory = field(default_factory=WriterHistory)


def show_reply(database: Database, settings: Settings, reply_id: str, *, sandbox: Sandbox | None = None) -> ReplyDetail:
    """Return one reply by its id, or the beginning of it, with what was cut from it.

    One `sandbox` may serve several calls.
    """
    reply = get_reply(database, reply_id)
    path = raw_message_path(settings, reply.raw_hash)
    subject, cuts = "", tuple[Cut, ...]()
    if path.exists():
        with nullcontext(sandbox) if sandbox else Sandbox() as used:
            message = used.parse(path.read_bytes())
            subject, cuts = message.headers.get("subject"), _cuts(database, used, message, reply)
    return ReplyDetail(
        reply=reply,
        subject=subject,
        cuts=cuts,
        raw_message_path=path,
        decisions=list_decisions(database, reply.id),
        history=writer_history(database, reply, reply.received_at),
    )


def _cuts(database: Database, sandbox: Sandbox, message: ParsedMessage, reply: Reply) -> tuple[Cut, ...]:
    delivery = find_delivery(database, reply.delivery_id) if reply.delivery_id is not None else None
    above = [entry.text for entry in thread_above(database, reply.in_reply_to)]
    try:
        return sandbox.extract(message, sent_text(delivery, above)).cuts
    except UnreadableMessage:
        return ()
