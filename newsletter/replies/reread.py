"""Rereading: extracting stored messages again by a newer extractor.

What waits for a decision is reread without being named, what was decided only when named. A published comment gets
the new text only where its file still says what was published.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from newsletter.database import Database
from newsletter.delivery import find_delivery
from newsletter.replies.extract import VERSION
from newsletter.replies.redact.public_text import clean_text
from newsletter.replies.sandbox import Sandbox, UnreadableMessage
from newsletter.replies.store.comments import update_comment_text
from newsletter.replies.store.display_names import read_chosen_name
from newsletter.replies.store.models import Reply, ReplyState
from newsletter.replies.store.queries import get_reply, list_replies, update_text
from newsletter.replies.store.raw_messages import raw_message_path
from newsletter.replies.store.thread import issue_text, public_text, sent_text, thread_above
from newsletter.settings import Settings

_NEVER_REREAD = frozenset({ReplyState.WITHDRAWN, ReplyState.COMMAND, ReplyState.UNSUBSCRIBED})


@dataclass(frozen=True, slots=True, kw_only=True)
class RereadResult:
    """What rereading one reply came to."""

    reply: Reply
    """With the text that it has now."""
    previous_text: str
    remark: str = ""
    """Why nothing was changed, or not everything."""

    @property
    def is_changed(self) -> bool:
        """Whether its text is another now."""
        return self.reply.text != self.previous_text


def reread_replies(
    database: Database, settings: Settings, reply_ids: Sequence[str] = (), *, is_dry_run: bool = False
) -> tuple[RereadResult, ...]:
    """Reread the replies named, else those that wait and were extracted by an older version."""
    if reply_ids:
        replies = tuple(get_reply(database, reply_id) for reply_id in reply_ids)
    else:
        held = list_replies(database, state=ReplyState.HELD)
        replies = tuple(reply for reply in held if reply.extractor < VERSION)
    with Sandbox() as sandbox:
        return tuple(_reread(database, settings, sandbox, reply, is_dry_run=is_dry_run) for reply in replies)


def _reread(
    database: Database, settings: Settings, sandbox: Sandbox, reply: Reply, *, is_dry_run: bool
) -> RereadResult:
    if reply.state in _NEVER_REREAD:
        return RereadResult(reply=reply, previous_text=reply.text, remark=f"it is {reply.state}")
    path = raw_message_path(settings, reply.raw_hash)
    if not path.exists():
        return RereadResult(reply=reply, previous_text=reply.text, remark="its raw message no longer exists")
    try:
        text = _public_text(database, settings, sandbox, reply, path.read_bytes())
    except UnreadableMessage:
        remark = "its message cannot be read within the limits of time and memory"
        return RereadResult(reply=reply, previous_text=reply.text, remark=remark)
    new = replace(reply, text=text, extractor=VERSION)
    remark = ""
    if not is_dry_run:
        is_published = reply.state is ReplyState.APPROVED and reply.slug is not None
        if text != reply.text and is_published and not update_comment_text(settings, reply, text):
            remark = "its comment's file has another text, and was left alone"
        update_text(database, new)
    return RereadResult(reply=new, previous_text=reply.text, remark=remark)


def _public_text(database: Database, settings: Settings, sandbox: Sandbox, reply: Reply, raw: bytes) -> str:
    delivery = find_delivery(database, reply.delivery_id) if reply.delivery_id is not None else None
    above = thread_above(database, reply.in_reply_to)
    sent = sent_text(delivery, [entry.text for entry in above])
    extraction = sandbox.extract(sandbox.parse(raw), sent)
    public = public_text(issue_text(delivery.edition) if delivery is not None else None, above)
    _, text = read_chosen_name(extraction.text)
    return clean_text(settings, text, reply.from_address, public)[0]
