"""Erasure of a person's replies: tombstones for their comments; their messages, texts and names are deleted.

Each step comes before the one that would hide what is left to do, so that a call after a kill finishes the work.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newsletter.address import Address
from newsletter.database import Database
from newsletter.replies.moderation.withdrawal import can_be_withdrawn, withdraw_reply
from newsletter.replies.parsing.headers import read_headers, read_mailbox
from newsletter.replies.store.display_names import delete_display_name
from newsletter.replies.store.models import Reply
from newsletter.replies.store.queries import (
    delete_private_answers,
    erase_personal_columns,
    is_recorded,
    list_answers,
    list_replies,
)
from newsletter.replies.store.raw_messages import raw_message_path
from newsletter.settings import Settings

_HEAD = 256 * 1024
"""Octets of a raw message in which its header fields are looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasedReplies:
    """What was erased of a person's replies."""

    replies: int
    tombstones: tuple[Path, ...]


def replies_by_person(database: Database, subscriber_id: int | None, address: Address) -> tuple[Reply, ...]:
    """Return what came from a person's address, or from them as a subscriber, oldest first."""
    return tuple(
        reply
        for reply in list_replies(database)
        if reply.from_address == address.key
        or (subscriber_id is not None and reply.subscriber_id == subscriber_id and reply.is_from_subscriber)
    )


def replies_from_other_addresses(database: Database, subscriber_id: int | None, address: Address) -> tuple[Reply, ...]:
    """Return what came to a person's signed addresses from elsewhere: from a second address, or a friend's."""
    return tuple(
        reply
        for reply in list_replies(database)
        if subscriber_id is not None
        and reply.subscriber_id == subscriber_id
        and not reply.is_from_subscriber
        and reply.from_address not in {"", address.key}
    )


def notice_subject_ids(database: Database, replies: tuple[Reply, ...]) -> frozenset[str]:
    """Return the ids that notices about these replies, and about the author's answers to them, carry."""
    answers = (answer.id for reply in replies for answer in list_answers(database, reply.id))
    return frozenset((*(reply.id for reply in replies), *answers))


def erase_replies(
    database: Database, settings: Settings, subscriber_id: int | None, address: Address, *, by: str, now: datetime
) -> ErasedReplies:
    """Erase a person's replies, their raw messages and the name they chose; again changes nothing."""
    replies = replies_by_person(database, subscriber_id, address)
    tombstones: dict[Path, None] = {}
    for reply in replies:
        delete_private_answers(database, reply.id)
        if can_be_withdrawn(reply):
            stone = withdraw_reply(database, settings, reply.id, by=by, channel="erasure", is_erased=True, now=now)
            tombstones |= {stone: None} if stone else {}
        else:
            raw_message_path(settings, reply.raw_hash).unlink(missing_ok=True)
        erase_personal_columns(database, reply.id)
    for path in _unrecorded_messages(database, settings, address):
        path.unlink(missing_ok=True)
    if subscriber_id is not None:
        delete_display_name(database, subscriber_id)
    return ErasedReplies(replies=len(replies), tombstones=tuple(tombstones))


def _unrecorded_messages(database: Database, settings: Settings, address: Address) -> Iterator[Path]:
    """Yield a person's raw messages that a kill left without a row."""
    folder = settings.var / "replies"
    for path in sorted(folder.glob("*.eml")) if folder.is_dir() else ():
        if is_recorded(database, raw_hash=path.stem):
            continue
        with path.open("rb") as file:
            headers, _, _ = read_headers(file.read(_HEAD).replace(b"\r\n", b"\n"))
        if read_mailbox(headers.get("from"))[1] == address.key:
            yield path
