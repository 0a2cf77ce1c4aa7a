"""The bytes of a letter (RFC 5322): an edition as MIME, cut where a reader's value goes, filled once a reader.

All that is the same for everybody is encoded once. What differs stands on lines of its own
(`quoted.py`), so a message is a join of ready bytes. One recipient a message, ASCII only.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache, partial

from newsletter.compose import Edition, EscapeContext, MergeTag, MergeText, escape_value, fill_merge_tags
from newsletter.delivery.message import headers
from newsletter.delivery.message.click_links import CLICK_TOKEN, with_click_links
from newsletter.delivery.message.dkim import DkimSigner
from newsletter.delivery.message.list_headers import list_headers
from newsletter.delivery.message.quoted_printable import SOFT_BREAK, encode_text, encode_value
from newsletter.delivery.message.signed_addresses import AddressFormat, address_format
from newsletter.delivery.message.template import Fill, TemplateBuilder, Values, plain
from newsletter.delivery.message.web_links import web_link_prefix
from newsletter.delivery.models import Delivery, Mailing, MailingKind
from newsletter.delivery.transports.base import Envelope
from newsletter.settings import Settings
from newsletter.tokens import Keyring, Purpose

TEST_PREFIX = "[Test] "
_OF_THE_DOOR = {"preferences": Purpose.PREFERENCES, "view": Purpose.VIEW}
"""Links that a letter has only where there is a web door."""

_TOKENS = {
    "token.reply": Purpose.REPLY,
    "token.unsubscribe": Purpose.UNSUBSCRIBE,
    "token.bounce": Purpose.BOUNCE,
    **{f"token.{name}": purpose for name, purpose in _OF_THE_DOOR.items()},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTemplate:
    """An edition ready for its readers; safe to share between threads."""

    pieces: tuple[bytes, ...]
    """The message cut at its holes, which are empty here."""
    holes: tuple[tuple[Fill, tuple[int, ...]], ...]
    """What goes where."""
    tokens: tuple[str, ...]
    """The tokens that a letter holds, by the names of their values."""
    sign: Callable[[int], Sequence[str]]
    """Makes a delivery's tokens, in that order."""
    bounce: AddressFormat
    from_address: str
    mailing: Mailing
    signer: DkimSigner | None = None
    sign_click: Callable[[int], Sequence[str]] | None = None
    """Makes the token behind the links of a reader who agreed to it; None where nobody's links have one."""

    def render(self, delivery: Delivery, now: datetime) -> tuple[Envelope, bytes]:
        """Return what is handed to the next hop: the envelope, and the whole message.

        Its lines end in CRLF, none begins with a dot, the body's hold 76 octets at most. The envelope's sender
        is signed, so that a bounce finds its delivery.
        """
        values = _values_of(delivery)
        values["date"] = _date(int(now.timestamp()))
        for name, token in zip(self.tokens, self.sign(delivery.id), strict=True):
            values[name] = token
        if self.sign_click is not None and delivery.agrees_to_clicks:
            (values[CLICK_TOKEN.name],) = self.sign_click(delivery.id)
        pieces = list(self.pieces)
        for fill, places in self.holes:
            octets = fill(values)
            for place in places:
                pieces[place] = octets
        message = b"".join(pieces)
        envelope = Envelope(
            delivery_id=delivery.id,
            mailing_id=self.mailing.id,
            slug=self.mailing.slug,
            sender=self.bounce.address(values["token.bounce"]),
            from_address=self.from_address,
            recipient=values["subscriber.address"],
            is_dotless=True,
        )
        return envelope, message if self.signer is None else self.signer.sign(message)


