"""Reads an issue's Markdown into blocks; what could not be kept is a finding with its line."""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from lxml import html as lxml_html
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import escape

from newsletter.compose import blocks as kinds
from newsletter.compose.blocks import Block, Shown
from newsletter.compose.highlight import code_block
from newsletter.compose.links import absolute, mend_link
from newsletter.compose.markdown import parser, tame
from newsletter.compose.pictures import COLUMN, Album
from newsletter.compose.rawhtml import balance, clean, dropped_from, linked, serialised
from newsletter.compose.tags import Tags
from newsletter.finding import Finding, Level, did_you_mean
from newsletter.settings import Settings
from newsletter.writing import Issue

CALLOUTS = ("note", "tip", "info", "important", "warning", "danger", "caution", "callout")
_KRAMDOWN = re.compile(r"\{:\s?[.#A-Za-z][^{}\n]*\}|\{:(?:toc|nomarkdown|/)[^{}\n]*\}")
_HEADING_ATTRIBUTES = re.compile(r"\s*\{\s*([#.][\w\s.#:-]*)\}\s*$")
_OFTEN = ("first_name", "last_name", "name", "email")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """An issue's blocks and what was found on the way."""

    blocks: tuple[Block, ...]
    findings: tuple[Finding, ...]


def read_text(issue: Issue, settings: Settings, tags: Tags, album: Album) -> Text:
    """Read the body of `issue`; its merge tags become words of `tags`, its pictures stand in `album`."""
    reader = _Reader(issue, settings, tags, album)
    blocks = reader.read()
    return Text(blocks=blocks, findings=tuple(reader.findings))


