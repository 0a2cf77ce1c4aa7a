"""The bytes of a notice (RFC 5322): one person's mail in its thread, with none of a list's headers."""

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from newsletter.address import Mailbox
from newsletter.delivery import headers
from newsletter.delivery.notices import MAX_REFERENCES, Notice, message_ids
from newsletter.delivery.quoted import quoted_text
from newsletter.delivery.returning import form_of
from newsletter.delivery.transports.transport import Envelope
from newsletter.settings import Settings
from newsletter.tokens import Keyring, Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A notice as it is handed over."""

    envelope: Envelope
    message: bytes


def write_letter(notice: Notice, settings: Settings, keyring: Keyring, now: datetime) -> Letter:
    """Return a notice's envelope and bytes; an answer to it comes back to a signed address of its own."""
    sender = sender_of(settings, notice.list_name)
    chosen = settings.list_named(notice.list_name)
    reply, bounce = (
        form_of(settings, chosen, purpose).address(keyring.sign(purpose, notice.number))
        for purpose in (Purpose.REPLY, Purpose.BOUNCE)
    )
    domain = sender.address.domain.lower()
    lines = [
        headers.mailbox("From", sender.name, str(sender.address)),
        headers.mailbox("To", notice.recipient_name, notice.recipient),
        headers.unstructured("Subject", notice.subject),
        f"Date: {format_datetime(now)}".encode("ascii"),
        f"Message-ID: <{notice.id}.{notice.digest}.notice@{domain}>".encode("ascii"),
        f"Reply-To: {reply}".encode("ascii"),
        *_thread(notice),
        *([b"Auto-Submitted: auto-generated", b"X-Auto-Response-Suppress: All"] if notice.is_automatic else []),
        b"MIME-Version: 1.0",
        b"Content-Type: text/plain; charset=utf-8",
        b"Content-Transfer-Encoding: quoted-printable",
    ]
    text = notice.text.replace("\r\n", "\n").strip("\n") + "\n"
    envelope = Envelope(
        delivery_id=notice.number,
        mailing_id=0,
        slug=notice.kind,
        sender=bounce,
        from_address=str(sender.address),
        recipient=notice.recipient,
    )
    return Letter(envelope=envelope, message=b"\r\n".join(lines) + b"\r\n\r\n" + quoted_text(text))


def sender_of(settings: Settings, list_name: str) -> Mailbox:
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
