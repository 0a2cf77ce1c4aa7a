"""Blocks as semantic HTML, for the archive, feeds and the inside of boxes."""

from collections.abc import Sequence

from markupsafe import Markup, escape

from newsletter.compose.blocks import (
    Block,
    Buttons,
    Callout,
    Columns,
    Divider,
    Footnotes,
    Pictures,
    PullQuote,
    Shown,
)
from newsletter.compose.phrase import Phrases

_WIDE = 200
"""Pictures from this width on may fill a narrow screen; smaller ones are signs, and stay small."""


def semantic(blocks: Sequence[Block], words: Phrases) -> str:
    """Return blocks as HTML that says what they are and leaves looks to a style sheet."""
    return "\n".join(_element(block, words) for block in blocks)


def _element(block: Block, words: Phrases) -> str:
    match block:
        case Pictures():
            figures = "\n".join(figure(shown) for shown in block.shown)
            return figures if len(block.shown) == 1 else f'<div class="gallery">\n{figures}\n</div>'
        case Buttons():
            return "\n".join(
                Markup('<p class="action"><a class="button" href="{}">{}</a></p>').format(
                    button.href, button.label
                )
                for button in block.buttons
            )
        case Divider():
            return "<hr />"
        case PullQuote():
            return f'<blockquote class="pull">{block.html}</blockquote>'
        case Callout():
            title = escape(block.title or words.callout(block.style))
            inner = f'<p class="label">{title}</p>\n{semantic(block.blocks, words)}'
            return f'<aside class="callout {block.style}">\n{inner}\n</aside>'
        case Columns():
            columns = "\n".join(
                f'<div class="column">\n{semantic(column, words)}\n</div>' for column in block.columns
            )
            return f'<div class="columns">\n{columns}\n</div>'
        case Footnotes():
            notes = "\n".join(f'<li id="fn{number}">{note}</li>' for number, note in enumerate(block.notes, 1))
            return f'<section class="footnotes" role="doc-endnotes">\n<ol>\n{notes}\n</ol>\n</section>'
        case _:
            return block.html


def figure(shown: Shown, *, is_mail: bool = False) -> str:
    """Return a picture with its caption and link."""
    if not shown.src:
        return f'<p class="missing">{escape(shown.alt)}</p>' if shown.alt else ""
    size = "".join(
        f' {name}="{value}"' for name, value in (("width", shown.width), ("height", shown.height)) if value
    )
    wide = ' class="wide"' if (shown.width or 0) >= _WIDE else ""
    style = f' style="width:100%;max-width:{shown.width}px"' if is_mail and shown.width else ""
    image = f'<img src="{escape(shown.src)}" alt="{escape(shown.alt)}"{size}{wide}{style} />'
    linked = f'<a href="{escape(shown.href)}">{image}</a>' if shown.href else image
    caption = f"<figcaption>{shown.caption}</figcaption>" if shown.caption else ""
    return f"<figure>{linked}{caption}</figure>"