def build_template(
    edition: Edition, mailing: Mailing, settings: Settings, keyring: Keyring, signer: DkimSigner | None = None
) -> MessageTemplate:
    """Encode all of an edition that is the same for everybody; SettingsError when a reply address is too long.

    With a signer, every message it makes is signed.
    """
    sender = settings.list_named(mailing.list_name)
    reply, unsubscribe, bounce = (
        address_format(settings, sender, purpose) for purpose in (Purpose.REPLY, Purpose.UNSUBSCRIBE, Purpose.BOUNCE)
    )
    if edition.reply_to:
        reply = AddressFormat(after=edition.reply_to)
    links = {
        "links.reply": _cut("mailto:", reply, "", "token.reply"),
        "links.unsubscribe": _cut("mailto:", unsubscribe, "?subject=unsubscribe", "token.unsubscribe"),
    }
    mail_link = links["links.unsubscribe"]
    home = web_link_prefix(settings, Purpose.UNSUBSCRIBE)
    if home:
        links["links.unsubscribe"] = (home, MergeTag(name="token.unsubscribe", context=EscapeContext.PLAIN), "")
    for which, purpose in _OF_THE_DOOR.items():
        above = web_link_prefix(settings, purpose) or ""
        token = MergeTag(name=f"token.{which}", context=EscapeContext.PLAIN) if above else None
        links[f"links.{which}"] = (above, token, "")
    layout = TemplateBuilder()
    layout.add(headers.mailbox_header("From", sender.sender.name, str(sender.sender.address)))
    layout.hole(_to)
    _add_subject(layout, edition, mailing)
    layout.add(b"\r\nDate: ")
    layout.hole(partial(plain, "date"))
    domain = sender.sender.address.domain.lower()
    layout.add_text("\r\nMessage-ID: <", "delivery.id", f".{mailing.edition_digest[:16]}@{domain}>")
    layout.add_text("\r\nReply-To: ", *_flat(_cut("", reply, "", "token.reply")))
    layout.add_text("\r\nList-Unsubscribe: ")
    if settings.web.url and settings.web.url.startswith("https:"):
        layout.add_text("<", *_flat(links["links.unsubscribe"]), ">,\r\n ")
    layout.add_text("<", *_flat(mail_link), ">\r\n")
    if settings.web.url and settings.web.url.startswith("https:"):
        layout.add(b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n")
    layout.add_text("X-Delivery: ", "delivery.id", "\r\n")
    if settings.delivery.transport == "smtp" and (its_set := settings.delivery.smtp.configuration_set):
        layout.add_text(f"X-SES-CONFIGURATION-SET: {its_set}\r\n")
        layout.add_text("X-SES-MESSAGE-TAGS: delivery=", "delivery.id", f", mailing={mailing.id}\r\n")
    layout.add(list_headers(settings, mailing))
    _add_bodies(layout, with_click_links(edition, mailing, settings), links, mailing.edition_digest)
    tokens = tuple(name for name in _TOKENS if name in {*layout.names, "token.bounce"})
    return MessageTemplate(
        pieces=tuple(layout.pieces),
        holes=tuple((fill, tuple(places)) for fill, places in layout.holes.items()),
        tokens=tokens,
        sign=keyring.signer(*(_TOKENS[name] for name in tokens)),
        bounce=bounce,
        from_address=str(sender.sender.address),
        mailing=mailing,
        signer=signer,
        sign_click=keyring.signer(Purpose.CLICK) if CLICK_TOKEN.name in layout.names else None,
    )


def build_templates(
    edition: Edition, mailing: Mailing, settings: Settings, keyring: Keyring, signer: DkimSigner | None = None
) -> tuple[MessageTemplate, ...]:
    """Encode every variant of an edition, in the order of their numbers."""
    return tuple(
        build_template(edition.variant(number), mailing, settings, keyring, signer)
        for number in range(len(edition.variants) + 1)
    )


def _add_subject(layout: TemplateBuilder, edition: Edition, mailing: Mailing) -> None:
    subject: MergeText = (TEST_PREFIX, *edition.subject) if mailing.kind is MailingKind.TEST else edition.subject
    layout.add(b"\r\n")
    if any(isinstance(piece, MergeTag) for piece in subject):
        layout.hole(partial(_subject, subject))
    else:
        layout.add(headers.unstructured_header("Subject", fill_merge_tags(subject, {})))


def _add_bodies(
    layout: TemplateBuilder, edition: Edition, links: dict[str, tuple[str, MergeTag | None, str]], digest: str
) -> None:
    boundary = f"=_{digest[:32]}"  # no quoted-printable line can hold "=_" (RFC 2045 section 6.7)
    layout.add_text(f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n')
    for subtype, part in (("plain", edition.text), ("html", edition.html)):
        layout.add_text(
            f"\r\n--{boundary}\r\nContent-Type: text/{subtype}; charset=utf-8\r\n"
            "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
        )
        for piece in _merged(_with_links(part, links)):
            if isinstance(piece, str):
                layout.add(encode_text(piece))
                continue
            layout.add(SOFT_BREAK)
            if piece == CLICK_TOKEN:
                layout.follower()
                continue
            if piece.name.startswith("token."):
                layout.value(piece.name)
            else:
                layout.hole(partial(_slot, piece), piece)
            layout.add(SOFT_BREAK)
    layout.add_text(f"\r\n--{boundary}--\r\n")


def _with_links(part: MergeText, links: dict[str, tuple[str, MergeTag | None, str]]) -> Iterable[str | MergeTag]:
    """Replace each link of ours by what is the same for everybody around its token."""
    for piece in part:
        if isinstance(piece, str) or piece.name not in links:
            yield piece
            continue
        context = EscapeContext.HTML if piece.context is EscapeContext.LINK else piece.context
        before, token, after = links[piece.name]
        yield escape_value(before, context)
        if token is not None:
            yield token
        yield escape_value(after, context)


def _merged(pieces: Iterable[str | MergeTag]) -> MergeText:
    """Join the texts that stand side by side."""
    merged: list[str | MergeTag] = []
    for piece in pieces:
        if isinstance(piece, str) and merged and isinstance(merged[-1], str):
            merged[-1] += piece
        elif piece != "":
            merged.append(piece)
    return tuple(merged)


def _cut(before: str, form: AddressFormat, after: str, token: str) -> tuple[str, MergeTag | None, str]:
    if form.purpose is None:
        return before + form.after + after, None, ""
    return before + form.before, MergeTag(name=token, context=EscapeContext.PLAIN), form.after + after


def _flat(cut: tuple[str, MergeTag | None, str]) -> tuple[str, ...]:
    before, token, after = cut
    return (before, token.name, after) if token is not None else (before, after)


def _values_of(delivery: Delivery) -> Values:
    address = str(delivery.recipient)
    name = f"{delivery.first_name} {delivery.last_name}".strip()
    return {
        **{f"subscriber.{key}": value for key, value in delivery.fields.items()},
        "subscriber.first_name": delivery.first_name,
        "subscriber.last_name": delivery.last_name,
        "subscriber.name": name,
        "subscriber.email": address,
        "subscriber.address": address,
        "delivery.id": str(delivery.id),
    }


@lru_cache(maxsize=4)
def _date(seconds: int) -> str:
    return format_datetime(datetime.fromtimestamp(seconds, UTC))


def _slot(slot: MergeTag, values: Values) -> bytes:
    return encode_value(escape_value(values.get(slot.name) or slot.default, slot.context))


def _subject(subject: MergeText, values: Values) -> bytes:
    return headers.unstructured_header("Subject", fill_merge_tags(subject, values))


def _to(values: Values) -> bytes:
    return b"\r\n" + headers.mailbox_header("To", values["subscriber.name"], values["subscriber.address"])
