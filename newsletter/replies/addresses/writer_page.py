"""A writer's page: the signed link by which they take back or change what they wrote, without writing a mail."""

import base64
import hashlib
from dataclasses import replace
from datetime import datetime

from newsletter.database import Database
from newsletter.replies.redact.phone_numbers import regions_of
from newsletter.replies.redact.redaction import redacted
from newsletter.replies.store.models import Reply, ReplyState
from newsletter.replies.store.queries import find_reply, number_of, record
from newsletter.settings import Settings
from newsletter.tokens import Keyring, Purpose

WRITER_PAGE_PATH = "/comment/"
"""Where the web door mounts it; the token follows."""
_ID_LENGTH = 10
_LONGEST = 20_000
_CHANGEABLE = frozenset({ReplyState.HELD, ReplyState.APPROVED, ReplyState.REJECTED})


def writer_page_url(database: Database, keyring: Keyring, settings: Settings, reply: Reply) -> str | None:
    """Return the link to the page of a reply's writer; None without `[web] url`."""
    if not settings.web.url:
        return None
    token = keyring.sign(Purpose.REPLY_PAGE, number_of(database, reply))
    return f"{settings.web.url.rstrip('/')}{WRITER_PAGE_PATH}{token}"


def read_writer_token(database: Database, keyring: Keyring, token: str) -> Reply | None:
    """Return the reply that a token is for, while there is something to take back; else None."""
    number = keyring.verify(Purpose.REPLY_PAGE, token)
    reply = find_reply(database, number) if number else None
    return reply if reply is not None and reply.state in _CHANGEABLE else None


def submit_revision(database: Database, settings: Settings, about: Reply, text: str, now: datetime) -> bool:
    """Keep new words for a reply, which wait for the moderator as all others do; False where there are none.

    The same words twice are kept once.
    """
    regions = regions_of(about.from_address, settings.publication.language)
    words = redacted(text.replace("\r\n", "\n").strip()[: 2 * _LONGEST], settings, regions)[:_LONGEST]
    if not words or words == about.text:
        return False
    first = about.edits or about.id
    digest = hashlib.sha256(f"{first}\0{words}".encode("utf-8", "replace")).hexdigest()
    reply = replace(
        about,
        id=base64.b32encode(bytes.fromhex(digest)).decode().lower()[:_ID_LENGTH],
        raw_hash=digest,
        received_at=now,
        state=ReplyState.HELD,
        text=words,
        note=f"new words for {first}, from its writer's page",
        edits=first,
        decided_at=None,
        decided_by="",
        decided_why="",
    )
    record(database, reply, sameness=None, now=now)
    return True
