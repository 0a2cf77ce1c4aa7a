"""Public names of `newsletter.compose`, each loaded on first use; `__init__.py` says what they are for."""

from .blocks import Image as Image
from .composer import (
    Article as Article,
    Composition as Composition,
    compose_article as compose_article,
    compose as compose,
    read_card_directives as read_card_directives,
)
from .edition import Edition as Edition, Variant as Variant
from .fixed_text import reply_invitation as reply_invitation
from .images.copies import UnusablePicture as UnusablePicture, convert_picture as convert_picture
from .images.resolver import Picture as Picture
from .images.sent_images import (
    last_built_pictures as last_built_pictures,
    save_sent_pictures as save_sent_pictures,
    linked_pictures as linked_pictures,
    record_archive_build as record_archive_build,
    sent_pictures as sent_pictures,
)
from .markdown.audience_parts import (
    MAX_SEGMENTS as MAX_SEGMENTS,
    AUDIENCE_DIRECTIVES as AUDIENCE_DIRECTIVES,
    IssueSegment as IssueSegment,
)
from .markdown.directives import CardDirective as CardDirective
from .merge_tags import (
    EscapeContext as EscapeContext,
    MergeText as MergeText,
    MergeTag as MergeTag,
    escape_value as escape_value,
    fill_merge_tags as fill_merge_tags,
)
from .theme import Palette as Palette, make_theme as make_theme
from .typeface import typeface_for as typeface_for
from .urls import comment_anchor as comment_anchor, comment_url as comment_url, issue_url as issue_url
