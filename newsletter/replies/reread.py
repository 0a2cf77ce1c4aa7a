"""Reading stored mail again by a better extractor: what waits for a word by itself, what was decided when named.

A published comment gets the new words only where its id was named, which is the author's word, and where its file
is as we wrote it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from newsletter.content import read_comments, write_comment
from newsletter.database import Database
from newsletter.delivery import find_delivery
from newsletter.replies.extract import VERSION, KnownText
from newsletter.replies.inbound.classify_reply import cleaned_text
from newsletter.replies.letter import known_text, letter_of, static
from newsletter.replies.sandbox import Sandbox, UnreadableMessage
from newsletter.replies.store.display_names import read_chosen_name
from newsletter.replies.store.models import Reply, ReplyState
from newsletter.replies.store.queries import read_replies, read_reply, record_text
from newsletter.replies.store.raw_messages import raw_message_path
from newsletter.replies.store.thread import thread_above
from newsletter.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class RereadResult:
    """What reading one reply again came to."""

    reply: Reply
    """With the text that it has now."""
    said_before: str
    remark: str = ""
    """Why nothing was changed, or not everything."""

    @property
    def is_changed(self) -> bool:
        """Whether its words are others now."""
        return self.reply.text != self.said_before


def reread_replies(
    database: Database, settings: Settings, reply_ids: Sequence[str] = (), *, is_dry_run: bool = False
) -> tuple[RereadResult, ...]:
    """Extract anew: the replies named, else those that wait and were read by an older extractor."""
    if reply_ids:
        replies = tuple(read_reply(database, name) for name in reply_ids)
    else:
        held = read_replies(database, ReplyState.HELD)
        replies = tuple(reply for reply in held if reply.extractor < VERSION)
    with Sandbox() as sandbox:
        return tuple(_reread(database, settings, sandbox, reply, is_dry_run=is_dry_run) for reply in replies)


def _reread(
    database: Database, settings: Settings, sandbox: Sandbox, reply: Reply, *, is_dry_run: bool
) -> RereadResult:
    path = raw_message_path(settings, reply.raw_hash)
    if reply.state in {ReplyState.WITHDRAWN, ReplyState.ORDER, ReplyState.UNSUBSCRIBED}:
        return RereadResult(reply=reply, said_before=reply.text, remark=f"it is {reply.state}")
    if not path.exists():
        return RereadResult(reply=reply, said_before=reply.text, remark="its raw mail is not there any more")
    try:
        text = _words(database, settings, sandbox, reply, path.read_bytes())
    except UnreadableMessage:
        return RereadResult(reply=reply, said_before=reply.text, remark="its mail cannot be read within its limits")
    new = replace(reply, text=text, extractor=VERSION)
    remark = "" if is_dry_run or text == reply.text else _published(settings, reply, new)
    if not is_dry_run:
        record_text(database, new)
    return RereadResult(reply=new, said_before=reply.text, remark=remark)


def _words(database: Database, settings: Settings, sandbox: Sandbox, reply: Reply, raw: bytes) -> str:
    delivery = find_delivery(database, reply.delivery_id) if reply.delivery_id is not None else None
    above = thread_above(database, reply.in_reply_to)
    texts = [said.text for said in above]
    mail = sandbox.parse(raw)
    if delivery is None:
        extraction = sandbox.extract(mail, also=texts)
    else:
        also = (letter_of(delivery), *texts)
        words = (static(delivery.edition.text), static(delivery.edition.html))
        extraction = sandbox.extract(mail, words=words, also=also)
    public = known_text(delivery.edition) if delivery is not None else None
    for said in above:
        if said.is_public:
            public = (public or KnownText.of("")).also(said.text)
    _, text = read_chosen_name(extraction.text)
    return cleaned_text(settings, text, reply.from_address, public)[0]


def _published(settings: Settings, old: Reply, new: Reply) -> str:
    """Give a published comment its new words; what the author changed in its file stays, and is said."""
    if old.state is not ReplyState.APPROVED or old.slug is None:
        return ""
    standing = [one for one in read_comments(settings, old.slug).comments if one.id == (old.edits or old.id)]
    if not standing or standing[0].text.strip() != old.text.strip() or not new.text:
        return "its comment's file says something else, and was left alone"
    write_comment(settings, old.slug, replace(standing[0], text=new.text))
    return ""
