"""Blocks as semantic HTML, for the archive, feeds and the inside of boxes."""

from collections.abc import Sequence

from markupsafe import Markup, escape

from newsletter.compose.blocks import (
    Block,
    Buttons,
    Callout,
    Card,
    Columns,
    Contents,
    Divider,
    Footnotes,
    Gallery,
    Image,
    Pictures,
    PullQuote,
    ReaderLetter,
    ReaderLetters,
)
from newsletter.compose.fixed_text import callout_label
from newsletter.locales import Translations

_WIDE = 200
"""Pictures from this width on may fill a narrow screen; smaller ones are signs, and stay small."""


def semantic(blocks: Sequence[Block], translations: Translations) -> str:
    """Return blocks as HTML that says what they are and leaves looks to a style sheet."""
    return "\n".join(_element(block, translations) for block in blocks)


def _element(block: Block, translations: Translations) -> str:
    match block:
        case Pictures():
            figures = "\n".join(figure(shown) for shown in block.shown)
            return figures if len(block.shown) == 1 else f'<div class="gallery">\n{figures}\n</div>'
        case Gallery():
            return "\n".join(_gallery(row) for row in block.rows)
        case Card():
            return _card(block)
        case Contents():
            return contents(block)
        case ReaderLetters():
            letters = "\n".join(reader_letter(letter) for letter in block.letters)
            return f'<section class="reader-letters">\n{letters}\n</section>'
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
            inner = f'<p class="label">{title}</p>\n{semantic(block.blocks, translations)}'
            return f'<aside class="callout {block.style}">\n{inner}\n</aside>'
        case Columns():
            columns = (semantic(column, translations) for column in block.columns)
            inner = "\n".join(f'<div class="column">\n{column}\n</div>' for column in columns)
            return f'<div class="columns">\n{inner}\n</div>'
        case Footnotes():
            notes = "\n".join(f'<li id="fn{number}">{note}</li>' for number, note in enumerate(block.notes, 1))
            return f'<section class="footnotes" role="doc-endnotes">\n<ol>\n{notes}\n</ol>\n</section>'
        case _:
            return block.html


def _gallery(row: Sequence[Image]) -> str:
    figures = "\n".join(figure(shown) for shown in row)
    return f'<div class="gallery">\n{figures}\n</div>'


def _card(card: Card) -> str:
    kind = "card video" if card.is_video else "card"
    shown = figure(card.shown, href=card.href) if card.shown else ""
    return f'<aside class="{kind}">\n{shown}\n{about(card)}\n</aside>'


def about(card: Card) -> str:
    """Return a card's words: its title, what it is about, and where it leads."""
    play = Markup('<span class="play" aria-hidden="true">\u25b6\ufe0e</span> ') if card.is_video else ""
    linked = Markup('<a href="{}">{}</a>').format(card.href, card.title) if card.href else escape(card.title)
    title = Markup('<p class="card-title">{}{}</p>').format(play, linked)
    text = f'\n<div class="card-text">{card.html}</div>' if card.html else ""
    host = Markup('\n<p class="card-host">{}</p>').format(card.host) if card.host not in {"", card.title} else ""
    return f"{title}{text}{host}"


def contents(block: Contents) -> str:
    """Return a list of headings, each a link to its own."""
    items = "\n".join(
        Markup('<li class="level-{}"><a href="#{}">{}</a></li>').format(heading.level, heading.id, heading.text)
        for heading in block.headings
    )
    title = Markup('<p class="label">{}</p>\n').format(block.title) if block.title else ""
    return f'<nav class="contents">\n{title}<ul>\n{items}\n</ul>\n</nav>'


def reader_letter(letter: ReaderLetter) -> str:
    """Return what a reader wrote, with name and day."""
    by = Markup('<p class="reader"><bdi>{}</bdi>, {}</p>').format(letter.author, letter.day)
    return f'<blockquote class="reader-letter" dir="auto">{letter.html}{by}</blockquote>'


def figure(shown: Image, *, is_mail: bool = False, is_wide: bool = False, href: str | None = None) -> str:
    """Return a picture with its caption and link; `is_wide` lets a small one fill a narrow screen."""
    if not shown.src:
        return f'<p class="missing">{escape(shown.alt)}</p>' if shown.alt else ""
    size = "".join(f' {name}="{value}"' for name, value in (("width", shown.width), ("height", shown.height)) if value)
    wide = ' class="wide"' if is_wide or (shown.width or 0) >= _WIDE else ""
    style = f' style="width:100%;max-width:{shown.width}px"' if is_mail and shown.width else ""
    image = f'<img src="{escape(shown.src)}" alt="{escape(shown.alt)}"{size}{wide}{style} />'
    target = href or shown.href
    linked = f'<a href="{escape(target)}">{image}</a>' if target else image
    caption = f"<figcaption>{shown.caption}</figcaption>" if shown.caption else ""
    return f"<figure>{linked}{caption}</figure>"
