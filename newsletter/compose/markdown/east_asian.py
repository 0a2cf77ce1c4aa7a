"""East Asian scripts in Markdown: emphasis beside full-width punctuation, and no space at a soft line break.

CommonMark's rules for `**` expect spaces that these scripts do not write, so `**标题：**内容` would stay literal.
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
    """The inline parser with rules for wide characters."""

    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        """Parse `src` into `tokens`."""
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
        is_loose_before = _is_space(before) or _is_punctuation(before) or _is_wide(before)
        is_loose_after = _is_space(after) or _is_punctuation(after) or _is_wide(after)
        return Scanned(
            not _is_space(after) and (not _is_punctuation(after) or is_loose_before),
            not _is_space(before) and (not _is_punctuation(before) or is_loose_after),
            scanned.length,
        )


def render_softbreak(_self: Any, tokens: Sequence[Token], index: int, _options: Any, _env: Any) -> str:
    """Render a soft line break: nothing between two characters of a script that is written without spaces."""
    before = tokens[index - 1].content[-1:] if index else ""
    after = tokens[index + 1].content[:1] if index + 1 < len(tokens) else ""
    return "" if _is_written_without_spaces(before) and _is_written_without_spaces(after) else "\n"


def _is_written_without_spaces(char: str) -> bool:
    return char != "" and _is_wide(char) and not "\uac00" <= char <= "\ud7af"


def _is_wide(char: str) -> bool:
    return char > "\u1100" and unicodedata.east_asian_width(char) in "WF"


def _is_space(char: str) -> bool:
    return isWhiteSpace(ord(char))


def _is_punctuation(char: str) -> bool:
    return isMdAsciiPunct(ord(char)) or isPunctChar(char)
