"""Public names of `newsletter.compose`, each loaded on first use; `__init__.py` says what they are for."""

from .blocks import Shown as Shown
from .cards import CardBox as CardBox
from .copies import Unfit as Unfit, fit as fit
from .edition import Edition as Edition, Variant as Variant
from .keeping import (
    built_pictures as built_pictures,
    keep_pictures as keep_pictures,
    linked_pictures as linked_pictures,
    note_build as note_build,
    pictures_of_sent_letters as pictures_of_sent_letters,
)
from .letter import (
    Article as Article,
    Composed as Composed,
    article as article,
    compose as compose,
    read_cards as read_cards,
)
from .merge import Context as Context, Part as Part, Slot as Slot, escaped as escaped, filled as filled
from .parts import MOST_SEGMENTS as MOST_SEGMENTS, PART_NAMES as PART_NAMES, AskedSegment as AskedSegment
from .phrases import direction_of as direction_of, phrases_for as phrases_for
from .pictures import Picture as Picture
from .places import comment_anchor as comment_anchor, comment_url as comment_url, page_url as page_url
from .theme import Palette as Palette, make_theme as make_theme
from .typeface import typeface_for as typeface_for
