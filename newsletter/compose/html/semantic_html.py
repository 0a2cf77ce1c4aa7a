"""Semantic HTML of blocks: for the archive, feeds, and content inside other blocks of an email."""

from collections.abc import Sequence

from markupsafe import Markup, escape

from newsletter.compose.blocks import (
    Block,
    Buttons,
    Callout,
    Card,
    Columns,
    Divider,
    Footnotes,
    Gallery,
    Image,
    PictureRow,
    PullQuote,
    QuotedComment,
    QuotedComments,
    TableOfContents,
)
from newsletter.compose.fixed_text import callout_label
from newsletter.locales import Translations

_WIDE = 200
"""Pictures of at least this width may fill a narrow screen; smaller ones are icons and stay small."""


def semantic_html(blocks: Sequence[Block], translations: Translations) -> str:
    """Return blocks as HTML whose elements and classes say what they are; the style sheet decides their look."""
    return "\n".join(_element(block, translations) for block in blocks)


def _element(block: Block, translations: Translations) -> str:
    match block:
        case PictureRow():
            figures = "\n".join(figure(image) for image in block.images)
            return figures if len(block.images) == 1 else f'<div class="gallery">\n{figures}\n</div>'
        case Gallery():
            return "\n".join(_gallery(row) for row in block.rows)
        case Card():
            return _card(block)
        case TableOfContents():
            return table_of_contents(block)
        case QuotedComments():
            comments = "\n".join(quoted_comment(comment) for comment in block.comments)
            return f'<section class="reader-letters">\n{comments}\n</section>'
        case Buttons():
            return "\n".join(
                Markup('<p class="action"><a class="button" href="{}">{}</a></p>').format(button.href, button.label)
                for button in block.buttons
            )
        case Divider():
            return "<hr />"
        case PullQuote():
            return f'<blockquote class="pull">{block.html}</blockquote>'
        case Callout():
            title = escape(block.title or callout_label(block.style, translations))
            inner = f'<p class="label">{title}</p>\n{semantic_html(block.blocks, translations)}'
            return f'<aside class="callout {block.style}">\n{inner}\n</aside>'
        case Columns():
            columns = (semantic_html(column, translations) for column in block.columns)
            inner = "\n".join(f'<div class="column">\n{column}\n</div>' for column in columns)
            return f'<div class="columns">\n{inner}\n</div>'
        case Footnotes():
            notes = "\n".join(f'<li id="fn{number}">{note}</li>' for number, note in enumerate(block.notes, 1))
            return f'<section class="footnotes" role="doc-endnotes">\n<ol>\n{notes}\n</ol>\n</section>'
        case _:
            return block.html


def _gallery(row: Sequence[Image]) -> str:
    figures = "\n".join(figure(image) for image in row)
    return f'<div class="gallery">\n{figures}\n</div>'


def _card(card: Card) -> str:
    kind = "card video" if card.is_video else "card"
    picture = figure(card.image, href=card.href) if card.image else ""
    return f'<aside class="{kind}">\n{picture}\n{card_text(card)}\n</aside>'


def card_text(card: Card) -> str:
    """Return the text of a card: title, description and host."""
    play = Markup('<span class="play" aria-hidden="true">\u25b6\ufe0e</span> ') if card.is_video else ""
    linked = Markup('<a href="{}">{}</a>').format(card.href, card.title) if card.href else escape(card.title)
    title = Markup('<p class="card-title">{}{}</p>').format(play, linked)
    text = f'\n<div class="card-text">{card.html}</div>' if card.html else ""
    host = Markup('\n<p class="card-host">{}</p>').format(card.host) if card.host not in {"", card.title} else ""
    return f"{title}{text}{host}"


def table_of_contents(block: TableOfContents) -> str:
    """Return a table of contents, each heading a link to its place."""
    items = "\n".join(
        Markup('<li class="level-{}"><a href="#{}">{}</a></li>').format(heading.level, heading.id, heading.text)
        for heading in block.headings
    )
    title = Markup('<p class="label">{}</p>\n').format(block.title) if block.title else ""
    return f'<nav class="contents">\n{title}<ul>\n{items}\n</ul>\n</nav>'


def quoted_comment(comment: QuotedComment) -> str:
    """Return a reader's comment with name and date."""
    by = Markup('<p class="reader"><bdi>{}</bdi>, {}</p>').format(comment.author, comment.date)
    return f'<blockquote class="reader-letter" dir="auto">{comment.html}{by}</blockquote>'


def figure(image: Image, *, is_email: bool = False, is_wide: bool = False, href: str | None = None) -> str:
    """Return a picture with its caption and link; `is_wide` lets a small picture fill a narrow screen."""
    if not image.src:
        return f'<p class="missing">{escape(image.alt)}</p>' if image.alt else ""
    size = "".join(f' {name}="{value}"' for name, value in (("width", image.width), ("height", image.height)) if value)
    wide = ' class="wide"' if is_wide or (image.width or 0) >= _WIDE else ""
    style = f' style="width:100%;max-width:{image.width}px"' if is_email and image.width else ""
    element = f'<img src="{escape(image.src)}" alt="{escape(image.alt)}"{size}{wide}{style} />'
    target = href or image.href
    linked = f'<a href="{escape(target)}">{element}</a>' if target else element
    caption = f"<figcaption>{image.caption}</figcaption>" if image.caption else ""
    return f"<figure>{linked}{caption}</figure>"
