"""Tokens made good between parsing and reading: tags put back, headings named, raw HTML looked at."""

import difflib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from newsletter.compose.markdown.raw_html import balance, dropped_from, linked
from newsletter.compose.markdown.warnings import Remarks
from newsletter.compose.merge_tags import Tags
from newsletter.finding import Level

_KRAMDOWN = re.compile(r"\{:\s?[.#A-Za-z][^{}\n]*\}|\{:(?:toc|nomarkdown|/)[^{}\n]*\}")
_SHARE = re.compile(r"\{[^{}\n]*?\bwidth=(\d{1,3}%)[^{}\n]*\}")
"""Attributes that the parser does not read, for a per cent sign stands in them without quotation marks."""
_HEADING_ATTRIBUTES = re.compile(r"\s*\{\s*([#.][\w\s.#:-]*)\}\s*$")
_IMAGE = re.compile(r"<img(?=[\s/>])", re.IGNORECASE)
_OFTEN = ("first_name", "last_name", "name", "email")


class Settler:
    """Settles the tokens of one issue; what it meets on the way becomes a remark."""

    def __init__(self, tags: Tags, remarks: Remarks) -> None:
        self._tags = tags
        self._remarks = remarks
        self._ids: dict[str, int] = {}

    def settle(self, tokens: Sequence[Token]) -> None:
        """Put back every tag that is none of ours and everything inside code, and look at raw HTML."""
        line = 0
        for index, token in enumerate(tokens):
            line = token.map[0] if token.map else line
            if token.type in {"fence", "code_block"}:
                token.content = self._tags.reveal(token.content)
                token.info = self._tags.reveal(token.info)
            elif token.type == "html_block":
                self._settle_html(token, line)
            elif token.type == "heading_open":
                self._name_heading(token, tokens[index + 1])
            elif token.type == "inline":
                self._settle_inline(token.children or [], line)
            token.info = self._tags.settle(token.info)
            self._settle_attributes(token)

    def _settle_inline(self, tokens: Sequence[Token], line: int) -> None:
        picture: Token | None = None
        for token in tokens:
            if token.type == "text" and picture is not None and (share := _SHARE.match(token.content)):
                picture.attrs["width"] = share[1]
                token.content = token.content[share.end() :]
            picture = token if token.type == "image" else None
            if token.type in {"softbreak", "hardbreak"}:
                line += 1
            elif token.type == "code_inline":
                token.content = self._tags.reveal(token.content)
            elif token.type == "html_inline":
                self._settle_html(token, line)
            elif token.type == "text":
                self._settle_text(token, line)
            elif token.type == "image":
                self._settle_inline(token.children or [], line)
                token.content = self._tags.settle(token.content)
                token.attrs["data-line"] = self._remarks.line(line)
            for name in ("href", "src"):
                self._judge_tags(str(token.attrs.get(name, "")), line)
            self._settle_attributes(token)

    def _settle_text(self, token: Token, line: int) -> None:
        self._judge_tags(token.content, line)
        token.content = self._tags.settle(token.content)
        if "{:" in token.content and (match := _KRAMDOWN.search(token.content)):
            self._remarks.add("attributes", line, f"'{match[0][:40]}' is not understood here and was left out")
            token.content = _KRAMDOWN.sub("", token.content)

    def _settle_html(self, token: Token, line: int) -> None:
        if token.meta.get("is_ours"):
            return
        self._judge_tags(token.content, line)
        revealed = self._tags.settle(token.content, is_markup=True)
        for gone in dropped_from(revealed, line):
            self._remarks.add(
                "raw-html", gone.line, f"{gone.what} cannot travel by mail and was left out", level=Level.NOTICE
            )
        token.content = linked(self._with_lines(revealed, line))

    def _with_lines(self, markup: str, line: int) -> str:
        """Note in each picture of raw HTML where it stands; of two such attributes the first, ours, counts."""

        def noted(tag: re.Match[str]) -> str:
            return f'{tag[0]} data-line="{self._remarks.line(line + markup.count(chr(10), 0, tag.start()))}"'

        return _IMAGE.sub(noted, markup)

    def _settle_attributes(self, token: Token) -> None:
        for name, value in token.attrs.items():
            if not isinstance(value, str):
                continue
            settled = self._tags.settle(value)
            if name == "style" and self._tags.count(settled):
                settled = ""
            token.attrs[name] = settled

    def _judge_tags(self, text: str, line: int) -> None:
        for source in self._tags.unknown_in(text):
            bare = re.fullmatch(r"\{\{\s*(?:subscriber\.|contact\.|user\.)?(\w+)[^}]*\}\}", source)
            near = difflib.get_close_matches(bare[1].lower(), _OFTEN, n=1) if bare else []
            remedy = f"Did you mean '{{{{ subscriber.{near[0]} }}}}'?" if near else ""
            self._remarks.add("tag", line, f"unknown tag '{source[:60]}' stays as it is written", remedy)

    def _name_heading(self, heading: Token, inline: Token) -> None:
        """Give a heading its id: `{#chosen}`, else made from its words."""
        children = inline.children or []
        if children and children[-1].type == "text" and (match := _HEADING_ATTRIBUTES.search(children[-1].content)):
            children[-1].content = children[-1].content[: match.start()]
            chosen = re.search(r"#([\w:-]+)", match[1])
            if chosen:
                heading.attrs["id"] = chosen[1]
        words = "".join(child.content for child in children if child.type in {"text", "code_inline"})
        words = self._tags.defaulted(words).lower()
        name = str(heading.attrs.get("id") or re.sub(r"[^\w]+", "-", words).strip("-")[:60] or "section")
        again = self._ids.get(name, 0)
        self._ids[name] = again + 1
        heading.attrs["id"] = f"{name}-{again + 1}" if again else name


@dataclass(frozen=True, slots=True)
class Chunk:
    """One outermost element, or raw HTML with all that it holds."""

    tokens: Sequence[Token]
    is_mixed: bool = False
    """Whether raw HTML holds Markdown, so that all of it is one piece."""


def chunks_of(tokens: Sequence[Token]) -> Iterator[Chunk]:
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
        yield Chunk(tokens[start : spans[reach][1]], is_mixed=reach > index)
        index = reach + 1


def _spans(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    depth = start = 0
    for index, token in enumerate(tokens):
        if depth == 0:
            start = index
        depth += token.nesting
        if depth == 0:
            yield start, index + 1
