"""2. An issue becomes an edition."""

from newsletter.compose.blocks import Shown
from newsletter.compose.cards import CardBox
from newsletter.compose.copies import Unfit, fit
from newsletter.compose.edition import Edition, Variant
from newsletter.compose.keeping import (
    built_pictures,
    keep_pictures,
    linked_pictures,
    note_build,
    pictures_of_sent_letters,
)
from newsletter.compose.letter import Article, Composed, article, compose, read_cards
from newsletter.compose.merge import Context, Part, Slot, escaped, filled
from newsletter.compose.parts import MOST_SEGMENTS, PART_NAMES, AskedSegment
from newsletter.compose.phrases import direction_of, phrases_for
from newsletter.compose.pictures import Picture
from newsletter.compose.places import comment_anchor, comment_url, page_url
from newsletter.compose.theme import Palette, make_theme
from newsletter.compose.typeface import typeface_for

__all__ = [
    "MOST_SEGMENTS",
    "PART_NAMES",
    "Article",
    "AskedSegment",
    "CardBox",
    "Composed",
    "Context",
    "Edition",
    "Palette",
    "Part",
    "Picture",
    "Shown",
    "Slot",
    "Unfit",
    "Variant",
    "article",
    "built_pictures",
    "comment_anchor",
    "comment_url",
    "compose",
    "direction_of",
    "escaped",
    "filled",
    "fit",
    "keep_pictures",
    "linked_pictures",
    "make_theme",
    "note_build",
    "page_url",
    "phrases_for",
    "pictures_of_sent_letters",
    "read_cards",
    "typeface_for",
]
