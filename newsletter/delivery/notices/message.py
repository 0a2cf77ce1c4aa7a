"""Builds a notice's message (RFC 5322): in its thread, text and HTML, without the headers of a mailing list."""

import re
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from newsletter.address import Mailbox
from newsletter.delivery.message.headers import mailbox_header, unstructured_header
from newsletter.delivery.message.quoted_printable import (
    encode_text,
    multipart_boundary,
    multipart_headers,
    part_delimiter,
    text_part_headers,
)
from newsletter.delivery.message.signed_addresses import address_format
from newsletter.delivery.notices.queue import Notice
from newsletter.delivery.transports.base import Envelope
from newsletter.settings import Settings
from newsletter.tokens import Keyring, Purpose

UNSUBSCRIBE_PLACEHOLDER = "mailto:leave@newsletter.invalid"
REPLY_PLACEHOLDER = "mailto:reply@newsletter.invalid"
"""What a planned notice's text holds in place of signed addresses, for which its number must be known."""
_MAX_REFERENCES = 20
_MESSAGE_ID = re.compile(r"[^\s<>]{3,250}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeMessage:
    """A notice as it is submitted."""

    envelope: Envelope
    message: bytes


def build_notice_message(notice: Notice, settings: Settings, keyring: Keyring, now: datetime) -> NoticeMessage:
    """Return a notice's envelope and bytes; replies to it come back to a signed address of its own."""
    sender = notice_sender(settings, notice.list_name)
    mailing_list = settings.list_named(notice.list_name)
    reply, unsubscribe, bounce = (
        address_format(settings, mailing_list, purpose).address(keyring.sign(purpose, notice.number))
        for purpose in (Purpose.REPLY, Purpose.UNSUBSCRIBE, Purpose.BOUNCE)
    )
    lines = [
        mailbox_header("From", sender.name, str(sender.address)),
        mailbox_header("To", notice.recipient_name, notice.recipient),
        unstructured_header("Subject", notice.subject),
        f"Date: {format_datetime(now)}".encode("ascii"),
        f"Message-ID: <{notice.id}.{notice.digest}.notice@{sender.address.domain.lower()}>".encode("ascii"),
        f"Reply-To: {reply}".encode("ascii"),
        *_thread_headers(notice),
        *([b"Auto-Submitted: auto-generated", b"X-Auto-Response-Suppress: All"] if notice.is_automatic else []),
        b"MIME-Version: 1.0",
    ]
    text, html = (
        part.replace(UNSUBSCRIBE_PLACEHOLDER, f"mailto:{unsubscribe}?subject=unsubscribe").replace(
            REPLY_PLACEHOLDER, f"mailto:{reply}"
        )
        for part in (notice.text, notice.html)
    )
    text = text.replace("\r\n", "\n").strip("\n") + "\n"
    envelope = Envelope(
        delivery_id=notice.number,
        mailing_id=0,
        slug=notice.kind,
        sender=bounce,
        from_address=str(sender.address),
        recipient=notice.recipient,
    )
    return NoticeMessage(envelope=envelope, message=b"\r\n".join([*lines, _body(notice, text, html)]))


def notice_sender(settings: Settings, list_name: str) -> Mailbox:
    """Return whom a notice is from: `[replies] from`, else the author at the list's address."""
    if settings.replies.sender is not None:
        return settings.replies.sender
    mailbox = settings.list_named(list_name).sender
    return Mailbox(settings.publication.author or mailbox.name, mailbox.address)


def _body(notice: Notice, text: str, html: str) -> bytes:
    """Return the text, and the HTML beside it where there is any, with the headers of its content."""
    parts = [text_part_headers("plain") + encode_text(text)]
    if not html:
        return parts[0]
    parts.append(text_part_headers("html") + encode_text(html))
    boundary = multipart_boundary(notice.digest)
    delimited = [part_delimiter(boundary) + part for part in parts]
    return b"".join([multipart_headers(boundary), *delimited, part_delimiter(boundary, is_last=True)])


def _thread_headers(notice: Notice) -> list[bytes]:
    """Return In-Reply-To and References (RFC 5322 section 3.6.4); of a long thread the oldest and newest are kept."""
    parent = _message_ids(notice.in_reply_to)[:1]
    if not parent:
        return []
    before = [name for name in _message_ids(notice.references) if name != parent[0]]
    if len(before) >= _MAX_REFERENCES:
        before = [before[0], *before[-_MAX_REFERENCES + 2 :]]
    names = [f"<{name}>" for name in (*before, *parent)]
    return [f"In-Reply-To: <{parent[0]}>".encode("ascii"), ("References: " + "\r\n ".join(names)).encode("ascii")]


def _message_ids(text: str) -> list[str]:
    """Return the message ids in a header that are safe in one of ours, without brackets."""
    names = re.findall(r"<([^<>\s]{3,250})>", text) or [text.strip().strip("<>")]
    return [name for name in names if _MESSAGE_ID.fullmatch(name) and name.isascii() and name.isprintable()]
