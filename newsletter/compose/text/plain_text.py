"""The plain text part of an email: 72 columns wide, with its links numbered and listed at the end."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field

from newsletter.compose.blocks import (
    Block,
    Buttons,
    Callout,
    Card,
    Code,
    Columns,
    Divider,
    Footnotes,
    Gallery,
    Image,
    PictureRow,
    Prose,
    PullQuote,
    QuotedComment,
    QuotedComments,
    Table,
    TableOfContents,
)
from newsletter.compose.fixed_text import callout_label
from newsletter.compose.text.html_to_text import (
    WIDTH,
    Links,
    display_width,
    parse_fragment,
    superscript,
    to_paragraphs,
    wrap,
)
from newsletter.locales import Translations


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFrame:
    """What surrounds the text of an email; empty values are left out."""

    masthead: str
    title: str
    byline: str
    view_online: str
    """The URL of the issue's page."""
    invitation: str
    reason: str
    """Why the reader gets this email."""
    unsubscribe: str
    preferences: str
    """The link to the reader's preferences."""
    postal_address: str


@dataclass(slots=True)
class _Writer:
    translations: Translations
    links: Links = field(default_factory=Links)

    def write(self, blocks: Sequence[Block], width: int = WIDTH) -> list[str]:
        """Return blocks as paragraphs, to be joined by empty lines."""
        return [text for block in blocks for text in self._paragraphs(block, width) if text.strip()]

    def _paragraphs(self, block: Block, width: int) -> list[str]:
        match block:
            case Prose() | Table():
                return to_paragraphs(parse_fragment(block.html), self.links, width)
            case Code():
                return [textwrap.indent(block.text, "    ")]
            case PullQuote():
                return [
                    textwrap.indent(
                        "\n\n".join(to_paragraphs(parse_fragment(block.html), self.links, width - 8)), "    "
                    )
                ]
            case PictureRow():
                return [self._picture(image, width) for image in block.images]
            case Buttons():
                return [f"{button.label}: {button.href}" for button in block.buttons]
            case Divider():
                return ["* * *".center(width).rstrip()]
            case Callout():
                label = (block.title or callout_label(block.style, self.translations)).upper()
                content = "\n\n".join([label, *self.write(block.blocks, width - 2)])
                return [textwrap.indent(content, "| ", lambda _line: True)]
            case Columns():
                return [text for column in block.columns for text in self.write(column, width)]
            case Footnotes():
                return [self._footnotes(block.notes, width)]
            case _:
                return self._container(block, width)

    def _container(self, block: Gallery | Card | TableOfContents | QuotedComments, width: int) -> list[str]:
        match block:
            case Gallery():
                return [self._picture(image, width) for row in block.rows for image in row]
            case Card():
                return [self._card(block, width)]
            case TableOfContents():
                return [self._contents(block, width)]
            case QuotedComments():
                return [self._comment(comment, width) for comment in block.comments]

    def _picture(self, image: Image, width: int) -> str:
        caption = " ".join(to_paragraphs(parse_fragment(image.caption), self.links, width)) if image.caption else ""
        alt = " ".join(image.alt.split())
        picture = self.translations.gettext("Picture")
        label = f"[{picture}: {alt}]" if alt else ""
        link = self.links.reference(image.href) if image.href else ""
        text = " ".join(part for part in (label, caption if caption != alt else "", link) if part)
        return wrap(text, width)

    def _card(self, card: Card, width: int) -> str:
        prefix = f" {self.links.reference(card.href)}" if card.href else ""
        title = wrap(f"{card.title}{prefix}", width - 4)
        return textwrap.indent(
            "\n".join([title, *to_paragraphs(parse_fragment(card.html), self.links, width - 4)]), "    "
        )

    @staticmethod
    def _contents(block: TableOfContents, width: int) -> str:
        lines = [wrap(block.title, width)] if block.title else []
        for heading in block.headings:
            prefix = "  " * (heading.level - 1) + "- "
            lines.append(prefix + textwrap.indent(wrap(heading.text, width - len(prefix)), " " * len(prefix)).lstrip())
        return "\n".join(lines)

    def _comment(self, comment: QuotedComment, width: int) -> str:
        text = "\n\n".join(to_paragraphs(parse_fragment(comment.html), self.links, width - 4))
        return textwrap.indent(f"{text}\n\n{wrap(f'{comment.author}, {comment.date}', width - 4)}", "    ")

    def _footnotes(self, notes: Sequence[str], width: int) -> str:
        heading = self.translations.gettext("Notes")
        lines = [f"{heading}:"]
        for number, note in enumerate(notes, 1):
            prefix = superscript(str(number)).ljust(3)
            content = "\n\n".join(to_paragraphs(parse_fragment(note), self.links, width - len(prefix)))
            lines.append(prefix + textwrap.indent(content, " " * len(prefix)).lstrip())
        return "\n".join(lines)


def render_plain_text(blocks: Sequence[Block], translations: Translations) -> str:
    """Return blocks as plain text with their links listed below."""
    writer = _Writer(translations)
    return _join([*writer.write(blocks), _link_list(writer)])


def render_text_part(blocks: Sequence[Block], translations: Translations, frame: MessageFrame) -> str:
    """Return the whole text part: masthead, title, text, invitation, links and footer."""
    writer = _Writer(translations)
    _ = translations.gettext
    view_online, unsubscribe, preferences = _("Read on the web"), _("Unsubscribe"), _("Your subscription")
    title = wrap(frame.title, WIDTH)
    header = "\n".join(
        line for line in (frame.masthead, f"{view_online}: {frame.view_online}" if frame.view_online else "") if line
    )
    underline = "=" * min(max((display_width(line) for line in title.split("\n")), default=0), WIDTH)
    footer = [
        "-" * WIDTH,
        "\n".join(
            part
            for part in (
                wrap(frame.reason, WIDTH),
                f"{unsubscribe}: {frame.unsubscribe}",
                f"{preferences}: {frame.preferences}" if frame.preferences else "",
                wrap(frame.postal_address, WIDTH),
            )
            if part
        ),
    ]
    invitation = wrap(frame.invitation, WIDTH)
    return _join(
        [
            header,
            f"{title}\n{underline}",
            frame.byline,
            *writer.write(blocks),
            invitation,
            _link_list(writer),
            *footer,
        ]
    )


def _link_list(writer: _Writer) -> str:
    if not writer.links.urls:
        return ""
    heading = writer.translations.gettext("Links")
    return "\n".join([f"{heading}:", *(f"[{n}] {url}" for n, url in enumerate(writer.links.urls, 1))])


def _join(paragraphs: Sequence[str]) -> str:
    lines = "\n\n".join(text for text in paragraphs if text.strip()).split("\n")
    return "\n".join(line.rstrip() for line in lines) + "\n"
