"""2. An issue becomes an edition."""

from newsletter.compose.blocks import Shown
from newsletter.compose.edition import Edition, Variant
from newsletter.compose.letter import Article, Composed, article, compose
from newsletter.compose.merge import Context, Part, Slot, escaped, filled
from newsletter.compose.parts import MOST_SEGMENTS, PART_NAMES, AskedSegment
from newsletter.compose.phrases import direction_of, phrases_for
from newsletter.compose.pictures import Picture
from newsletter.compose.places import page_url
from newsletter.compose.theme import make_theme
from newsletter.compose.typeface import typeface_for

__all__ = [
    "MOST_SEGMENTS",
    "PART_NAMES",
    "Article",
    "AskedSegment",
    "Composed",
    "Context",
    "Edition",
    "Part",
    "Picture",
    "Shown",
    "Slot",
    "Variant",
    "article",
    "compose",
    "direction_of",
    "escaped",
    "filled",
    "make_theme",
    "page_url",
    "phrases_for",
    "typeface_for",
]
