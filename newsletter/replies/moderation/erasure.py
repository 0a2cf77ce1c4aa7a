"""Erasing a person's replies: their comments become tombstones, their mail and their words are gone.

Each step comes before the one that would hide what is left to do, so that a call after a kill finishes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from newsletter.address import Address
from newsletter.database import Database
from newsletter.replies.answers import forget_private_answers, read_answers
from newsletter.replies.decisions import forget_reasons
from newsletter.replies.moderation.withdrawal import withdraw_reply
from newsletter.replies.parsing.headers import read_headers, read_mailbox
from newsletter.replies.store.display_names import forget_name
from newsletter.replies.store.models import ALLOWED, Reply, ReplyState
from newsletter.replies.store.queries import is_known, read_replies
from newsletter.replies.store.raw_messages import raw_message_path
from newsletter.settings import Settings

_HEAD = 256 * 1024
_TEXTS = ("text", "author", "from_address", "note", "message_id", "references", "matched_by", "proof_why")
_REPLIES = sa.table("replies", *(sa.column(name, sa.Text) for name in ("id", "sameness", "decided_why", *_TEXTS)))


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedReplies:
    """What was erased of a person's replies."""

    replies: int
    tombstones: tuple[Path, ...]


def replies_by_person(database: Database, subscriber_id: int | None, address: Address) -> tuple[Reply, ...]:
    """Return what came from a person's address, or from them as a subscriber, oldest first."""
    return tuple(
        reply
        for reply in read_replies(database)
        if reply.from_address == address.key
        or (subscriber_id is not None and reply.subscriber_id == subscriber_id and reply.is_from_subscriber)
    )


def replies_from_other_addresses(database: Database, subscriber_id: int | None, address: Address) -> tuple[Reply, ...]:
    """Return what came to a person's signed addresses from elsewhere: from a second address, or a friend's."""
    return tuple(
        reply
        for reply in read_replies(database)
        if subscriber_id is not None
        and reply.subscriber_id == subscriber_id
        and not reply.is_from_subscriber
        and reply.from_address not in {"", address.key}
    )


def notice_subject_ids(database: Database, replies: tuple[Reply, ...]) -> frozenset[str]:
    """Return the ids by which notices speak of these replies and of the author's answers to them."""
    answers = (answer.id for reply in replies for answer in read_answers(database, reply.id))
    return frozenset((*(reply.id for reply in replies), *answers))


def erase_replies(
    database: Database, settings: Settings, subscriber_id: int | None, address: Address, *, by: str, now: datetime
) -> ErasedReplies:
    """Erase a person's replies, their mail in var/replies and the name they chose; again changes nothing."""
    theirs = replies_by_person(database, subscriber_id, address)
    tombstones: dict[Path, None] = {}
    for reply in theirs:
        forget_private_answers(database, reply.id)
        if reply.state is ReplyState.WITHDRAWN or ReplyState.WITHDRAWN in ALLOWED[reply.state]:
            stone = withdraw_reply(database, settings, reply.id, by=by, why="", door="erasure", is_erased=True, now=now)
            tombstones |= {stone: None} if stone else {}
        else:
            raw_message_path(settings, reply.raw_hash).unlink(missing_ok=True)
        _blank(database, reply.id)
    for path in _unrecorded(database, settings, address):
        path.unlink(missing_ok=True)
    if subscriber_id is not None:
        forget_name(database, subscriber_id)
    return ErasedReplies(replies=len(theirs), tombstones=tuple(tombstones))


def _blank(database: Database, reply_id: str) -> None:
    """Empty a row of everything that tells of its writer; its digest stays, or the mail would come in again."""
    values: dict[str, str | None] = dict.fromkeys((*_TEXTS, "decided_why"), "") | {"sameness": None}
    with database.write() as connection:
        forget_reasons(connection, reply_id)
        connection.execute(sa.update(_REPLIES).where(_REPLIES.c.id == reply_id).values(values))


def _unrecorded(database: Database, settings: Settings, address: Address) -> Iterator[Path]:
    """Yield a person's mails that a kill left without a row."""
    folder = settings.var / "replies"
    for path in sorted(folder.glob("*.eml")) if folder.is_dir() else ():
        if is_known(database, raw_hash=path.stem):
            continue
        with path.open("rb") as file:
            headers, _, _ = read_headers(file.read(_HEAD).replace(b"\r\n", b"\n"))
        if read_mailbox(headers.get("from"))[1] == address.key:
            yield path
