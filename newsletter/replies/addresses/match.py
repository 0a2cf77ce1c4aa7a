"""Finds what a mail answers: by signed address, else by ids it refers to, else by a page's, never by subject."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice

from newsletter.database import Database
from newsletter.delivery import (
    Notice,
    SentDelivery,
    find_delivery,
    find_delivery_by_reference,
    find_notice,
    find_notice_by_reference,
    parse_signed_address,
)
from newsletter.replies.addresses.page_address import Place, read_page_address
from newsletter.replies.parsing.headers import Headers
from newsletter.settings import Settings
from newsletter.tokens import Keyring, Purpose

_ENVELOPE = (
    "delivered-to",
    "x-original-to",
    "envelope-to",
    "x-envelope-to",
    "x-gm-original-to",
    "x-rcpt-to",
    "x-forwarded-to",
)
_WRITTEN = ("to", "cc", "resent-to", "resent-cc")
_MAX_ADDRESSES = 40
_MAX_REFERENCES = 5
_REFERENCE = re.compile(r"<([^<>\s]{3,250})>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """The delivery that was found, how, and what the address was for."""

    delivery: SentDelivery | None = None
    notice: Notice | None = None
    """The notice of ours that it answers; its delivery is the one from which it all began."""
    how: str = ""
    purpose: Purpose = Purpose.REPLY
    number: int | None = None
    """What was signed, where it is neither a delivery nor a notice."""
    place: Place | None = None
    """What the address of a page of the archive names."""


def match(
    database: Database, keyring: Keyring, settings: Settings, headers: Headers, recipients: tuple[str, ...]
) -> Match:
    """Find the delivery; `recipients` are the envelope's where the mailbox knows them."""
    seen: dict[str, None] = {}
    for address, place in _candidates(headers, recipients):
        if address in seen or len(seen) >= _MAX_ADDRESSES:
            continue
        seen[address] = None
        token = parse_signed_address(keyring, settings, address)
        if token is None:
            continue
        how = f"signed address in {place}"
        if token.purpose in {Purpose.MODERATE, Purpose.REPLY_AUTHOR}:
            return Match(how=how, purpose=token.purpose, number=token.delivery_id)
        delivery = find_delivery(database, token.delivery_id)
        if delivery is not None:
            return Match(delivery=delivery, how=how, purpose=token.purpose)
        notice = find_notice(database, token.delivery_id)
        if notice is not None:
            return _of_notice(database, notice, how, token.purpose)
    for reference in references(headers):
        delivery = find_delivery_by_reference(database, reference)
        if delivery is not None:
            return Match(delivery=delivery, how="In-Reply-To or References")
        notice = find_notice_by_reference(database, reference)
        if notice is not None:
            return _of_notice(database, notice, "In-Reply-To or References", Purpose.REPLY)
    places = (read_page_address(settings, address) for address in seen)
    named_place = next(filter(None, places), None)
    if named_place is None:
        return Match()
    return Match(how="the address on the archive's page", place=named_place)


def _of_notice(database: Database, notice: Notice, how: str, purpose: Purpose) -> Match:
    delivery = None if notice.delivery_id is None else find_delivery(database, notice.delivery_id)
    return Match(delivery=delivery, notice=notice, how=how, purpose=purpose)


@dataclass(frozen=True, slots=True, kw_only=True)
class OurMessageFilter:
    """Tells our mail in a shared mailbox: sent to a signed address, or an answer to a letter of ours."""

    database: Database
    keyring: Keyring
    settings: Settings
    fields: tuple[str, ...] = (*_ENVELOPE, *_WRITTEN, "in-reply-to", "references")

    def is_ours(self, headers: Headers) -> bool:
        """Whether the mail with these fields is ours; a signature is enough, whatever became of its letter."""
        addresses = islice(_candidates(headers, ()), _MAX_ADDRESSES)
        if any(
            parse_signed_address(self.keyring, self.settings, address) or read_page_address(self.settings, address)
            for address, _ in addresses
        ):
            return True
        return any(
            find_delivery_by_reference(self.database, name) or find_notice_by_reference(self.database, name)
            for name in references(headers)
        )


def is_written_to_us(keyring: Keyring, settings: Settings, headers: Headers, fields: Iterable[str]) -> bool:
    """Whether one of these fields names an address of ours.

    A proven mail that was written to somebody else may be handed to us by whoever has it: then its words
    were not meant for us.
    """
    mine = {entry.sender.address.key for entry in settings.lists.values()}
    mine |= {settings.replies.address.key} if settings.replies.address else set()
    return any(
        address in mine
        or parse_signed_address(keyring, settings, address) is not None
        or read_page_address(settings, address) is not None
        for name in fields
        for address in islice(headers.addresses(name), _MAX_ADDRESSES)
    )


def named(value: str) -> str:
    """Return the first id in a field, without its brackets; "" if there is none."""
    found = _REFERENCE.search(value[:2_000])
    return found[1] if found else ""


def _candidates(headers: Headers, recipients: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    yield from ((recipient.lower(), "the envelope") for recipient in recipients)
    for name in chain(_ENVELOPE, _WRITTEN):
        yield from ((address, name.title()) for address in headers.addresses(name))


def references(headers: Headers) -> list[str]:
    """Return the ids that a mail refers to, without brackets: In-Reply-To, then References from the right."""
    found = _REFERENCE.findall(headers.get("in-reply-to")[:2_000])
    found += reversed(_REFERENCE.findall(headers.get("references")[-20_000:]))
    return list(dict.fromkeys(found))[:_MAX_REFERENCES]
