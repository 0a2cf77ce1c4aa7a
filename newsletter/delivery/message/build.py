"""Builds a message template from an edition: headers, multipart/alternative bodies, and placeholders for values."""

from collections.abc import Iterable, Mapping
from functools import partial

from newsletter.compose import Edition, EscapeContext, MergeTag, MergeText, escape_value, fill_merge_tags
from newsletter.delivery.message.click_links import CLICK_TOKEN, with_click_links
from newsletter.delivery.message.dkim import DkimSigner
from newsletter.delivery.message.headers import list_headers, mailbox_header, unstructured_header
from newsletter.delivery.message.links import TOKEN_PURPOSES, LinkTemplate, MessageLinks, message_links
from newsletter.delivery.message.quoted_printable import (
    SOFT_BREAK,
    encode_text,
    encode_value,
    multipart_boundary,
    multipart_headers,
    part_delimiter,
    text_part_headers,
)
from newsletter.delivery.message.signed_addresses import address_format
from newsletter.delivery.message.template import MessageTemplate, TemplateBuilder, Values
from newsletter.delivery.models import Mailing, MailingKind
from newsletter.settings import ListSettings, Settings
from newsletter.tokens import Keyring, Purpose

_TEST_PREFIX = "[Test] "


def build_templates(
    edition: Edition, mailing: Mailing, settings: Settings, keyring: Keyring, signer: DkimSigner | None = None
) -> tuple[MessageTemplate, ...]:
    """Build the template of every variant of an edition, in the order of their numbers."""
    return tuple(
        build_template(edition.variant(number), mailing, settings, keyring, signer)
        for number in range(len(edition.variants) + 1)
    )


def build_template(
    edition: Edition, mailing: Mailing, settings: Settings, keyring: Keyring, signer: DkimSigner | None = None
) -> MessageTemplate:
    """Encode everything of an edition that is the same for every reader.

    With a signer, every message is DKIM-signed when it is rendered. SettingsError when a signed address would be
    too long.
    """
    mailing_list = settings.list_named(mailing.list_name)
    links = message_links(settings, mailing_list, edition.reply_to)
    builder = TemplateBuilder()
    _add_address_headers(builder, edition, mailing, mailing_list)
    _add_token_headers(builder, mailing, settings, links)
    builder.add(list_headers(settings, mailing))
    _add_bodies(builder, with_click_links(edition, mailing, settings), links.by_tag(), mailing.edition_digest)
    tokens = tuple(name for name in TOKEN_PURPOSES if name in {*builder.names, "token.bounce"})
    return MessageTemplate(
        pieces=builder.pieces,
        placeholders=builder.placeholders,
        tokens=tokens,
        sign=keyring.signer(*(TOKEN_PURPOSES[name] for name in tokens)),
        bounce=address_format(settings, mailing_list, Purpose.BOUNCE),
        from_address=str(mailing_list.sender.address),
        mailing=mailing,
        signer=signer,
        sign_click=keyring.signer(Purpose.CLICK) if CLICK_TOKEN.name in builder.names else None,
    )


def _add_address_headers(
    builder: TemplateBuilder, edition: Edition, mailing: Mailing, mailing_list: ListSettings
) -> None:
    """Add From, To, Subject, Date and Message-ID."""
    sender = mailing_list.sender
    builder.add(mailbox_header("From", sender.name, str(sender.address)))
    builder.add_placeholder(_to_header)
    subject: MergeText = (_TEST_PREFIX, *edition.subject) if mailing.kind is MailingKind.TEST else edition.subject
    builder.add(b"\r\n")
    if any(isinstance(piece, MergeTag) for piece in subject):
        builder.add_placeholder(partial(_subject_header, subject))
    else:
        builder.add(_subject_header(subject, {}))
    builder.add(b"\r\nDate: ")
    builder.add_value("date")
    builder.add(b"\r\nMessage-ID: <")
    builder.add_value("delivery.id")
    builder.add_text(f".{mailing.edition_digest[:16]}@{sender.address.domain.lower()}>")


def _add_token_headers(builder: TemplateBuilder, mailing: Mailing, settings: Settings, links: MessageLinks) -> None:
    """Add the headers that hold tokens or the delivery's number: Reply-To, List-Unsubscribe (RFC 8058), SES's tags."""
    has_one_click = settings.web.url is not None and settings.web.url.startswith("https:")
    builder.add_text("\r\nReply-To: ", *links.reply_address.parts)
    builder.add_text("\r\nList-Unsubscribe: ")
    if has_one_click:
        builder.add_text("<", *links.unsubscribe.parts, ">,\r\n ")
    builder.add_text("<", *links.unsubscribe_by_mail.parts, ">\r\n")
    if has_one_click:
        builder.add(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
    builder.add_text("X-Delivery: ", "delivery.id", "\r\n")
    if settings.delivery.transport == "smtp" and (name := settings.delivery.smtp.configuration_set):
        builder.add_text(f"X-SES-CONFIGURATION-SET: {name}\r\n")
        builder.add_text("X-SES-MESSAGE-TAGS: delivery=", "delivery.id", f", mailing={mailing.id}\r\n")


def _add_bodies(builder: TemplateBuilder, edition: Edition, links: Mapping[str, LinkTemplate], digest: str) -> None:
    """Add the text and the HTML as multipart/alternative, their merge tags as placeholders."""
    boundary = multipart_boundary(digest)
    builder.add(b"MIME-Version: 1.0\r\n" + multipart_headers(boundary))
    for subtype, body in (("plain", edition.text), ("html", edition.html)):
        builder.add(part_delimiter(boundary) + text_part_headers(subtype))
        for piece in _joined(_with_links(body, links)):
            if isinstance(piece, str):
                builder.add(encode_text(piece))
                continue
            builder.add(SOFT_BREAK)
            if piece == CLICK_TOKEN:
                builder.add_click_token()
                continue
            if piece.name.startswith("token."):
                builder.add_value(piece.name)
            else:
                builder.add_placeholder(partial(_merge_value, piece), piece)
            builder.add(SOFT_BREAK)
    builder.add(part_delimiter(boundary, is_last=True))


def _with_links(body: MergeText, links: Mapping[str, LinkTemplate]) -> Iterable[str | MergeTag]:
    """Replace the merge tags of our links by their static text and their tokens."""
    for piece in body:
        if isinstance(piece, str) or piece.name not in links:
            yield piece
            continue
        context = EscapeContext.HTML if piece.context is EscapeContext.LINK else piece.context
        link = links[piece.name]
        yield escape_value(link.before, context)
        if link.token is not None:
            yield MergeTag(name=link.token, context=EscapeContext.PLAIN)
        yield escape_value(link.after, context)


def _joined(pieces: Iterable[str | MergeTag]) -> MergeText:
    """Join adjacent texts."""
    joined: list[str | MergeTag] = []
    for piece in pieces:
        if isinstance(piece, str) and joined and isinstance(joined[-1], str):
            joined[-1] += piece
        elif piece != "":
            joined.append(piece)
    return tuple(joined)


def _merge_value(tag: MergeTag, values: Values) -> bytes:
    return encode_value(escape_value(values.get(tag.name) or tag.default, tag.context))


def _subject_header(subject: MergeText, values: Values) -> bytes:
    return unstructured_header("Subject", fill_merge_tags(subject, values))


def _to_header(values: Values) -> bytes:
    return b"\r\n" + mailbox_header("To", values["subscriber.name"], values["subscriber.address"])
