"""The Markdown token stream between parser and block reader: normalised, then split into top-level elements.

Normalising restores tags that are not merge tags and everything inside code, gives headings their ids, and reports
what mail cannot carry of raw HTML.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from newsletter.compose.markdown.raw_html import find_dropped, open_containers, replace_embeds
from newsletter.compose.markdown.warnings import FindingCollector
from newsletter.compose.merge_tags import Placeholders
from newsletter.finding import Level

_KRAMDOWN = re.compile(r"\{:\s?[.#A-Za-z][^{}\n]*\}|\{:(?:toc|nomarkdown|/)[^{}\n]*\}")
_PERCENT_WIDTH = re.compile(r"\{[^{}\n]*?\bwidth=(\d{1,3}%)[^{}\n]*\}")
"""Attributes that the parser does not read, because a per cent sign in them is not in quotation marks."""
_HEADING_ATTRIBUTES = re.compile(r"\s*\{\s*([#.][\w\s.#:-]*)\}\s*$")
_IMAGE = re.compile(r"<img(?=[\s/>])", re.IGNORECASE)
_COMMON_FIELDS = ("first_name", "last_name", "name", "email")


class TokenNormaliser:
    """Normalises the tokens of one issue in place; faults become findings."""

    def __init__(self, placeholders: Placeholders, collector: FindingCollector) -> None:
        self._placeholders = placeholders
        self._collector = collector
        self._ids: dict[str, int] = {}

    def normalise(self, tokens: Sequence[Token]) -> None:
        """Restore unknown tags and all tags in code, name the headings, and prepare raw HTML."""
        line = 0
        for index, token in enumerate(tokens):
            line = token.map[0] if token.map else line
            if token.type in {"fence", "code_block"}:
                token.content = self._placeholders.restore(token.content)
                token.info = self._placeholders.restore(token.info)
            elif token.type == "html_block":
                self._normalise_html(token, line)
            elif token.type == "heading_open":
                self._name_heading(token, tokens[index + 1])
            elif token.type == "inline":
                self._normalise_inline(token.children or [], line)
            token.info = self._placeholders.restore_unknown(token.info)
            self._normalise_attributes(token)

    def _normalise_inline(self, tokens: Sequence[Token], line: int) -> None:
        picture: Token | None = None
        for token in tokens:
            if token.type == "text" and picture is not None and (width := _PERCENT_WIDTH.match(token.content)):
                picture.attrs["width"] = width[1]
                token.content = token.content[width.end() :]
            picture = token if token.type == "image" else None
            if token.type in {"softbreak", "hardbreak"}:
                line += 1
            elif token.type == "code_inline":
                token.content = self._placeholders.restore(token.content)
            elif token.type == "html_inline":
                self._normalise_html(token, line)
            elif token.type == "text":
                self._normalise_text(token, line)
            elif token.type == "image":
                self._normalise_inline(token.children or [], line)
                token.content = self._placeholders.restore_unknown(token.content)
                token.attrs["data-line"] = self._collector.line(line)
            for name in ("href", "src"):
                self._report_unknown_tags(str(token.attrs.get(name, "")), line)
            self._normalise_attributes(token)

    def _normalise_text(self, token: Token, line: int) -> None:
        self._report_unknown_tags(token.content, line)
        token.content = self._placeholders.restore_unknown(token.content)
        if "{:" in token.content and (match := _KRAMDOWN.search(token.content)):
            self._collector.add("attributes", line, f"'{match[0][:40]}' is not supported and was left out")
            token.content = _KRAMDOWN.sub("", token.content)

    def _normalise_html(self, token: Token, line: int) -> None:
        if token.meta.get("is_generated"):
            return
        self._report_unknown_tags(token.content, line)
        restored = self._placeholders.restore_unknown(token.content, is_markup=True)
        for dropped in find_dropped(restored, line):
            self._collector.add(
                "raw-html",
                dropped.line,
                f"{dropped.what} is not possible in email and was left out",
                level=Level.NOTICE,
            )
        token.content = replace_embeds(self._with_lines(restored, line))

    def _with_lines(self, markup: str, line: int) -> str:
        """Add `data-line` to each picture in raw HTML; of two such attributes parsers use the first, which is ours."""

        def with_line(tag: re.Match[str]) -> str:
            return f'{tag[0]} data-line="{self._collector.line(line + markup.count(chr(10), 0, tag.start()))}"'

        return _IMAGE.sub(with_line, markup)

    def _normalise_attributes(self, token: Token) -> None:
        for name, value in token.attrs.items():
            if not isinstance(value, str):
                continue
            restored = self._placeholders.restore_unknown(value)
            if name == "style" and self._placeholders.count(restored):
                restored = ""
            token.attrs[name] = restored

    def _report_unknown_tags(self, text: str, line: int) -> None:
        for source in self._placeholders.unknown_tags(text):
            field = re.fullmatch(r"\{\{\s*(?:subscriber\.|contact\.|user\.)?(\w+)[^}]*\}\}", source)
            near = difflib.get_close_matches(field[1].lower(), _COMMON_FIELDS, n=1) if field else []
            remedy = f"Did you mean '{{{{ subscriber.{near[0]} }}}}'?" if near else ""
            self._collector.add("tag", line, f"unknown tag '{source[:60]}' is left as it is", remedy)

    def _name_heading(self, heading: Token, inline: Token) -> None:
        """Give a heading its id: `{#chosen}`, else one made from its text; repeated ids are numbered."""
        children = inline.children or []
        if children and children[-1].type == "text" and (match := _HEADING_ATTRIBUTES.search(children[-1].content)):
            children[-1].content = children[-1].content[: match.start()]
            chosen = re.search(r"#([\w:-]+)", match[1])
            if chosen:
                heading.attrs["id"] = chosen[1]
        text = "".join(child.content for child in children if child.type in {"text", "code_inline"})
        text = self._placeholders.with_defaults(text).lower()
        name = str(heading.attrs.get("id") or re.sub(r"[^\w]+", "-", text).strip("-")[:60] or "section")
        uses = self._ids.get(name, 0)
        self._ids[name] = uses + 1
        heading.attrs["id"] = f"{name}-{uses + 1}" if uses else name


@dataclass(frozen=True, slots=True)
class Chunk:
    """The tokens of one top-level element, or of raw HTML with everything it encloses."""

    tokens: Sequence[Token]
    is_mixed: bool = False
    """Whether raw HTML encloses Markdown, so that all of it is one piece."""


def split_chunks(tokens: Sequence[Token]) -> Iterator[Chunk]:
    """Split tokens into top-level elements; raw HTML extends to where it is closed."""
    spans = list(_spans(tokens))
    index = 0
    while index < len(spans):
        start = spans[index][0]
        last = index
        if tokens[start].type == "html_block" and (open_count := open_containers(tokens[start].content)) > 0:
            for later in range(index + 1, len(spans)):
                if tokens[spans[later][0]].type == "html_block":
                    open_count += open_containers(tokens[spans[later][0]].content)
                    if open_count <= 0:
                        last = later
                        break
        yield Chunk(tokens[start : spans[last][1]], is_mixed=last > index)
        index = last + 1


def _spans(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    depth = start = 0
    for index, token in enumerate(tokens):
        if depth == 0:
            start = index
        depth += token.nesting
        if depth == 0:
            yield start, index + 1
