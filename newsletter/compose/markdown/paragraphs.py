"""Paragraphs of nothing but pictures or nothing but buttons, which become blocks of their own."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from markdown_it.token import Token
from markupsafe import escape

from newsletter.compose import blocks as kinds
from newsletter.compose.blocks import Block, Image
from newsletter.compose.images.resolver import PictureResolver, pixels
from newsletter.compose.markdown.renderer import Renderer
from newsletter.compose.urls import absolute_url
from newsletter.settings import Settings

_MAX_PER_ROW = 3

FoundPicture = tuple[Token, str | None, str]
"""A picture's token, the URL it links to, and its caption as HTML."""


class ParagraphReader:
    """Reads paragraphs of pictures and of buttons."""

    def __init__(self, renderer: Renderer, resolver: PictureResolver, settings: Settings) -> None:
        self._renderer = renderer
        self._resolver = resolver
        self._settings = settings

    def pictures(self, chunk: Sequence[Token], max_width: int, line: int) -> list[Block] | None:
        """Return a paragraph of nothing but pictures as a row or a gallery.

        None for any other paragraph, and where a gallery would hold a picture of unknown size.
        """
        pictures = self.find_pictures(chunk[1])
        if not pictures:
            return None
        if len(pictures) <= _MAX_PER_ROW:
            return [kinds.PictureRow(line=line, images=self.row(pictures, max_width, line))]
        rows = tuple(self.rows(pictures, max_width, line))
        if any(image.src and image.width is None for row in rows for image in row):
            return None
        return [kinds.Gallery(line=line, rows=rows)]

    def rows(
        self, pictures: Sequence[FoundPicture], max_width: int, line: int, wanted: int | None = None
    ) -> Iterator[tuple[Image, ...]]:
        """Yield pictures in rows of `wanted`, else of two or three, so that no picture is alone."""
        start = 0
        for count in _row_lengths(len(pictures), wanted):
            yield self.row(pictures[start : start + count], max_width, line, min_columns=min(count, 2))
            start += count

    def find_pictures(self, inline: Token) -> list[FoundPicture] | None:
        """Return the pictures of a text with nothing else in it; an emphasised line below one is its caption."""
        children = [child for child in inline.children or [] if child.content.strip() or child.type != "text"]
        children = [child for child in children if child.type not in {"softbreak", "hardbreak"}]
        pictures: list[FoundPicture] = []
        href: str | None = None
        while children:
            token = children.pop(0)
            if token.type == "link_open":
                href = str(token.attrs.get("href", ""))
            elif token.type == "link_close":
                href = None
            elif token.type == "image":
                pictures.append((token, href, str(escape(str(token.attrs.get("title", ""))))))
            elif token.type == "em_open" and pictures and href is None:
                end = next((at for at, child in enumerate(children) if child.type == "em_close"), 0)
                pictures[-1] = (*pictures[-1][:2], self._renderer.render_inline(children[:end]))
                del children[: end + 1]
            else:
                return None
        return pictures if href is None else None

    def row(
        self, pictures: Sequence[FoundPicture], max_width: int, line: int, *, min_columns: int = 1
    ) -> tuple[Image, ...]:
        """Return pictures sized to stand side by side in a row of at least `min_columns` columns."""
        count = max(len(pictures), min_columns)
        column_width = max((max_width - 16 * (count - 1)) // count, 40)
        is_stacked = count > 1 or max_width < self._resolver.column
        return tuple(self._resolve(picture, line, column_width, is_stacked=is_stacked) for picture in pictures)

    def _resolve(self, picture: FoundPicture, line: int, max_width: int, *, is_stacked: bool) -> Image:
        token, href, caption = picture
        alt = "".join(child.content for child in token.children or [] if child.content) or token.content
        image = self._resolver.resolve(
            str(token.attrs.get("src", "")),
            alt,
            int(token.attrs.get("data-line", line)),
            width=pixels(token.attrs.get("width"), max_width),
            height=pixels(token.attrs.get("height")),
            max_width=max_width,
            is_stacked=is_stacked,
        )
        return replace(image, href=absolute_url(href, self._settings) if href else None, caption=caption)

    def buttons(self, chunk: Sequence[Token], line: int) -> list[Block] | None:
        """Return a paragraph of nothing but links of the class `button` as buttons; None for any other."""
        buttons: list[kinds.Button] = []
        label: list[str] | None = None
        href = ""
        for child in chunk[1].children or []:
            if child.type == "link_open" and "button" in str(child.attrs.get("class", "")).split():
                label, href = [], str(child.attrs.get("href", ""))
            elif child.type == "link_close" and label is not None:
                buttons.append(
                    kinds.Button(label=" ".join("".join(label).split()), href=absolute_url(href, self._settings))
                )
                label = None
            elif label is not None:
                label.append(child.content or (" " if child.type == "softbreak" else ""))
            elif child.type == "link_open" or child.content.strip():
                return None
        return [kinds.Buttons(line=line, buttons=tuple(buttons))] if buttons else None


def _row_lengths(count: int, wanted: int | None) -> Iterator[int]:
    """Yield the lengths of the rows that `rows` divides `count` pictures into."""
    size = wanted or (2 if count in {2, 4} else 3)
    while count > 0:
        row = min(size, count)
        if size == 3 and count == 4 and wanted is None:
            row = 2
        yield row
        count -= row
