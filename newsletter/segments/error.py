"""The fault of a segment: what is wrong with a question, and at which word."""

import unicodedata

_ROOM = 100
"""How many characters of a long question are shown around its fault."""


class SegmentError(ValueError):
    """A question that cannot be asked; its text is one line that names the column."""

    def __init__(self, message: str, expression: str, column: int, *, width: int = 1, remedy: str = "") -> None:
        """Say what is wrong with `expression` at the 1-based `column`, for `width` characters."""
        super().__init__(f"segment: {message} at column {column}{f'. {remedy}' if remedy else ''}")
        self.expression = expression
        self.column = column
        self.width = max(width, 1)

    @property
    def pointed(self) -> str:
        """The fault with the question below it, and carets below the word."""
        start = max(0, self.column - 1 - _ROOM // 2)
        shown = self.expression[start : start + _ROOM]
        before = self.expression[start : self.column - 1]
        word = self.expression[self.column - 1 : self.column - 1 + self.width][:_ROOM]
        carets = "^" * max(_columns(word), 1)
        return f"{self}\n  {shown}\n  {' ' * _columns(before)}{carets}"


def _columns(text: str) -> int:
    """Return how many columns a terminal needs for a text."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )
