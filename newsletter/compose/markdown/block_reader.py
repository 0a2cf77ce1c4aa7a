"""Reads an issue's Markdown into blocks; what could not be kept is a finding with its line."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from markdown_it.token import Token

from newsletter.compose import blocks as kinds
from newsletter.compose.blocks import Block
from newsletter.compose.images.resolver import Album
from newsletter.compose.markdown.audience_parts import AUDIENCE_DIRECTIVES
from newsletter.compose.markdown.code_blocks import code_block
from newsletter.compose.markdown.directives import BOXES, Boxes, CardDirective
from newsletter.compose.markdown.fences import paired
from newsletter.compose.markdown.limits import cut
from newsletter.compose.markdown.paragraphs import Paragraphs
from newsletter.compose.markdown.parser import parser, tame
from newsletter.compose.markdown.renderer import Renderer
from newsletter.compose.markdown.token_stream import Settler, chunks_of
from newsletter.compose.markdown.warnings import Remarks, remark_strays, remark_undefined
from newsletter.compose.merge_tags import Tags
from newsletter.content import Issue
from newsletter.finding import Finding, Level, did_you_mean
from newsletter.settings import Settings

_TOC = {"[[toc]]", "[toc]", "[[_toc_]]", "{:toc}", "${toc}"}
_NO_NOTES: Mapping[str, int] = MappingProxyType({})
CALLOUTS = ("note", "tip", "info", "important", "warning", "danger", "caution", "callout")


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """An issue's blocks and what was found on the way."""

    blocks: tuple[Block, ...]
    findings: tuple[Finding, ...]
    cards: tuple[CardDirective, ...] = ()
    """Its cards, as their author wrote them."""


def read_text(
    issue: Issue, settings: Settings, tags: Tags, album: Album, notes_of_parts: Mapping[str, int] = _NO_NOTES
) -> Text:
    """Read the body of `issue`; its merge tags become words of `tags`, its pictures stand in `album`.

    `notes_of_parts` are the notes, with their lines, that parts for some readers define.
    """
    remarks = Remarks(issue)
    body, cut_line = cut(issue.body)
    if cut_line is not None:
        message = "is too long for one letter: what follows was left out"
        remedy = "Make two issues of it, or link to the rest"
        remarks.add("size", cut_line, message, remedy, level=Level.ERROR)
    body, flattened_line = tame(body)
    if flattened_line is not None:
        remarks.add("nesting", flattened_line - 1, "is nested deeper than anybody reads", "It was flattened")
    renderer = Renderer(parser(issue.language), settings, tags, album, remarks)
    tokens = _without_parts(renderer.parse_all(tags.hide(paired(body))), remarks)
    remark_undefined(tokens, notes_of_parts, remarks)
    remark_strays(tokens, remarks)
    Settler(tags, remarks).settle(tokens)
    tokens = list(_ordered(_without_title(tokens, issue.title)))
    boxes = Boxes(issue, settings, tags, album, remarks, renderer, tuple(_headings(tokens)))
    blocks = _Reader(remarks, renderer, Paragraphs(renderer, album, settings), boxes).blocks(tokens, album.column)
    return Text(blocks=tuple(blocks), findings=remarks.findings, cards=tuple(boxes.cards))


@dataclass(frozen=True, slots=True)
class _Reader:
    remarks: Remarks
    renderer: Renderer
    paragraphs: Paragraphs
    boxes: Boxes

    def blocks(self, tokens: Sequence[Token], room: int, *, is_inner: bool = False) -> list[Block]:
        found: list[Block] = []
        prose: list[Token] = []
        for chunk in chunks_of(tokens):
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
        line = self.remarks.line(first.map[0] if first.map else 0)
        match first.type:
            case "hr":
                return [kinds.Divider(line=line)]
            case "fence" | "code_block":
                language = first.info.strip().split(maxsplit=1)[0] if first.info.strip() else ""
                return [code_block(first.content, language, line)]
            case "table_open":
                return [kinds.Table(line=line, html=self.renderer.html(chunk, room))]
            case "paragraph_open" if chunk[1].content.strip().lower() in _TOC:
                return self.boxes.contents(line)
            case "paragraph_open":
                return self.paragraphs.pictures(chunk, room, line) or self.paragraphs.buttons(chunk, line)
            case "blockquote_open" if "pull" in str(first.attrs.get("class", "")):
                return [kinds.PullQuote(line=line, html=self.renderer.html(chunk[1:-1], room))]
            case "blockquote_open" if alert := alert_in(chunk):
                return self._callout(alert.style, alert.title, alert.tokens, room, line)
            case "footnote_block_open":
                return [kinds.Footnotes(line=line, notes=tuple(self.renderer.notes(chunk)))]
            case "container_box_open":
                return self._box(chunk, room, line, is_inner=is_inner)
        return None

    def _prose(self, tokens: Sequence[Token], room: int) -> list[Block]:
        if not tokens:
            return []
        line = next((token.map[0] for token in tokens if token.map), 0)
        html = re.sub(r"^<(h[1-6])", r'<\1 class="first"', self.renderer.html(tokens, room))
        return [kinds.Prose(line=self.remarks.line(line), html=html)] if html else []

    def _box(self, chunk: Sequence[Token], room: int, line: int, *, is_inner: bool) -> list[Block]:
        """Read a `:::` container: columns, a pull quote, a callout; any other is its content."""
        words = chunk[0].info.strip().lstrip(":").strip().split(maxsplit=1) or [""]
        name, title = words[0].strip("{}.").lower(), words[1].strip() if len(words) > 1 else ""
        inner = chunk[1:-1]
        if name == "columns" and not is_inner:
            return self._columns(inner, room, line)
        if name in {"pullquote", "pull-quote", "pull"}:
            return [kinds.PullQuote(line=line, html=self.renderer.html(inner, room))]
        if name in CALLOUTS:
            return self._callout(name, title, inner, room, line)
        if name in BOXES:
            return self.boxes.read(name, title, chunk, room, line)
        if name not in {"columns", "column"}:
            self.remarks.add(
                "container",
                (chunk[0].map or [0])[0],
                f"unknown box '{name[:40]}': only its content is kept",
                did_you_mean(name, (*CALLOUTS, *BOXES, *AUDIENCE_DIRECTIVES, "columns", "column", "pullquote")),
            )
        return self.blocks(inner, room, is_inner=is_inner)

    def _callout(self, style: str, title: str, tokens: Sequence[Token], room: int, line: int) -> list[Block]:
        content = tuple(self.blocks(tokens, max(room - 48, 120), is_inner=True))
        return [kinds.Callout(line=line, style=style, title=title, blocks=content)] if content or title else []

    def _columns(self, tokens: Sequence[Token], room: int, line: int) -> list[Block]:
        chunks = list(chunks_of(tokens))
        inners = [
            chunk.tokens[1:-1]
            for chunk in chunks
            if chunk.tokens[0].type == "container_box_open"
            and chunk.tokens[0].info.strip().split(maxsplit=1)[:1] == ["column"]
        ]
        if not 2 <= len(inners) <= 4 or len(inners) != len(chunks):
            return self.blocks(tokens, room, is_inner=True)
        room = (room - 24 * (len(inners) - 1)) // len(inners)
        columns = tuple(tuple(self.blocks(inner, room, is_inner=True)) for inner in inners)
        return [kinds.Columns(line=line, columns=columns)]