class _Reader:
    def __init__(self, issue: Issue, settings: Settings, tags: Tags, album: Album) -> None:
        self.issue = issue
        self.settings = settings
        self.tags = tags
        self.album = album
        self.findings: list[Finding] = []
        self.markdown: MarkdownIt = parser(issue.language)
        self.env: dict[str, object] = {}
        self.ids: dict[str, int] = {}

    def read(self) -> tuple[Block, ...]:
        body, flattened_line = tame(self.issue.body)
        if flattened_line is not None:
            self.find("nesting", flattened_line - 1, "is nested deeper than anybody reads", "It was flattened")
        tokens = self.markdown.parse(self.tags.hide(body), self.env)
        self._settle(tokens)
        return tuple(self._blocks(_ordered(self._without_title(tokens))))

    def find(self, rule: str, line: int, message: str, remedy: str = "", level: Level = Level.WARNING) -> None:
        """Keep a finding; `line` is 0-based in the body."""
        finding = Finding(
            rule=rule, level=level, file=self.issue.file, line=self._line(line), message=message, remedy=remedy
        )
        if finding not in self.findings:
            self.findings.append(finding)

    def _line(self, line: int) -> int:
        return self.issue.body_line + line

    # --- tokens: tags settled, findings made --------------------------------

    def _settle(self, tokens: Sequence[Token]) -> None:
        """Put back every tag that is none of ours and everything inside code, and look at raw HTML."""
        line = 0
        for index, token in enumerate(tokens):
            line = token.map[0] if token.map else line
            if token.type in {"fence", "code_block"}:
                token.content = self.tags.reveal(token.content)
                token.info = self.tags.reveal(token.info)
            elif token.type == "html_block":
                self._settle_html(token, line)
            elif token.type == "heading_open":
                self._name_heading(token, tokens[index + 1])
            elif token.type == "inline":
                self._settle_inline(token.children or [], line)
            token.info = self.tags.settle(token.info)
            self._settle_attributes(token)

    def _settle_inline(self, tokens: Sequence[Token], line: int) -> None:
        for token in tokens:
            if token.type in {"softbreak", "hardbreak"}:
                line += 1
            elif token.type == "code_inline":
                token.content = self.tags.reveal(token.content)
            elif token.type == "html_inline":
                self._settle_html(token, line)
            elif token.type == "text":
                self._settle_text(token, line)
            elif token.type == "image":
                self._settle_inline(token.children or [], line)
                token.content = self.tags.settle(token.content)
                token.attrs["data-line"] = self._line(line)
            for name in ("href", "src"):
                self._judge_tags(str(token.attrs.get(name, "")), line)
            self._settle_attributes(token)

    def _settle_text(self, token: Token, line: int) -> None:
        self._judge_tags(token.content, line)
        token.content = self.tags.settle(token.content)
        if "{:" in token.content and (match := _KRAMDOWN.search(token.content)):
            self.find("attributes", line, f"'{match[0][:40]}' is not understood here and was left out")
            token.content = _KRAMDOWN.sub("", token.content)

    def _settle_html(self, token: Token, line: int) -> None:
        if token.meta.get("is_ours"):
            return
        self._judge_tags(token.content, line)
        revealed = self.tags.settle(token.content, is_markup=True)
        for gone in dropped_from(revealed, line):
            self.find(
                "raw-html", gone.line, f"{gone.what} cannot travel by mail and was left out", level=Level.NOTICE
            )
        token.content = linked(revealed)

    def _settle_attributes(self, token: Token) -> None:
        for name, value in token.attrs.items():
            if not isinstance(value, str):
                continue
            settled = self.tags.settle(value)
            if name == "style" and self.tags.count(settled):
                settled = ""
            token.attrs[name] = settled

    def _judge_tags(self, text: str, line: int) -> None:
        for source in self.tags.unknown_in(text):
            bare = re.fullmatch(r"\{\{\s*(?:subscriber\.|contact\.|user\.)?(\w+)[^}]*\}\}", source)
            near = difflib.get_close_matches(bare[1].lower(), _OFTEN, n=1) if bare else []
            remedy = f"Did you mean '{{{{ subscriber.{near[0]} }}}}'?" if near else ""
            self.find("tag", line, f"unknown tag '{source[:60]}' stays as it is written", remedy)

    def _name_heading(self, heading: Token, inline: Token) -> None:
        """Give a heading its id: `{#chosen}`, else made from its words."""
        children = inline.children or []
        if (
            children
            and children[-1].type == "text"
            and (match := _HEADING_ATTRIBUTES.search(children[-1].content))
        ):
            children[-1].content = children[-1].content[: match.start()]
            chosen = re.search(r"#([\w:-]+)", match[1])
            if chosen:
                heading.attrs["id"] = chosen[1]
        words = "".join(child.content for child in children if child.type in {"text", "code_inline"})
        words = self.tags.defaulted(words).lower()
        name = str(heading.attrs.get("id") or re.sub(r"[^\w]+", "-", words).strip("-")[:60] or "section")
        again = self.ids.get(name, 0)
        self.ids[name] = again + 1
        heading.attrs["id"] = f"{name}-{again + 1}" if again else name

    def _without_title(self, tokens: Sequence[Token]) -> Sequence[Token]:
        """Drop an opening heading that only repeats the title, if there is more."""
        if len(tokens) < 4 or tokens[0].type != "heading_open" or tokens[0].tag not in {"h1", "h2"}:
            return tokens
        said = "".join(child.content for child in tokens[1].children or [])
        return tokens[3:] if _letters(said) == _letters(self.issue.title) else tokens

    # --- blocks ----------------------------------------------------------------

    def _blocks(self, tokens: Sequence[Token], room: int = COLUMN, *, is_inner: bool = False) -> list[Block]:
        found: list[Block] = []
        prose: list[Token] = []
        for chunk in _chunks(tokens):
            block = None if chunk.is_mixed else self._block(chunk.tokens, room, is_inner=is_inner)
            if block is None:
                prose.extend(chunk.tokens)
                continue
            found.extend(self._prose(prose, room))
            prose = []
            found.extend(block)
        found.extend(self._prose(prose, room))
        return found

    def _block(self, chunk: Sequence[Token], room: int, *, is_inner: bool) -> list[Block] | None:
        """Return what a chunk is besides prose, or None."""
        first = chunk[0]
        line = self._line(first.map[0] if first.map else 0)
        match first.type:
            case "hr":
                return [kinds.Divider(line=line)]
            case "fence" | "code_block":
                language = first.info.strip().split(maxsplit=1)[0] if first.info.strip() else ""
                return [code_block(first.content, language, line)]
            case "table_open":
                return [kinds.Table(line=line, html=self._html(chunk, room))]
            case "paragraph_open":
                return self._pictures(chunk, room, line) or self._buttons(chunk, line)
            case "blockquote_open" if "pull" in str(first.attrs.get("class", "")):
                return [kinds.PullQuote(line=line, html=self._html(chunk[1:-1], room))]
            case "footnote_block_open":
                return [kinds.Footnotes(line=line, notes=tuple(self._notes(chunk)))]
            case "container_box_open":
                return self._box(chunk, room, line, is_inner=is_inner)
        return None

    def _prose(self, tokens: Sequence[Token], room: int) -> list[Block]:
        if not tokens:
            return []
        line = next((token.map[0] for token in tokens if token.map), 0)
        html = re.sub(r"^<(h[1-6])", r'<\1 class="first"', self._html(tokens, room))
        return [kinds.Prose(line=self._line(line), html=html)] if html else []

    def _html(self, tokens: Sequence[Token], room: int) -> str:
        """Return tokens as safe XHTML, their pictures and links made good."""
        markup = self.markdown.renderer.render(tokens, self.markdown.options, self.env)
        tree = clean(markup)
        line = self._line(next((token.map[0] for token in tokens if token.map), 0))
        for image in tree.iter("img"):
            self._show_inside(image, line, room)
        for link in tree.iter("a"):
            mend_link(link, self.settings)
        for heading in list(tree.iter("h1")):
            heading.tag = "h2"
        for row in tree.iter("tr"):
            if len(row):
                row[-1].set("class", f"{row[-1].get('class') or ''} last".strip())
        for element in tree.iter():
            if self.tags.count(str(element.get("style") or "")):
                del element.attrib["style"]
        return serialised(tree)

    def _show_inside(self, image: lxml_html.HtmlElement, line: int, room: int) -> None:
        width = str(image.get("width") or "").removesuffix("px")
        shown = self.album.show(
            image.get("src") or "",
            image.get("alt") or "",
            int(image.get("data-line") or line),
            width=int(width) if width.isdigit() and int(width) > 0 else None,
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

    def _pictures(self, chunk: Sequence[Token], room: int, line: int) -> list[Block] | None:
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
            caption = self.markdown.renderer.render(children[1:-1], self.markdown.options, self.env)
            shown = [replace(shown[0], caption=serialised(clean(caption)))]
        if not self.album.is_article:  # whose style sheet narrows them
            room = (room - 16 * (len(shown) - 1)) // len(shown)
            shown = [self._fit(picture, room) for picture in shown]
        return [kinds.Pictures(line=line, shown=tuple(shown))]

    def _shown(self, token: Token, href: str | None, line: int) -> Shown:
        alt = "".join(child.content for child in token.children or [] if child.content) or token.content
        width = str(token.attrs.get("width", "")).removesuffix("px")
        shown = self.album.show(
            str(token.attrs.get("src", "")),
            alt,
            int(token.attrs.get("data-line", line)),
            width=int(width) if width.isdigit() and int(width) else None,
        )
        caption = str(escape(str(token.attrs.get("title", ""))))
        return replace(shown, href=absolute(href, self.settings) if href else None, caption=caption)

    @staticmethod
    def _fit(shown: Shown, room: int) -> Shown:
        if not shown.width or shown.width <= room:
            return shown
        height = round(shown.height * room / shown.width) if shown.height else None
        return replace(shown, width=room, height=height)

    def _buttons(self, chunk: Sequence[Token], line: int) -> list[Block] | None:
        """Read a paragraph of nothing but links with the class `button`."""
        buttons: list[kinds.Button] = []
        label: list[str] | None = None
        href = ""
        for child in chunk[1].children or []:
            if child.type == "link_open" and "button" in str(child.attrs.get("class", "")).split():
                label, href = [], str(child.attrs.get("href", ""))
            elif child.type == "link_close" and label is not None:
                buttons.append(
                    kinds.Button(label=" ".join("".join(label).split()), href=absolute(href, self.settings))
                )
                label = None
            elif label is not None:
                label.append(child.content or (" " if child.type == "softbreak" else ""))
            elif child.type == "link_open" or child.content.strip():
                return None
        return [kinds.Buttons(line=line, buttons=tuple(buttons))] if buttons else None

    def _notes(self, chunk: Sequence[Token]) -> Iterator[str]:
        for note in _chunks(chunk[1:-1]):
            inner = [token for token in note.tokens[1:-1] if token.type != "footnote_anchor"]
            number = int(note.tokens[0].meta["id"]) + 1
            tree = clean(self.markdown.renderer.render(inner, self.markdown.options, self.env))
            for link in tree.iter("a"):
                mend_link(link, self.settings)
            home = tree[-1] if len(tree) and tree[-1].tag == "p" else tree
            back = lxml_html.fragment_fromstring(f'<a class="back" href="#fnref{number}">\u21a9\ufe0e</a>')
            if len(home):
                home[-1].tail = f"{home[-1].tail or ''} "
            else:
                home.text = f"{home.text or ''} "
            home.append(back)
            yield serialised(tree)

    def _box(self, chunk: Sequence[Token], room: int, line: int, *, is_inner: bool) -> list[Block]:
        """Read a `:::` container: columns, a pull quote, a callout; any other is its content."""
        words = chunk[0].info.strip().lstrip(":").strip().split(maxsplit=1) or [""]
        name, title = words[0].strip("{}.").lower(), words[1].strip() if len(words) > 1 else ""
        inner = chunk[1:-1]
        if name == "columns" and not is_inner:
            return self._columns(inner, line)
        if name in {"pullquote", "pull-quote", "pull"}:
            return [kinds.PullQuote(line=line, html=self._html(inner, room))]
        if name in CALLOUTS:
            content = tuple(self._blocks(inner, max(room - 48, 120), is_inner=True))
            return [kinds.Callout(line=line, style=name, title=title, blocks=content)] if content or title else []
        if name not in {"columns", "column"}:
            self.find(
                "container",
                line - self.issue.body_line,
                f"unknown box '{name[:40]}': only its content is kept",
                did_you_mean(name, (*CALLOUTS, "columns", "column", "pullquote")),
            )
        return self._blocks(inner, room, is_inner=is_inner)

    def _columns(self, tokens: Sequence[Token], line: int) -> list[Block]:
        chunks = list(_chunks(tokens))
        inners = [
            chunk.tokens[1:-1]
            for chunk in chunks
            if chunk.tokens[0].type == "container_box_open"
            and chunk.tokens[0].info.strip().split(maxsplit=1)[:1] == ["column"]
        ]
        if not 2 <= len(inners) <= 4 or len(inners) != len(chunks):
            return self._blocks(tokens, is_inner=True)
        room = (COLUMN - 24 * (len(inners) - 1)) // len(inners)
        columns = tuple(tuple(self._blocks(inner, room, is_inner=True)) for inner in inners)
        return [kinds.Columns(line=line, columns=columns)]


def _ordered(tokens: Sequence[Token]) -> Sequence[Token]:
    """Move every heading one step down if the text has one of the first order, which is the title's."""
    if any(token.tag == "h1" for token in tokens):
        for token in tokens:
            if token.type in {"heading_open", "heading_close"}:
                token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
    return tokens


def _letters(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())


@dataclass(frozen=True, slots=True)
class _Chunk:
    tokens: Sequence[Token]
    is_mixed: bool = False
    """Whether raw HTML holds Markdown, so that all of it is one piece."""


def _chunks(tokens: Sequence[Token]) -> Iterator[_Chunk]:
    """Cut tokens into their outermost elements; raw HTML reaches to where it is closed."""
    spans = list(_spans(tokens))
    index = 0
    while index < len(spans):
        start = spans[index][0]
        reach = index
        if tokens[start].type == "html_block" and (open_now := balance(tokens[start].content)) > 0:
            for later in range(index + 1, len(spans)):
                if tokens[spans[later][0]].type == "html_block":
                    open_now += balance(tokens[spans[later][0]].content)
                    if open_now <= 0:
                        reach = later
                        break
        yield _Chunk(tokens[start : spans[reach][1]], is_mixed=reach > index)
        index = reach + 1


def _spans(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    depth = start = 0
    for index, token in enumerate(tokens):
        if depth == 0:
            start = index
        depth += token.nesting
        if depth == 0:
            yield start, index + 1
