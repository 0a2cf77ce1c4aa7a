"""Markdown to XHTML: parses a text to tokens and renders tokens as sanitised, well-formed XHTML.

Pictures are resolved to their copies, and links are made absolute.
"""

from collections.abc import Iterator, Sequence

from lxml import html as lxml_html
from markdown_it import MarkdownIt
from markdown_it.token import Token

from newsletter.compose.images.resolver import PictureResolver, pixels
from newsletter.compose.markdown.raw_html import limit_widths, sanitise, serialise, unclosed_opening
from newsletter.compose.markdown.table_cells import mark_cells
from newsletter.compose.markdown.token_stream import split_chunks
from newsletter.compose.markdown.warnings import FindingCollector
from newsletter.compose.merge_tags import Placeholders
from newsletter.compose.urls import make_link_absolute
from newsletter.settings import Settings

_MAX_ATTEMPTS = 5
"""How many unclosed pieces of raw HTML are escaped, one for each time the text is parsed again."""


class Renderer:
    """Parses and renders the Markdown of one issue."""

    def __init__(
        self,
        markdown: MarkdownIt,
        settings: Settings,
        placeholders: Placeholders,
        resolver: PictureResolver,
        collector: FindingCollector,
    ) -> None:
        self._markdown = markdown
        self._settings = settings
        self._placeholders = placeholders
        self._resolver = resolver
        self._collector = collector
        self._env: dict[str, object] = {}

    def parse(self, text: str) -> list[Token]:
        """Parse Markdown; if the parser fails, the text is kept as plain paragraphs and reported."""
        try:
            self._env.clear()
            return self._markdown.parse(
                f"{text}\n", self._env
            )  # the parser fails on a container in an unterminated last line
        except (IndexError, ValueError, RecursionError):
            self._collector.add("markdown", 0, "this Markdown cannot be parsed, so it is shown as plain paragraphs")
            return MarkdownIt("zero").parse(text, self._env)

    def parse_document(self, text: str) -> list[Token]:
        """Parse a whole text; raw HTML that is never closed, and would hide what follows, is shown as text instead."""
        lines = text.split("\n")
        tokens = self.parse(text)
        for _attempt in range(_MAX_ATTEMPTS):
            unclosed = next(
                (token for token in tokens if token.type == "html_block" and unclosed_opening(token.content)), None
            )
            if unclosed is None or unclosed.map is None:
                break
            line, opening = unclosed.map[0], unclosed_opening(unclosed.content)
            message = f"'{opening}' is never closed and would hide everything after it, so it is shown as text"
            self._collector.add("raw-html", line, message, "Close it or remove it")
            lines[line] = lines[line].replace(opening, f"\\{opening}", 1)
            tokens = self.parse("\n".join(lines))
        return tokens

    def render_line(self, text: str) -> str:
        """Return a line of Markdown as safe XHTML."""
        known = {
            "references": self._env.get("references", {})
        }  # with the footnotes in it, they would be appended again
        return self.render_inline(self._markdown.parseInline(text, known))

    def render_inline(self, tokens: Sequence[Token]) -> str:
        """Return inline tokens as safe XHTML."""
        return serialise(sanitise(self._markdown.renderer.render(tokens, self._markdown.options, self._env)))

    def render(self, tokens: Sequence[Token], max_width: int) -> str:
        """Return tokens as safe XHTML, at most `max_width` pixels wide, with pictures resolved and links absolute."""
        markup = self._markdown.renderer.render(tokens, self._markdown.options, self._env)
        tree = sanitise(markup)
        line = self._collector.line(next((token.map[0] for token in tokens if token.map), 0))
        for image in tree.iter("img"):
            self._resolve_image(image, line, max_width)
        for link in tree.iter("a"):
            make_link_absolute(link, self._settings)
        for heading in list(tree.iter("h1")):
            heading.tag = "h2"
        limit_widths(tree, max_width)
        for table in tree.iter("table"):
            mark_cells(table)
        for element in tree.iter():
            if self._placeholders.count(str(element.get("style") or "")):
                del element.attrib["style"]
        return serialise(tree)

    def _resolve_image(self, image: lxml_html.HtmlElement, line: int, max_width: int) -> None:
        resolved = self._resolver.resolve(
            image.get("src") or "",
            image.get("alt") or "",
            int(noted_line) if (noted_line := image.get("data-line") or "").isdecimal() else line,
            width=pixels(image.get("width"), max_width),
            height=pixels(image.get("height")),
            max_width=max_width,
        )
        image.attrib.pop("data-line", None)
        image.set("alt", resolved.alt)
        for name, value in (("src", resolved.src), ("width", resolved.width), ("height", resolved.height)):
            if value:
                image.set(name, str(value))
            elif name in image.attrib:
                del image.attrib[name]
        if not resolved.src:
            image.tag = "span"
            image.text = resolved.alt
            image.attrib.clear()
            image.set("class", "missing")

    def render_footnotes(self, chunk: Sequence[Token]) -> Iterator[str]:
        """Yield each footnote as safe XHTML that ends in a link back to its reference."""
        for note in split_chunks(chunk[1:-1]):
            inner = [token for token in note.tokens[1:-1] if token.type != "footnote_anchor"]
            number = int(note.tokens[0].meta["id"]) + 1
            tree = sanitise(self._markdown.renderer.render(inner, self._markdown.options, self._env))
            for link in tree.iter("a"):
                make_link_absolute(link, self._settings)
            parent = tree[-1] if len(tree) and tree[-1].tag == "p" else tree
            back_link = lxml_html.fragment_fromstring(f'<a class="back" href="#fnref{number}">\u21a9\ufe0e</a>')
            if len(parent):
                parent[-1].tail = f"{parent[-1].tail or ''} "
            else:
                parent.text = f"{parent.text or ''} "
            parent.append(back_link)
            yield serialise(tree)
