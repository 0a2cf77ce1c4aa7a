"""Reads the Markdown of an issue into blocks; whatever cannot be kept becomes a finding with its line.

The text is limited, parsed and normalised; then each top-level element becomes a block (a table, a callout, a row of
pictures), and everything between two blocks is prose.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from markdown_it.token import Token

from newsletter.compose import blocks as kinds
from newsletter.compose.blocks import Block
from newsletter.compose.images.resolver import PictureResolver
from newsletter.compose.markdown.audience_parts import AUDIENCE_DIRECTIVES
from newsletter.compose.markdown.code_blocks import code_block
from newsletter.compose.markdown.directives import DIRECTIVES, CardDirective, DirectiveReader
from newsletter.compose.markdown.fences import normalise_fences
from newsletter.compose.markdown.limits import flatten_nesting, truncate_text
from newsletter.compose.markdown.paragraphs import ParagraphReader
from newsletter.compose.markdown.parser import make_parser
from newsletter.compose.markdown.renderer import Renderer
from newsletter.compose.markdown.token_stream import TokenNormaliser, split_chunks
from newsletter.compose.markdown.warnings import FindingCollector, warn_undefined_footnotes, warn_unparsed_links
from newsletter.compose.merge_tags import Placeholders
from newsletter.content import Issue
from newsletter.finding import Finding, Level, did_you_mean
from newsletter.settings import Settings

_TOC_MARKERS = {"[[toc]]", "[toc]", "[[_toc_]]", "{:toc}", "${toc}"}
_NO_FOOTNOTES: Mapping[str, int] = MappingProxyType({})
CALLOUTS = ("note", "tip", "info", "important", "warning", "danger", "caution", "callout")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedBody:
    """The blocks of an issue's body, and the findings made while reading it."""

    blocks: tuple[Block, ...]
    findings: tuple[Finding, ...]
    cards: tuple[CardDirective, ...] = ()
    """Its card directives, as their author wrote them."""


def read_body(
    issue: Issue,
    settings: Settings,
    placeholders: Placeholders,
    resolver: PictureResolver,
    part_footnotes: Mapping[str, int] = _NO_FOOTNOTES,
) -> ParsedBody:
    """Read the body of `issue`; its tags become `placeholders`, its pictures are copied by `resolver`.

    `part_footnotes` are the footnotes, with their lines, that are defined in parts for some readers only.
    """
    collector = FindingCollector(issue)
    body, cut_line = truncate_text(issue.body)
    if cut_line is not None:
        message = "is too long for one email, so everything from here on was left out"
        remedy = "Split it into two issues, or link to the rest"
        collector.add("size", cut_line, message, remedy, level=Level.ERROR)
    body, flattened_line = flatten_nesting(body)
    if flattened_line is not None:
        collector.add("nesting", flattened_line - 1, "is nested too deeply", "It was flattened")
    renderer = Renderer(make_parser(issue.language), settings, placeholders, resolver, collector)
    tokens = _without_parts(renderer.parse_document(placeholders.protect(normalise_fences(body))), collector)
    warn_undefined_footnotes(tokens, part_footnotes, collector)
    warn_unparsed_links(tokens, collector)
    TokenNormaliser(placeholders, collector).normalise(tokens)
    tokens = list(_with_lowered_headings(_without_title(tokens, issue.title)))
    directives = DirectiveReader(issue, settings, placeholders, resolver, collector, renderer, tuple(_headings(tokens)))
    blocks = _BlockReader(collector, renderer, ParagraphReader(renderer, resolver, settings), directives).blocks(
        tokens, resolver.column
    )
    return ParsedBody(blocks=tuple(blocks), findings=collector.findings, cards=tuple(directives.cards))


@dataclass(frozen=True, slots=True)
class _BlockReader:
    collector: FindingCollector
    renderer: Renderer
    paragraphs: ParagraphReader
    directives: DirectiveReader

    def blocks(self, tokens: Sequence[Token], max_width: int, *, is_inner: bool = False) -> list[Block]:
        """Return tokens as blocks that fit into `max_width` pixels; `is_inner` means inside another block."""
        blocks: list[Block] = []
        prose: list[Token] = []
        for chunk in split_chunks(tokens):
            special = None if chunk.is_mixed else self._block(chunk.tokens, max_width, is_inner=is_inner)
            if special is None:
                prose.extend(chunk.tokens)
                continue
            blocks.extend(self._prose(prose, max_width))
            prose = []
            blocks.extend(special)
        blocks.extend(self._prose(prose, max_width))
        return blocks

    def _block(self, chunk: Sequence[Token], max_width: int, *, is_inner: bool) -> list[Block] | None:
        """Return a chunk as blocks, or None if it is prose."""
        first = chunk[0]
        line = self.collector.line(first.map[0] if first.map else 0)
        match first.type:
            case "hr":
                return [kinds.Divider(line=line)]
            case "fence" | "code_block":
                language = first.info.strip().split(maxsplit=1)[0] if first.info.strip() else ""
                return [code_block(first.content, language, line)]
            case "table_open":
                return [kinds.Table(line=line, html=self.renderer.render(chunk, max_width))]
            case "paragraph_open" if chunk[1].content.strip().lower() in _TOC_MARKERS:
                return self.directives.table_of_contents(line)
            case "paragraph_open":
                return self.paragraphs.pictures(chunk, max_width, line) or self.paragraphs.buttons(chunk, line)
            case "blockquote_open" if "pull" in str(first.attrs.get("class", "")):
                return [kinds.PullQuote(line=line, html=self.renderer.render(chunk[1:-1], max_width))]
            case "blockquote_open" if alert := read_alert(chunk):
                return self._callout(alert.style, alert.title, alert.tokens, max_width, line)
            case "footnote_block_open":
                return [kinds.Footnotes(line=line, notes=tuple(self.renderer.render_footnotes(chunk)))]
            case "container_box_open":
                return self._container(chunk, max_width, line, is_inner=is_inner)
        return None

    def _prose(self, tokens: Sequence[Token], max_width: int) -> list[Block]:
        if not tokens:
            return []
        line = next((token.map[0] for token in tokens if token.map), 0)
        html = re.sub(r"^<(h[1-6])", r'<\1 class="first"', self.renderer.render(tokens, max_width))
        return [kinds.Prose(line=self.collector.line(line), html=html)] if html else []

    def _container(self, chunk: Sequence[Token], max_width: int, line: int, *, is_inner: bool) -> list[Block]:
        """Read a `:::` container: columns, pull quote, callout or directive; of any other only the content is kept."""
        info = chunk[0].info.strip().lstrip(":").strip().split(maxsplit=1) or [""]
        name, title = info[0].strip("{}.").lower(), info[1].strip() if len(info) > 1 else ""
        inner = chunk[1:-1]
        if name == "columns" and not is_inner:
            return self._columns(inner, max_width, line)
        if name in {"pullquote", "pull-quote", "pull"}:
            return [kinds.PullQuote(line=line, html=self.renderer.render(inner, max_width))]
        if name in CALLOUTS:
            return self._callout(name, title, inner, max_width, line)
        if name in DIRECTIVES:
            return self.directives.read(name, title, chunk, max_width, line)
        if name not in {"columns", "column"}:
            self.collector.add(
                "container",
                (chunk[0].map or [0])[0],
                f"unknown directive '{name[:40]}': only its content is kept",
                did_you_mean(name, (*CALLOUTS, *DIRECTIVES, *AUDIENCE_DIRECTIVES, "columns", "column", "pullquote")),
            )
        return self.blocks(inner, max_width, is_inner=is_inner)

    def _callout(self, style: str, title: str, tokens: Sequence[Token], max_width: int, line: int) -> list[Block]:
        content = tuple(self.blocks(tokens, max(max_width - 48, 120), is_inner=True))
        return [kinds.Callout(line=line, style=style, title=title, blocks=content)] if content or title else []

    def _columns(self, tokens: Sequence[Token], max_width: int, line: int) -> list[Block]:
        chunks = list(split_chunks(tokens))
        columns_tokens = [
            chunk.tokens[1:-1]
            for chunk in chunks
            if chunk.tokens[0].type == "container_box_open"
            and chunk.tokens[0].info.strip().split(maxsplit=1)[:1] == ["column"]
        ]
        if not 2 <= len(columns_tokens) <= 4 or len(columns_tokens) != len(chunks):
            return self.blocks(tokens, max_width, is_inner=True)
        max_width = (max_width - 24 * (len(columns_tokens) - 1)) // len(columns_tokens)
        columns = tuple(tuple(self.blocks(inner, max_width, is_inner=True)) for inner in columns_tokens)
        return [kinds.Columns(line=line, columns=columns)]


def _without_parts(tokens: list[Token], collector: FindingCollector) -> list[Token]:
    """Remove parts for some readers inside lists and quotations, where they cannot be cut out: they are private."""
    if not any(token.type == "container_box_open" for token in tokens):
        return tokens
    kept: list[Token] = []
    depth = 0
    for token in tokens:
        if depth == 0 and token.type == "container_box_open" and _directive_name(token) in AUDIENCE_DIRECTIVES:
            line = (token.map or [0])[0]
            message = "a part for some readers is inside a list or a quotation, so nobody gets it"
            collector.add("part", line, message, "Start its lines at the margin", level=Level.ERROR)
            depth = token.nesting
        elif depth:
            depth += token.nesting
        else:
            kept.append(token)
    return kept


def _directive_name(token: Token) -> str:
    info = token.info.strip().lstrip(":").split(maxsplit=1)
    return info[0].strip("{}.").lower() if info else ""


def _without_title(tokens: Sequence[Token], title: str) -> Sequence[Token]:
    """Remove a first heading that only repeats the title, if there is more text."""
    if len(tokens) < 4 or tokens[0].type != "heading_open" or tokens[0].tag not in {"h1", "h2"}:
        return tokens
    children = tokens[1].children or []
    text = "".join(child.content for child in children if child.type != "image")
    text = text if _letters(text) else "".join(child.content for child in children)
    return tokens[3:] if _letters(text) == _letters(title) else tokens


def _with_lowered_headings(tokens: Sequence[Token]) -> Sequence[Token]:
    """Move every heading one level down if the text has an h1, which is reserved for the title."""
    if any(token.tag == "h1" for token in tokens):
        for token in tokens:
            if token.type in {"heading_open", "heading_close"}:
                token.tag = f"h{min(int(token.tag[1]) + 1, 6)}"
    return tokens


def _headings(tokens: Sequence[Token]) -> Iterator[kinds.Heading]:
    """Yield the headings of the two highest levels that the text has."""
    headings = [(token, tokens[index + 1]) for index, token in enumerate(tokens) if token.type == "heading_open"]
    highest = min((int(token.tag[1]) for token, _inline in headings), default=1)
    for token, inline in headings:
        level = int(token.tag[1]) - highest + 1
        text = "".join(_plain_text(child) for child in inline.children or [])
        if level <= 2 and text.strip():
            yield kinds.Heading(level=level, id=str(token.attrs["id"]), text=" ".join(text.split()))


def _plain_text(child: Token) -> str:
    return " " if child.type in {"softbreak", "hardbreak"} else "" if child.type == "html_inline" else child.content


def _letters(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())


_ALERT = re.compile(r"\[!(?P<kind>[A-Za-z][\w-]*)\][+-]?[ \t]*(?P<title>.*)")
_ALERT_STYLES = {
    **dict.fromkeys(("note", "tip", "info", "important", "warning", "danger", "caution"), ""),
    **dict.fromkeys(("hint", "success", "check", "done"), "tip"),
    **dict.fromkeys(("error", "bug", "failure", "fail", "missing"), "danger"),
    "attention": "warning",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A GitHub alert: a quotation that begins with `[!NOTE]` or another kind, and becomes a callout."""

    style: str
    title: str
    tokens: Sequence[Token]
    """Its content without the first line."""


def read_alert(chunk: Sequence[Token]) -> Alert | None:
    """Return the alert that a quotation's tokens are; None for an ordinary quotation."""
    if len(chunk) < 5 or chunk[1].type != "paragraph_open" or not chunk[2].children:
        return None
    first, *rest = chunk[2].children
    match = _ALERT.fullmatch(first.content) if first.type == "text" else None
    if match is None:
        return None
    title = match["title"].strip()
    while rest and rest[0].type not in {"softbreak", "hardbreak"}:
        title += rest.pop(0).content
    kind = match["kind"].lower()
    inner = list(chunk[1:-1])
    if rest:
        chunk[2].children = rest[1:]
        chunk[2].map = [chunk[2].map[0] + 1, chunk[2].map[1]] if chunk[2].map else None
    else:
        inner = inner[3:]
    return Alert(style=_ALERT_STYLES.get(kind, "note") or kind, title=title.strip(), tokens=inner)