def _without_parts(tokens: list[Token], remarks: Remarks) -> list[Token]:
    """Leave out parts for some readers that stand where they cannot be told from the rest: they are private."""
    if not any(token.type == "container_box_open" for token in tokens):
        return tokens
    kept: list[Token] = []
    depth = 0
    for token in tokens:
        if depth == 0 and token.type == "container_box_open" and _box_name(token) in AUDIENCE_DIRECTIVES:
            line = (token.map or [0])[0]
            message = "a part for some readers begins inside a list or a quotation, so nobody gets it"
            remarks.add("part", line, message, "Begin it at the margin", level=Level.ERROR)
            depth = token.nesting
        elif depth:
            depth += token.nesting
        else:
            kept.append(token)
    return kept


def _box_name(token: Token) -> str:
    words = token.info.strip().lstrip(":").split(maxsplit=1)
    return words[0].strip("{}.").lower() if words else ""


def _without_title(tokens: Sequence[Token], title: str) -> Sequence[Token]:
    """Drop an opening heading that only repeats the title, if there is more."""
    if len(tokens) < 4 or tokens[0].type != "heading_open" or tokens[0].tag not in {"h1", "h2"}:
        return tokens
    children = tokens[1].children or []
    said = "".join(child.content for child in children if child.type != "image")
    said = said if _letters(said) else "".join(child.content for child in children)
    return tokens[3:] if _letters(said) == _letters(title) else tokens


def _ordered(tokens: Sequence[Token]) -> Sequence[Token]:
    """Move every heading one step down if the text has one of the first order, which is the title's."""
    if any(token.tag == "h1" for token in tokens):
        for token in tokens:
            if token.type in {"heading_open", "heading_close"}:
                token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
    return tokens


def _headings(tokens: Sequence[Token]) -> Iterator[kinds.Heading]:
    """Return the headings of the two highest orders that the text has."""
    found = [(token, tokens[index + 1]) for index, token in enumerate(tokens) if token.type == "heading_open"]
    highest = min((int(token.tag[1]) for token, _inline in found), default=1)
    for token, inline in found:
        level = int(token.tag[1]) - highest + 1
        text = "".join(_said(child) for child in inline.children or [])
        if level <= 2 and text.strip():
            yield kinds.Heading(level=level, id=str(token.attrs["id"]), text=" ".join(text.split()))


def _said(child: Token) -> str:
    return " " if child.type in {"softbreak", "hardbreak"} else "" if child.type == "html_inline" else child.content


def _letters(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())


_MARK = re.compile(r"\[!(?P<kind>[A-Za-z][\w-]*)\][+-]?[ \t]*(?P<title>.*)")
_STYLES = {
    **dict.fromkeys(("note", "tip", "info", "important", "warning", "danger", "caution"), ""),
    **dict.fromkeys(("hint", "success", "check", "done"), "tip"),
    **dict.fromkeys(("error", "bug", "failure", "fail", "missing"), "danger"),
    "attention": "warning",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A quotation that is a callout."""

    style: str
    title: str
    tokens: Sequence[Token]
    """What it says, without its first line."""


def alert_in(chunk: Sequence[Token]) -> Alert | None:
    """Read a quotation's tokens; None for one that only quotes."""
    if len(chunk) < 5 or chunk[1].type != "paragraph_open" or not chunk[2].children:
        return None
    first, *rest = chunk[2].children
    mark = _MARK.fullmatch(first.content) if first.type == "text" else None
    if mark is None:
        return None
    title = mark["title"].strip()
    while rest and rest[0].type not in {"softbreak", "hardbreak"}:
        title += rest.pop(0).content
    kind = mark["kind"].lower()
    inner = list(chunk[1:-1])
    if rest:
        chunk[2].children = rest[1:]
        chunk[2].map = [chunk[2].map[0] + 1, chunk[2].map[1]] if chunk[2].map else None
    else:
        inner = inner[3:]
    return Alert(style=_STYLES.get(kind, "note") or kind, title=title.strip(), tokens=inner)
