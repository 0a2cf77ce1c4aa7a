"""The page of a comment's writer: a signed link to withdraw or edit a reply on the web, without writing an email."""

import hashlib
from dataclasses import replace
from datetime import datetime

from newsletter.database import Database
from newsletter.replies.redact.phone_numbers import phone_regions
from newsletter.replies.redact.public_text import MAX_CHARACTERS
from newsletter.replies.redact.redaction import redact_text
from newsletter.replies.store.models import Reply, ReplyState
from newsletter.replies.store.queries import find_reply_by_number, record_reply, reply_number, short_id
from newsletter.settings import Settings
from newsletter.tokens import Keyring, Purpose

WRITER_PAGE_PATH = "/comment/"
"""Where the web server serves it; the token follows."""
_EDITABLE = frozenset({ReplyState.HELD, ReplyState.APPROVED, ReplyState.REJECTED})


def writer_page_url(database: Database, keyring: Keyring, settings: Settings, reply: Reply) -> str | None:
    """Return the link to the page of a reply's writer; None without `[web] url`."""
    if not settings.web.url:
        return None
    token = keyring.sign(Purpose.REPLY_PAGE, reply_number(database, reply))
    return f"{settings.web.url.rstrip('/')}{WRITER_PAGE_PATH}{token}"


def read_writer_token(database: Database, keyring: Keyring, token: str) -> Reply | None:
    """Return the reply that a token is for, while there is something to withdraw or edit; else None."""
    number = keyring.verify(Purpose.REPLY_PAGE, token)
    reply = find_reply_by_number(database, number) if number else None
    return reply if reply is not None and reply.state in _EDITABLE else None


def submit_revision(database: Database, settings: Settings, about: Reply, text: str, now: datetime) -> bool:
    """Record a new text for a reply, held for the moderator as all replies are; False if it says nothing new.

    The same text twice is recorded once.
    """
    regions = phone_regions(about.from_address, settings.publication.language)
    text = text.replace("\r\n", "\n").strip()[: 2 * MAX_CHARACTERS]
    text = redact_text(text, settings, regions)[:MAX_CHARACTERS]
    if not text or text == about.text:
        return False
    first = about.edits or about.id
    digest = hashlib.sha256(f"{first}\0{text}".encode("utf-8", "replace"))
    reply = replace(
        about,
        id=short_id(digest.digest()),
        raw_hash=digest.hexdigest(),
        received_at=now,
        state=ReplyState.HELD,
        text=text,
        note=f"edits {first}, from its writer's page",
        edits=first,
        decided_at=None,
        decided_by="",
        decided_reason="",
    )
    record_reply(database, reply, duplicate_key=None, now=now)
    return True
