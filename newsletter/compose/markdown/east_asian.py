"""East Asian scripts in Markdown: emphasis beside full-width marks, and no blank where a line was broken.

CommonMark's rules for `**` look for blanks that these scripts do not write, so that
`**标题：**内容` would stay literal.
"""

import unicodedata
from collections.abc import Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.parser_inline import ParserInline
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token
from markdown_it.utils import EnvType


class EastAsianInline(ParserInline):
    """The inline parser with wide characters understood."""

    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        """Parse `src` into `tokens`, as the parser we extend does."""
        state = _State(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        return state.tokens


class _State(StateInline):
    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:
        scanned = super().scanDelims(start, canSplitWord)
        end = start + scanned.length
        before = self.src[start - 1] if start > 0 else " "
        after = self.src[end] if end < self.posMax else " "
        if not canSplitWord or not (_is_wide(before) or _is_wide(after)):
            return scanned
        is_loose_before = _is_blank(before) or _is_mark(before) or _is_wide(before)
        is_loose_after = _is_blank(after) or _is_mark(after) or _is_wide(after)
        return Scanned(
            not _is_blank(after) and (not _is_mark(after) or is_loose_before),
            not _is_blank(before) and (not _is_mark(before) or is_loose_after),
            scanned.length,
        )


def render_softbreak(_self: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    """Render the end of a line: nothing between two characters that are written without blanks."""
    before = tokens[index - 1].content[-1:] if index else ""
    after = tokens[index + 1].content[:1] if index + 1 < len(tokens) else ""
    return "" if _needs_no_blank(before) and _needs_no_blank(after) else "\n"


def _needs_no_blank(char: str) -> bool:
    return char != "" and _is_wide(char) and not "\uac00" <= char <= "\ud7af"


def _is_wide(char: str) -> bool:
    return char > "\u1100" and unicodedata.east_asian_width(char) in "WF"


def _is_blank(char: str) -> bool:
    return isWhiteSpace(ord(char))


def _is_mark(char: str) -> bool:
    return isMdAsciiPunct(ord(char)) or isPunctChar(char)
