"""Matching of an incoming message: by signed address, else by the Message-IDs it refers to, else by a page's address.

Never by its subject, which anybody may write.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from newsletter.database import Database
from newsletter.delivery import SentDelivery, find_delivery, find_delivery_by_reference
from newsletter.delivery.message import parse_signed_address
from newsletter.delivery.notices import Notice, find_notice, find_notice_by_reference
from newsletter.replies.addresses.page_address import PageTarget, read_page_address
from newsletter.replies.parsing.headers import Headers
from newsletter.settings import Settings
from newsletter.tokens import Keyring, Purpose

_ENVELOPE_FIELDS = (
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-gm-original-to",
    "x-rcpt-to",
    "x-forwarded-to",
)
"""Header fields in which mail servers note the envelope's recipient."""
_RECIPIENT_FIELDS = ("to", "cc", "resent-to", "resent-cc")
_MAX_ADDRESSES = 40
_MAX_REFERENCES = 5
_MESSAGE_ID = re.compile(r"<([^<>\s]{3,250})>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What a message answers, how that was found, and what the address was for."""

    delivery: SentDelivery | None = None
    notice: Notice | None = None
    """The notice that it answers; its delivery is the one with which the thread began."""
    how: str = ""
    purpose: Purpose = Purpose.REPLY
    number: int | None = None
    """The signed number, where it names neither a delivery nor a notice but an action."""
    page: PageTarget | None = None
    """What the address of a page of the archive names."""


def match_message(
    database: Database, keyring: Keyring, settings: Settings, headers: Headers, recipients: tuple[str, ...]
) -> Match:
    """Find what a message answers; `recipients` are the envelope's where the mailbox knows them."""
    seen: dict[str, None] = {}
    for address, field in _candidates(headers, recipients):
        if address in seen or len(seen) >= _MAX_ADDRESSES:
            continue
        seen[address] = None
        token = parse_signed_address(keyring, settings, address)
        if token is None:
            continue
        how = f"signed address in {field}"
        if token.purpose in {Purpose.MODERATE, Purpose.REPLY_AUTHOR}:
            return Match(how=how, purpose=token.purpose, number=token.number)
        delivery = find_delivery(database, token.number)
        if delivery is not None:
            return Match(delivery=delivery, how=how, purpose=token.purpose)
        notice = find_notice(database, token.number)
        if notice is not None:
            return _match_notice(database, notice, how, token.purpose)
    for message_id in _references(headers):
        delivery = find_delivery_by_reference(database, message_id)
        if delivery is not None:
            return Match(delivery=delivery, how="In-Reply-To or References")
        notice = find_notice_by_reference(database, message_id)
        if notice is not None:
            return _match_notice(database, notice, "In-Reply-To or References", Purpose.REPLY)
    pages = (read_page_address(settings, address) for address in seen)
    page = next(filter(None, pages), None)
    return Match() if page is None else Match(how="the address on the archive's page", page=page)


def _match_notice(database: Database, notice: Notice, how: str, purpose: Purpose) -> Match:
    delivery = None if notice.delivery_id is None else find_delivery(database, notice.delivery_id)
    return Match(delivery=delivery, notice=notice, how=how, purpose=purpose)


@dataclass(frozen=True, slots=True, kw_only=True)
class OurMessageFilter:
    """Tells our mail in a shared mailbox: sent to a signed address, or an answer to an issue or notice of ours."""

    database: Database
    keyring: Keyring
    settings: Settings
    fields: tuple[str, ...] = (*_ENVELOPE_FIELDS, *_RECIPIENT_FIELDS, "in-reply-to", "references")

    def is_ours(self, headers: Headers) -> bool:
        """Whether the message with these fields is ours; a signature is enough, whatever became of its delivery."""
        addresses = islice(_candidates(headers, ()), _MAX_ADDRESSES)
        if any(
            parse_signed_address(self.keyring, self.settings, address) or read_page_address(self.settings, address)
            for address, _ in addresses
        ):
            return True
        return any(
            find_delivery_by_reference(self.database, message_id) or find_notice_by_reference(self.database, message_id)
            for message_id in _references(headers)
        )


def is_written_to_us(keyring: Keyring, settings: Settings, headers: Headers, fields: Iterable[str]) -> bool:
    """Whether one of these fields names an address of ours.

    An authenticated message that was written to somebody else may have been forwarded to us: then its text
    was not meant for us.
    """
    ours = {entry.sender.address.key for entry in settings.lists.values()}
    ours |= {settings.replies.address.key} if settings.replies.address else set()
    return any(
        address in ours
        or parse_signed_address(keyring, settings, address) is not None
        or read_page_address(settings, address) is not None
        for name in fields
        for address in islice(headers.addresses(name), _MAX_ADDRESSES)
    )


def first_message_id(value: str) -> str:
    """Return the first Message-ID in a field, without its brackets; "" if there is none."""
    match = _MESSAGE_ID.search(value[:2_000])
    return match[1] if match else ""


def _candidates(headers: Headers, recipients: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    yield from ((recipient.lower(), "the envelope") for recipient in recipients)
    for name in chain(_ENVELOPE_FIELDS, _RECIPIENT_FIELDS):
        yield from ((address, name.title()) for address in headers.addresses(name))


def _references(headers: Headers) -> list[str]:
    """Return the Message-IDs that a message refers to: In-Reply-To, then References from the right."""
    message_ids = _MESSAGE_ID.findall(headers.get("in-reply-to")[:2_000])
    message_ids += reversed(_MESSAGE_ID.findall(headers.get("references")[-20_000:]))
    return list(dict.fromkeys(message_ids))[:_MAX_REFERENCES]
