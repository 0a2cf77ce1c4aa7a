"""The layout of a message as it is put together: pieces that are the same for everybody, and holes for values."""

from collections.abc import Callable
from functools import partial

from newsletter.delivery.message.click_links import CLICK_TOKEN
from newsletter.delivery.message.quoted_printable import SOFT_BREAK

Values = dict[str, str]
Fill = Callable[[Values], bytes]


class TemplateBuilder:
    """A message as it is put together: pieces and holes."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.holes: dict[Fill, list[int]] = {}
        self.names: set[str] = set()
        self._fills: dict[object, Fill] = {}
        self._is_static = False
        """Whether the last piece is the same for everybody, so that the next such one may join it."""

    def add(self, octets: bytes) -> None:
        """Add what is the same for everybody."""
        if self._is_static:
            self.pieces[-1] += octets
        else:
            self.pieces.append(octets)
        self._is_static = True

    def hole(self, fill: Fill, key: object = None) -> None:
        """Leave a hole; holes of the same key are filled by one call."""
        fill = self._fills.setdefault(key, fill) if key is not None else fill
        self.holes.setdefault(fill, []).append(len(self.pieces))
        self.pieces.append(b"")
        self._is_static = False

    def value(self, name: str) -> None:
        """Leave a hole for a value that is ASCII and needs no escaping."""
        self.names.add(name)
        self.hole(partial(plain, name), name)

    def follower(self) -> None:
        """Leave a hole that is empty for most; whoever has something there has its soft line break with it."""
        self.names.add(CLICK_TOKEN.name)
        self.hole(_follower, CLICK_TOKEN.name)

    def add_text(self, *texts: str) -> None:
        """Add ASCII texts; one that names a token or the delivery becomes a hole."""
        for text in texts:
            if text in {"delivery.id", "token.reply", "token.unsubscribe"}:
                self.value(text)
            else:
                self.add(text.encode("ascii"))


def plain(name: str, values: Values) -> bytes:
    """Return a value that is ASCII and needs no escaping."""
    return values[name].encode("ascii")


def _follower(values: Values) -> bytes:
    token = values.get(CLICK_TOKEN.name)
    return b"/" + token.encode("ascii") + SOFT_BREAK if token else b""
