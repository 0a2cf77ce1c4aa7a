"""Editions: an issue composed for a list and frozen, named by a digest of what is sent."""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from newsletter.compose.merge import Context, Part, Slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """What every reader of one mailing gets, but for the slots."""

    slug: str
    list_name: str
    title: str
    language: str
    subject: Part
    preheader: str
    html: Part
    text: Part
    web: str
    """The letter as anybody may read it: without slots, without a reader's own links."""
    reply_to: str = ""
    """Where the author wants answers instead of the signed address, which then finds no delivery."""

    @property
    def digest(self) -> str:
        """SHA-256 in hex over all that is sent: the same digest means the same bytes to the same reader."""
        sent = {name: value for name, value in self.as_json().items() if name != "web"}
        return hashlib.sha256(json.dumps(sent, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """Return plain values that `from_json` reads back, byte for byte."""
        return asdict(self)

    @classmethod
    def from_json(cls, written: dict[str, Any]) -> "Edition":
        """Read what `as_json` returned, also after a trip through a JSON text."""
        known = {name: value for name, value in written.items() if name in cls.__slots__}
        parts = {name: _part(written[name]) for name in ("subject", "html", "text")}
        return cls(**{**known, **parts})


def _part(written: list[Any]) -> Part:
    return tuple(
        piece if isinstance(piece, str) else Slot(**{**piece, "context": Context(piece["context"])})
        for piece in written
    )
