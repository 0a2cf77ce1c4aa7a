"""Tokens become safe, well-formed XHTML whose pictures and links lead somewhere."""

from collections.abc import Iterator, Sequence

from lxml import html as lxml_html
from markdown_it import MarkdownIt
from markdown_it.token import Token

from newsletter.compose.images.resolver import Album, pixels
from newsletter.compose.markdown.raw_html import clean, narrowed, never_closed, serialised
from newsletter.compose.markdown.table_cells import mark_cells
from newsletter.compose.markdown.token_stream import chunks_of
from newsletter.compose.markdown.warnings import Remarks
from newsletter.compose.merge_tags import Tags
from newsletter.compose.urls import mend_link
from newsletter.settings import Settings

_ATTEMPTS = 5
"""How often a text is parsed again with one piece of raw HTML less."""


class Renderer:
    """Renders the tokens of one issue."""

    def __init__(self, markdown: MarkdownIt, settings: Settings, tags: Tags, album: Album, remarks: Remarks) -> None:
        self._markdown = markdown
        self._settings = settings
        self._tags = tags
        self._album = album
        self._remarks = remarks
        self._env: dict[str, object] = {}

    def parse(self, text: str) -> list[Token]:
        """Parse Markdown; should that trip the parser, the text is still there as plain paragraphs."""
        try:
            self._env.clear()
            return self._markdown.parse(f"{text}\n", self._env)  # a box on a last line without its end trips it
        except (IndexError, ValueError, RecursionError):
            self._remarks.add("markdown", 0, "the Markdown trips its parser, so it is set as plain paragraphs")
            return MarkdownIt("zero").parse(text, self._env)

    def parse_all(self, text: str) -> list[Token]:
        """Parse Markdown; raw HTML that would hide all that follows it is shown as text instead."""
        lines = text.split("\n")
        tokens = self.parse(text)
        for _attempt in range(_ATTEMPTS):
            hiding = next(
                (token for token in tokens if token.type == "html_block" and never_closed(token.content)), None
            )
            if hiding is None or hiding.map is None:
                break
            line, opening = hiding.map[0], never_closed(hiding.content)
            message = f"'{opening}' is never closed and would hide all that follows, so it is shown as text"
            self._remarks.add("raw-html", line, message, "Close it or take it out")
            lines[line] = lines[line].replace(opening, f"\\{opening}", 1)
            tokens = self.parse("\n".join(lines))
        return tokens

    def words(self, text: str) -> str:
        """Return a line of Markdown as safe XHTML."""
        known = {"references": self._env.get("references", {})}  # with the notes, it would append them again
        return self.inline(self._markdown.parseInline(text, known))

    def inline(self, tokens: Sequence[Token]) -> str:
        """Return inline tokens as safe XHTML."""
        return serialised(clean(self._markdown.renderer.render(tokens, self._markdown.options, self._env)))

    def html(self, tokens: Sequence[Token], room: int) -> str:
        """Return tokens as safe XHTML, their pictures and links made good."""
        markup = self._markdown.renderer.render(tokens, self._markdown.options, self._env)
        tree = clean(markup)
        line = self._remarks.line(next((token.map[0] for token in tokens if token.map), 0))
        for image in tree.iter("img"):
            self._show_inside(image, line, room)
        for link in tree.iter("a"):
            mend_link(link, self._settings)
        for heading in list(tree.iter("h1")):
            heading.tag = "h2"
        narrowed(tree, room)
        for table in tree.iter("table"):
            mark_cells(table)
        for element in tree.iter():
            if self._tags.count(str(element.get("style") or "")):
                del element.attrib["style"]
        return serialised(tree)

    def _show_inside(self, image: lxml_html.HtmlElement, line: int, room: int) -> None:
        shown = self._album.show(
            image.get("src") or "",
            image.get("alt") or "",
            int(noted) if (noted := image.get("data-line") or "").isdecimal() else line,
            width=pixels(image.get("width"), room),
            height=pixels(image.get("height")),
            room=room,
        )
        image.attrib.pop("data-line", None)
        image.set("alt", shown.alt)
        for name, value in (("src", shown.src), ("width", shown.width), ("height", shown.height)):
            if value:
                image.set(name, str(value))
            elif name in image.attrib:
                del image.attrib[name]
        if not shown.src:
            image.tag = "span"
            image.text = shown.alt
            image.attrib.clear()
            image.set("class", "missing")

    def notes(self, chunk: Sequence[Token]) -> Iterator[str]:
        for note in chunks_of(chunk[1:-1]):
            inner = [token for token in note.tokens[1:-1] if token.type != "footnote_anchor"]
            number = int(note.tokens[0].meta["id"]) + 1
            tree = clean(self._markdown.renderer.render(inner, self._markdown.options, self._env))
            for link in tree.iter("a"):
                mend_link(link, self._settings)
            home = tree[-1] if len(tree) and tree[-1].tag == "p" else tree
            back = lxml_html.fragment_fromstring(f'<a class="back" href="#fnref{number}">\u21a9\ufe0e</a>')
            if len(home):
                home[-1].tail = f"{home[-1].tail or ''} "
            else:
                home.text = f"{home.text or ''} "
            home.append(back)
            yield serialised(tree)
