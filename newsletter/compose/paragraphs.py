"""Paragraphs that are something else: nothing but pictures, nothing but buttons."""

from collections.abc import Sequence
from dataclasses import replace

from markdown_it.token import Token
from markupsafe import escape

from newsletter.compose import blocks as kinds
from newsletter.compose.blocks import Block, Shown
from newsletter.compose.links import absolute
from newsletter.compose.markup import Renderer
from newsletter.compose.pictures import Album
from newsletter.settings import Settings


class Paragraphs:
    """Reads the paragraphs of one issue."""

    def __init__(self, renderer: Renderer, album: Album, settings: Settings) -> None:
        self._renderer = renderer
        self._album = album
        self._settings = settings

    def pictures(self, chunk: Sequence[Token], room: int, line: int) -> list[Block] | None:
        """Read a paragraph of nothing but pictures, with an emphasised line below one as its caption."""
        children = [child for child in chunk[1].children or [] if child.content.strip() or child.type != "text"]
        children = [child for child in children if child.type not in {"softbreak", "hardbreak"}]
        shown: list[Shown] = []
        href: str | None = None
        while children and children[0].type in {"image", "link_open", "link_close"}:
            token = children.pop(0)
            if token.type == "link_open":
                href = str(token.attrs.get("href", ""))
            elif token.type == "link_close":
                href = None
            else:
                shown.append(self._shown(token, href, line))
        if not shown or href is not None:
            return None
        if children:
            if children[0].type != "em_open" or children[-1].type != "em_close" or len(shown) != 1:
                return None
            caption = self._renderer.inline(children[1:-1])
            shown = [replace(shown[0], caption=caption)]
        if not self._album.is_article:  # whose style sheet narrows them
            room = (room - 16 * (len(shown) - 1)) // len(shown)
            shown = [self._fit(picture, room) for picture in shown]
        return [kinds.Pictures(line=line, shown=tuple(shown))]

    def _shown(self, token: Token, href: str | None, line: int) -> Shown:
        alt = "".join(child.content for child in token.children or [] if child.content) or token.content
        width = str(token.attrs.get("width", "")).removesuffix("px")
        shown = self._album.show(
            str(token.attrs.get("src", "")),
            alt,
            int(token.attrs.get("data-line", line)),
            width=int(width) if width.isdigit() and int(width) else None,
        )
        caption = str(escape(str(token.attrs.get("title", ""))))
        return replace(shown, href=absolute(href, self._settings) if href else None, caption=caption)

    @staticmethod
    def _fit(shown: Shown, room: int) -> Shown:
        if not shown.width or shown.width <= room:
            return shown
        height = round(shown.height * room / shown.width) if shown.height else None
        return replace(shown, width=room, height=height)

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
