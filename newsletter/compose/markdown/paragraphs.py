"""Paragraphs that are something else: nothing but pictures, nothing but buttons."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from markdown_it.token import Token
from markupsafe import escape

from newsletter.compose import blocks as kinds
from newsletter.compose.blocks import Block, Image
from newsletter.compose.images.resolver import Album, pixels
from newsletter.compose.markdown.renderer import Renderer
from newsletter.compose.urls import absolute
from newsletter.settings import Settings

_MOST_IN_A_ROW = 3

Found = tuple[Token, str | None, str]
"""A picture, the link around it, and its caption as HTML."""


class Paragraphs:
    """Reads the paragraphs of one issue."""

    def __init__(self, renderer: Renderer, album: Album, settings: Settings) -> None:
        self._renderer = renderer
        self._album = album
        self._settings = settings

    def pictures(self, chunk: Sequence[Token], room: int, line: int) -> list[Block] | None:
        """Read a paragraph of nothing but pictures; many stand in rows, and those of unknown size in the text."""
        found = self.found(chunk[1])
        if not found:
            return None
        if len(found) <= _MOST_IN_A_ROW:
            return [kinds.Pictures(line=line, shown=self.row(found, room, line))]
        rows = tuple(self.rows(found, room, line))
        if any(shown.src and shown.width is None for row in rows for shown in row):
            return None
        return [kinds.Gallery(line=line, rows=rows)]

    def rows(
        self, found: Sequence[Found], room: int, line: int, wanted: int | None = None
    ) -> Iterator[tuple[Image, ...]]:
        """Yield pictures in rows of `wanted`, else of two or three, so that none stands alone."""
        at = 0
        for count in _rows(len(found), wanted):
            yield self.row(found[at : at + count], room, line, least=min(count, 2))
            at += count

    def found(self, inline: Token) -> list[Found] | None:
        """Return the pictures of a text that has nothing else, an emphasised line below one as its caption."""
        children = [child for child in inline.children or [] if child.content.strip() or child.type != "text"]
        children = [child for child in children if child.type not in {"softbreak", "hardbreak"}]
        found: list[Found] = []
        href: str | None = None
        while children:
            token = children.pop(0)
            if token.type == "link_open":
                href = str(token.attrs.get("href", ""))
            elif token.type == "link_close":
                href = None
            elif token.type == "image":
                found.append((token, href, str(escape(str(token.attrs.get("title", ""))))))
            elif token.type == "em_open" and found and href is None:
                end = next((at for at, child in enumerate(children) if child.type == "em_close"), 0)
                found[-1] = (*found[-1][:2], self._renderer.inline(children[:end]))
                del children[: end + 1]
            else:
                return None
        return found if href is None else None

    def row(self, found: Sequence[Found], room: int, line: int, *, least: int = 1) -> tuple[Image, ...]:
        """Return pictures as they stand side by side, in a row that has place for at least `least`."""
        count = max(len(found), least)
        each = max((room - 16 * (count - 1)) // count, 40)
        is_stacked = count > 1 or room < self._album.column
        return tuple(self._shown(picture, line, each, is_stacked=is_stacked) for picture in found)

    def _shown(self, found: Found, line: int, room: int, *, is_stacked: bool) -> Image:
        token, href, caption = found
        alt = "".join(child.content for child in token.children or [] if child.content) or token.content
        shown = self._album.show(
            str(token.attrs.get("src", "")),
            alt,
            int(token.attrs.get("data-line", line)),
            width=pixels(token.attrs.get("width"), room),
            height=pixels(token.attrs.get("height")),
            room=room,
            is_stacked=is_stacked,
        )
        return replace(shown, href=absolute(href, self._settings) if href else None, caption=caption)

    def buttons(self, chunk: Sequence[Token], line: int) -> list[Block] | None:
        """Read a paragraph of nothing but links with the class `button`."""
        buttons: list[kinds.Button] = []
        label: list[str] | None = None
        href = ""
        for child in chunk[1].children or []:
            if child.type == "link_open" and "button" in str(child.attrs.get("class", "")).split():
                label, href = [], str(child.attrs.get("href", ""))
            elif child.type == "link_close" and label is not None:
                buttons.append(
                    kinds.Button(label=" ".join("".join(label).split()), href=absolute(href, self._settings))
                )
                label = None
            elif label is not None:
                label.append(child.content or (" " if child.type == "softbreak" else ""))
            elif child.type == "link_open" or child.content.strip():
                return None
        return [kinds.Buttons(line=line, buttons=tuple(buttons))] if buttons else None


def _rows(count: int, wanted: int | None) -> Iterator[int]:
    """Cut `count` pictures into rows of `wanted`, else of two or three, so that none stands alone."""
    size = wanted or (2 if count in {2, 4} else 3)
    while count > 0:
        row = min(size, count)
        if size == 3 and count == 4 and wanted is None:
            row = 2
        yield row
        count -= row
