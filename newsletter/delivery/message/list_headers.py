"""The headers that are the same in every letter of a list: RFC 2919, RFC 2369, and what providers ask for."""

import re

from newsletter.delivery.message import headers
from newsletter.delivery.models import Mailing
from newsletter.settings import Settings

_SENDER_ID = 15
"""Feedback-ID: the most characters of its last field, by which a sender's complaints are told apart."""


def list_headers(settings: Settings, mailing: Mailing) -> bytes:
    """Return the header lines, each ending in CRLF; no URL in them is ever an encoded-word."""
    sender = settings.list_named(mailing.list_name)
    owner = str(sender.sender.address)
    archive = settings.archive.url or settings.publication.url
    home = settings.publication.url
    lines = [
        headers.mailbox_header("List-Id", sender.title, sender.list_id) if sender.title else b"",
        f"List-Help: <{headers.ascii_url(home)}>".encode() if home else f"List-Help: <mailto:{owner}>".encode(),
        f"List-Archive: <{headers.ascii_url(archive)}>".encode() if archive else b"",
        f"List-Owner: <mailto:{owner}>".encode(),
        b"List-Post: NO",
        _feedback_id(mailing, sender.list_id),
        b"Precedence: bulk",
        b"X-Auto-Response-Suppress: All",
    ]
    return b"".join(line + b"\r\n" for line in lines if line)


def _feedback_id(mailing: Mailing, list_id: str) -> bytes:
    """Four fields, the last one constant for all mail of the sender, and none of them naming a reader."""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", mailing.list_name) or "list"
    sender_id = re.sub(r"[^a-z0-9]+", "", list_id.lower())[-_SENDER_ID:]
    return f"Feedback-ID: mailing{mailing.id}:{name}:{mailing.kind}:{sender_id}".encode("ascii")
