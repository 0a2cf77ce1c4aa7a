"""The text part: a typed letter of 72 columns, its links numbered and gathered at the end."""

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
    Contents,
    Divider,
    Footnotes,
    Gallery,
    Image,
    Pictures,
    Prose,
    PullQuote,
    ReaderLetter,
    ReaderLetters,
    Table,
)
from newsletter.compose.fixed_text import callout_label
from newsletter.compose.text.html_to_text import WIDTH, Links, columns, elements, parsed, raised, wrapped
from newsletter.locales import Translations


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What stands around the text of a letter; lines that are empty are left out."""

    masthead: str
    title: str
    byline: str
    view_online: str
    """The URL of the issue's page."""
    invitation: str
    because: str
    unsubscribe: str
    preferences: str
    """The link to a reader's own choices."""
    postal_address: str


@dataclass(slots=True)
class _Writer:
    translations: Translations
    links: Links = field(default_factory=Links)

    def write(self, blocks: Sequence[Block], width: int = WIDTH) -> list[str]:
        """Return blocks as paragraphs, to be set one empty line apart."""
        return [text for block in blocks for text in self._paragraphs(block, width) if text.strip()]

    def _paragraphs(self, block: Block, width: int) -> list[str]:
        match block:
            case Prose() | Table():
                return elements(parsed(block.html), self.links, width)
            case Code():
                return [textwrap.indent(block.text, "    ")]
            case PullQuote():
                return [textwrap.indent("\n\n".join(elements(parsed(block.html), self.links, width - 8)), "    ")]
            case Pictures():
                return [self._picture(shown, width) for shown in block.shown]
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
                return [self._notes(block.notes, width)]
            case _:
                return self._box(block, width)

    def _box(self, block: Gallery | Card | Contents | ReaderLetters, width: int) -> list[str]:
        match block:
            case Gallery():
                return [self._picture(shown, width) for row in block.rows for shown in row]
            case Card():
                return [self._card(block, width)]
            case Contents():
                return [self._contents(block, width)]
            case ReaderLetters():
                return [self._letter(letter, width) for letter in block.letters]

    def _picture(self, shown: Image, width: int) -> str:
        said = " ".join(elements(parsed(shown.caption), self.links, width)) if shown.caption else ""
        alt = " ".join(shown.alt.split())
        picture = self.translations.gettext("Picture")
        label = f"[{picture}: {alt}]" if alt else ""
        link = self.links.mark(shown.href) if shown.href else ""
        text = " ".join(part for part in (label, said if said != alt else "", link) if part)
        return wrapped(text, width)

    def _card(self, card: Card, width: int) -> str:
        mark = f" {self.links.mark(card.href)}" if card.href else ""
        title = wrapped(f"{card.title}{mark}", width - 4)
        return textwrap.indent("\n".join([title, *elements(parsed(card.html), self.links, width - 4)]), "    ")

    @staticmethod
    def _contents(block: Contents, width: int) -> str:
        lines = [wrapped(block.title, width)] if block.title else []
        for heading in block.headings:
            mark = "  " * (heading.level - 1) + "- "
            lines.append(mark + textwrap.indent(wrapped(heading.text, width - len(mark)), " " * len(mark)).lstrip())
        return "\n".join(lines)

    def _letter(self, letter: ReaderLetter, width: int) -> str:
        said = "\n\n".join(elements(parsed(letter.html), self.links, width - 4))
        return textwrap.indent(f"{said}\n\n{wrapped(f'{letter.author}, {letter.day}', width - 4)}", "    ")

    def _notes(self, notes: Sequence[str], width: int) -> str:
        heading = self.translations.gettext("Notes")
        lines = [f"{heading}:"]
        for number, note in enumerate(notes, 1):
            mark = raised(str(number)).ljust(3)
            content = "\n\n".join(elements(parsed(note), self.links, width - len(mark)))
            lines.append(mark + textwrap.indent(content, " " * len(mark)).lstrip())
        return "\n".join(lines)


def make_text(blocks: Sequence[Block], translations: Translations) -> str:
    """Return blocks as text with their links below."""
    writer = _Writer(translations)
    return _set([*writer.write(blocks), _link_list(writer)])


def make_letter(blocks: Sequence[Block], translations: Translations, frame: Frame) -> str:
    """Return the whole text part: masthead, text, links, invitation and foot."""
    writer = _Writer(translations)
    _ = translations.gettext
    view_online, unsubscribe, preferences = _("Read on the web"), _("Unsubscribe"), _("Your subscription")
    title = wrapped(frame.title, WIDTH)
    head = "\n".join(
        line for line in (frame.masthead, f"{view_online}: {frame.view_online}" if frame.view_online else "") if line
    )
    rule = "=" * min(max((columns(line) for line in title.split("\n")), default=0), WIDTH)
    foot = [
        "-" * WIDTH,
        "\n".join(
            part
            for part in (
                wrapped(frame.because, WIDTH),
                f"{unsubscribe}: {frame.unsubscribe}",
                f"{preferences}: {frame.preferences}" if frame.preferences else "",
                wrapped(frame.postal_address, WIDTH),
            )
            if part
        ),
    ]
    answer = wrapped(frame.invitation, WIDTH)
    return _set([head, f"{title}\n{rule}", frame.byline, *writer.write(blocks), answer, _link_list(writer), *foot])


def _link_list(writer: _Writer) -> str:
    if not writer.links.urls:
        return ""
    heading = writer.translations.gettext("Links")
    return "\n".join([f"{heading}:", *(f"[{n}] {url}" for n, url in enumerate(writer.links.urls, 1))])


def _set(paragraphs: Sequence[str]) -> str:
    lines = "\n\n".join(text for text in paragraphs if text.strip()).split("\n")
    return "\n".join(line.rstrip() for line in lines) + "\n"
