"""The edition: an issue composed for a list, frozen and identified by a digest of everything that is sent."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass, replace
from typing import Any

from newsletter.compose.merge_tags import EscapeContext, MergeTag, MergeText


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """The message that readers in some of an edition's segments get instead."""

    number: int
    """A bit mask: bit n is set for readers in the n-th segment."""
    inside: tuple[str, ...]
    """The segments that its readers are in; they are in none of the edition's others."""
    html: MergeText
    text: MergeText


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """The message of one mailing, before merge tags are filled in, with a variant for each combination of segments."""

    slug: str
    list_name: str
    title: str
    language: str
    subject: MergeText
    preheader: str
    html: MergeText
    text: MergeText
    web: str
    """The HTML for everybody: without merge tags and without links of one reader."""
    reply_to: str = ""
    """The author's own Reply-To, instead of the signed address; replies to it cannot be matched to a delivery."""
    segments: tuple[str, ...] = ()
    """The segment expressions that decide between variants."""
    variants: tuple[Variant, ...] = ()
    """One for each combination of segments; `html` and `text` are for readers in none of them."""

    def variant(self, number: int) -> "Edition":
        """Return the edition with the message of that variant; 0 is for readers in no segment."""
        if not number:
            return self
        variant = self.variants[number - 1]
        return replace(self, html=variant.html, text=variant.text)

    def variant_number(self, inside: Collection[str]) -> int:
        """Return the number of the variant for readers in exactly these segments."""
        return sum(1 << bit for bit, segment in enumerate(self.segments) if segment in inside)

    @property
    def digest(self) -> str:
        """SHA-256 in hex over everything that is sent: equal digests mean equal bytes to the same reader."""
        excluded = {"web", *(() if self.segments else ("segments", "variants"))}
        sent = {name: value for name, value in self.as_json().items() if name not in excluded}
        return hashlib.sha256(json.dumps(sent, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    def as_json(self) -> dict[str, Any]:
        """Return JSON values that `from_json` reads back exactly."""
        return asdict(self)

    @classmethod
    def from_json(cls, written: dict[str, Any]) -> "Edition":
        """Return the edition that `as_json` returned, also after a round trip through JSON text."""
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
