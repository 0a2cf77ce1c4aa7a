"""Message template: an edition as MIME bytes with placeholders, rendered once for each reader.

What is the same for every reader is encoded once. What differs is on lines of its own (`quoted_printable`), so
rendering only joins ready bytes. Each message has one recipient and is ASCII.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache, partial

from newsletter.delivery.message.click_links import CLICK_TOKEN
from newsletter.delivery.message.dkim import DkimSigner
from newsletter.delivery.message.quoted_printable import SOFT_BREAK
from newsletter.delivery.message.signed_addresses import AddressFormat
from newsletter.delivery.models import Delivery, Mailing
from newsletter.delivery.transports.base import Envelope

Values = dict[str, str]
"""A reader's values, by the names that placeholders use: subscriber.first_name, token.reply, delivery.id ..."""
RenderValue = Callable[[Values], bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageTemplate:
    """One variant of an edition, ready to be rendered; thread-safe."""

    pieces: tuple[bytes, ...]
    """The message, cut at its placeholders, which are empty pieces."""
    placeholders: tuple[tuple[RenderValue, tuple[int, ...]], ...]
    """What is rendered into which pieces."""
    tokens: tuple[str, ...]
    """The tokens of a message, by the names of their values."""
    sign: Callable[[int], Sequence[str]]
    """Makes a delivery's tokens, in that order."""
    bounce: AddressFormat
    from_address: str
    mailing: Mailing
    signer: DkimSigner | None = None
    sign_click: Callable[[int], Sequence[str]] | None = None
    """Makes the token at the end of click links, for readers who consented; None where no link has one."""

    def render(self, delivery: Delivery, now: datetime) -> tuple[Envelope, bytes]:
        """Return a delivery's envelope and its whole message.

        The message's lines end in CRLF, none begins with a dot, those of the body hold at most 76 octets. The
        envelope's sender is a signed address, by which a bounce finds its delivery.
        """
        values = _values_of(delivery)
        values["date"] = _date(int(now.timestamp()))
        for name, token in zip(self.tokens, self.sign(delivery.id), strict=True):
            values[name] = token
        if self.sign_click is not None and delivery.agrees_to_clicks:
            (values[CLICK_TOKEN.name],) = self.sign_click(delivery.id)
        pieces = list(self.pieces)
        for render, positions in self.placeholders:
            octets = render(values)
            for position in positions:
                pieces[position] = octets
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


class TemplateBuilder:
    """Collects the pieces and placeholders of a message template, in the order of the message."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._placeholders: dict[RenderValue, list[int]] = {}
        self._renders: dict[object, RenderValue] = {}
        self._ends_static = False
        """Whether the last piece is static, so that the next static one may join it."""
        self.names: set[str] = set()
        """The values that the message uses and that need no escaping."""

    @property
    def pieces(self) -> tuple[bytes, ...]:
        """The message so far, cut at its placeholders."""
        return tuple(self._pieces)

    @property
    def placeholders(self) -> tuple[tuple[RenderValue, tuple[int, ...]], ...]:
        """What is rendered into which pieces."""
        return tuple((render, tuple(positions)) for render, positions in self._placeholders.items())

    def add(self, octets: bytes) -> None:
        """Add what is the same for every reader."""
        if self._ends_static:
            self._pieces[-1] += octets
        else:
            self._pieces.append(octets)
        self._ends_static = True

    def add_placeholder(self, render: RenderValue, key: object = None) -> None:
        """Add a placeholder; placeholders of the same key are rendered by one call."""
        render = self._renders.setdefault(key, render) if key is not None else render
        self._placeholders.setdefault(render, []).append(len(self._pieces))
        self._pieces.append(b"")
        self._ends_static = False

    def add_value(self, name: str) -> None:
        """Add a placeholder for a value that is ASCII and needs no escaping."""
        self.names.add(name)
        self.add_placeholder(partial(_ascii_value, name), name)

    def add_click_token(self) -> None:
        """Add a placeholder that is empty for readers without a click token; others get a soft line break after it."""
        self.names.add(CLICK_TOKEN.name)
        self.add_placeholder(_click_token, CLICK_TOKEN.name)

    def add_text(self, *texts: str) -> None:
        """Add ASCII texts; one that names a token or the delivery becomes a placeholder."""
        for text in texts:
            if text in {"delivery.id", "token.reply", "token.unsubscribe"}:
                self.add_value(text)
            else:
                self.add(text.encode("ascii"))


def _ascii_value(name: str, values: Values) -> bytes:
    return values[name].encode("ascii")


def _click_token(values: Values) -> bytes:
    token = values.get(CLICK_TOKEN.name)
    return b"/" + token.encode("ascii") + SOFT_BREAK if token else b""


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
