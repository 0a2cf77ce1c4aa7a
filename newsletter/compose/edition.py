"""Editions: an issue composed for a list and frozen, named by a digest of what is sent."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from typing import Any

from newsletter.compose.merge_tags import EscapeContext, MergeTag, MergeText


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What readers in some of an edition's segments get instead."""

    number: int
    """Bit n of it is set for those in the n-th segment."""
    inside: tuple[str, ...]
    """The segments that its readers are in; they are in no other of the edition's."""
    html: MergeText
    text: MergeText


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """What every reader of one mailing gets, but for the slots, and for the variants of those in its segments."""

    slug: str
    list_name: str
    title: str
    language: str
    subject: MergeText
    preheader: str
    html: MergeText
    text: MergeText
    web: str
    """The letter as anybody may read it: without slots, without a reader's own links."""
    reply_to: str = ""
    """Where the author wants answers instead of the signed address, which then finds no delivery."""
    segments: tuple[str, ...] = ()
    """The questions, spelled out, whose answers decide between variants."""
    variants: tuple[Variant, ...] = ()
    """One for each way to be in some of the segments; `html` and `text` are for those in none."""

    def variant(self, number: int) -> "Edition":
        """Return the edition as the readers of that variant get it; 0 is for those in no segment."""
        if not number:
            return self
        found = self.variants[number - 1]
        return replace(self, html=found.html, text=found.text)

    def variant_number(self, inside: Collection[str]) -> int:
        """Return the variant for readers in these segments and in no others."""
        return sum(1 << place for place, segment in enumerate(self.segments) if segment in inside)

    @property
    def digest(self) -> str:
        """SHA-256 in hex over all that is sent: the same digest means the same bytes to the same reader."""
        unsaid = {"web", *(() if self.segments else ("segments", "variants"))}
        sent = {name: value for name, value in self.as_json().items() if name not in unsaid}
        return hashlib.sha256(json.dumps(sent, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """Return plain values that `from_json` reads back, byte for byte."""
        return asdict(self)

    @classmethod
    def from_json(cls, written: dict[str, Any]) -> "Edition":
        """Read what `as_json` returned, also after a trip through a JSON text."""
        known = {name: value for name, value in written.items() if name in cls.__slots__}
        parts = {name: _part(written[name]) for name in ("subject", "html", "text")}
        segments = {
            "segments": tuple(written.get("segments", ())),
            "variants": tuple(map(_variant, written.get("variants", ()))),
        }
        return cls(**{**known, **parts, **segments})


def _variant(written: dict[str, Any]) -> Variant:
    parts = {name: _part(written[name]) for name in ("html", "text")}
    return Variant(number=written["number"], inside=tuple(written["inside"]), **parts)


def _part(written: list[Any]) -> MergeText:
    return tuple(
        piece if isinstance(piece, str) else MergeTag(**{**piece, "context": EscapeContext(piece["context"])})
        for piece in written
    )
