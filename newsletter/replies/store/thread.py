"""What a reply answers: the issue as its reader got it, and the replies and author's answers above it.

These are the texts that a reply may quote: the extractor recognises them as quotation, and those that are public may
stay in a published comment.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from newsletter.compose import Edition, MergeText, fill_merge_tags
from newsletter.database import Database
from newsletter.delivery import SentDelivery
from newsletter.replies.extract import KnownText, SentText
from newsletter.replies.store.models import ReplyState
from newsletter.replies.store.queries import find_answer, find_reply_by_id


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreadEntry:
    """A reply, or an answer of the author's, that can be answered."""

    text: str
    parent: str | None
    """The id of what it answers itself."""
    slug: str | None
    is_public: bool


def find_thread_entry(database: Database, entry_id: str | None) -> ThreadEntry | None:
    """Return the author's answer or the reply of that id; None if there is neither."""
    if not entry_id:
        return None
    if (answer := find_answer(database, entry_id)) is not None:
        reply = find_reply_by_id(database, answer.reply_id)
        slug = reply.slug if reply is not None else None
        return ThreadEntry(text=answer.text, parent=answer.reply_id, slug=slug, is_public=not answer.is_private)
    if (reply := find_reply_by_id(database, entry_id)) is not None:
        is_public = reply.state is ReplyState.APPROVED
        return ThreadEntry(text=reply.text, parent=reply.in_reply_to, slug=reply.slug, is_public=is_public)
    return None


def thread_above(database: Database, entry_id: str | None) -> tuple[ThreadEntry, ...]:
    """Return the entry of that id and the one that it answers: both may be quoted in an answer to it."""
    entry = find_thread_entry(database, entry_id)
    parent = find_thread_entry(database, entry.parent) if entry is not None else None
    return tuple(filter(None, (entry, parent)))


def sent_text(delivery: SentDelivery | None, others: Sequence[str] = ()) -> SentText:
    """Return what a reply to a delivery may quote: the issue, the same with its reader's name, and other texts."""
    if delivery is None:
        return SentText(others=tuple(others))
    edition = delivery.edition
    issue = (_common_text(edition.text), _common_text(edition.html))
    return SentText(issue=issue, others=(_personal_text(delivery), *others))


def public_text(issue: KnownText | None, above: Iterable[ThreadEntry]) -> KnownText | None:
    """Return the text that a comment may quote in public: the issue as every reader got it, and what is published."""
    for entry in above:
        if entry.is_public:
            issue = (issue or KnownText.of("")).also(entry.text)
    return issue


def issue_text(edition: Edition) -> KnownText:
    """Return the text of an edition that every reader got."""
    return KnownText.of(_common_text(edition.text), _common_text(edition.html))


def _personal_text(delivery: SentDelivery) -> str:
    """Return the issue's text with this reader's name in it."""
    values = {
        "subscriber.first_name": delivery.first_name,
        "subscriber.last_name": delivery.last_name,
        "subscriber.name": f"{delivery.first_name} {delivery.last_name}".strip(),
        "subscriber.email": delivery.address,
        "subscriber.address": delivery.address,
    }
    return fill_merge_tags(delivery.edition.text, values)


def _common_text(part: MergeText) -> str:
    """Return what of a part every reader got."""
    return "".join(piece if isinstance(piece, str) else " " for piece in part)
