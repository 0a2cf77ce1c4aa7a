"""Cuts a text's tokens into its outermost pieces."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from newsletter.compose.rawhtml import balance


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
