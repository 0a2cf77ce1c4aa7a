"""The bytes of a notice (RFC 5322): one person's mail in its thread, with none of a list's headers."""

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from newsletter.address import Mailbox
from newsletter.delivery.message import headers
from newsletter.delivery.message.quoted_printable import encode_text
from newsletter.delivery.message.signed_addresses import address_format
from newsletter.delivery.notices.queue import MAX_REFERENCES, Notice, message_ids
from newsletter.delivery.transports.base import Envelope
from newsletter.settings import Settings
from newsletter.tokens import Keyring, Purpose

UNSUBSCRIBE_PLACEHOLDER = "mailto:leave@newsletter.invalid"
REPLY_PLACEHOLDER = "mailto:reply@newsletter.invalid"
"""Where a notice keeps a place for the address that only its number makes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeMessage:
    """A notice as it is handed over."""

    envelope: Envelope
    message: bytes


def build_notice_message(notice: Notice, settings: Settings, keyring: Keyring, now: datetime) -> NoticeMessage:
    """Return a notice's envelope and bytes; an answer to it comes back to a signed address of its own."""
    sender = notice_sender(settings, notice.list_name)
    chosen = settings.list_named(notice.list_name)
    reply, bounce = (
        address_format(settings, chosen, purpose).address(keyring.sign(purpose, notice.number))
        for purpose in (Purpose.REPLY, Purpose.BOUNCE)
    )
    domain = sender.address.domain.lower()
    lines = [
        headers.mailbox_header("From", sender.name, str(sender.address)),
        headers.mailbox_header("To", notice.recipient_name, notice.recipient),
        headers.unstructured_header("Subject", notice.subject),
        f"Date: {format_datetime(now)}".encode("ascii"),
        f"Message-ID: <{notice.id}.{notice.digest}.notice@{domain}>".encode("ascii"),
        f"Reply-To: {reply}".encode("ascii"),
        *_thread(notice),
        *([b"Auto-Submitted: auto-generated", b"X-Auto-Response-Suppress: All"] if notice.is_automatic else []),
        b"MIME-Version: 1.0",
    ]
    text, html = (
        _with_addresses(part, reply, _leave_link(notice, settings, keyring)) for part in (notice.text, notice.html)
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


def _body(notice: Notice, text: str, html: str) -> bytes:
    """Return the text, and the HTML beside it where there is any, each with its own headers."""
    parts = [_part("plain", text), *([_part("html", html)] if html else [])]
    if len(parts) == 1:
        return parts[0]
    boundary = f"=_{notice.digest}".encode("ascii")  # no quoted-printable line can hold "=_" (RFC 2045 section 6.7)
    inner = b"".join(b"\r\n--" + boundary + b"\r\n" + part for part in parts)
    head = b'Content-Type: multipart/alternative;\r\n boundary="' + boundary + b'"\r\n'
    return head + inner + b"\r\n--" + boundary + b"--\r\n"


def _part(subtype: str, text: str) -> bytes:
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head.encode("ascii") + encode_text(text)


def _leave_link(notice: Notice, settings: Settings, keyring: Keyring) -> str:
    form = address_format(settings, settings.list_named(notice.list_name), Purpose.UNSUBSCRIBE)
    return f"mailto:{form.address(keyring.sign(Purpose.UNSUBSCRIBE, notice.number))}?subject=unsubscribe"


def _with_addresses(text: str, reply: str, leave: str) -> str:
    """Return a text with the signed addresses in the places that were kept for them."""
    return text.replace(UNSUBSCRIBE_PLACEHOLDER, leave).replace(REPLY_PLACEHOLDER, f"mailto:{reply}")


def notice_sender(settings: Settings, list_name: str) -> Mailbox:
    """Return whom a notice is from: `[replies] from`, else the author at the list's address."""
    if settings.replies.sender is not None:
        return settings.replies.sender
    mailbox = settings.list_named(list_name).sender
    return Mailbox(settings.publication.author or mailbox.name, mailbox.address)


def _thread(notice: Notice) -> list[bytes]:
    """Return In-Reply-To and References (RFC 5322 section 3.6.4), the oldest and the newest kept."""
    parent = message_ids(notice.in_reply_to)[:1]
    if not parent:
        return []
    before = [name for name in message_ids(notice.references) if name != parent[0]]
    if len(before) >= MAX_REFERENCES:
        before = [before[0], *before[-MAX_REFERENCES + 2 :]]
    names = [f"<{name}>" for name in (*before, *parent)]
    return [f"In-Reply-To: <{parent[0]}>".encode("ascii"), ("References: " + "\r\n ".join(names)).encode("ascii")]
