"""Lexer of the segment language: cuts a condition into tokens with their columns, and points at errors in it.

Keywords are recognised in any case.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

MAX_LENGTH = 4000
MAX_DEPTH = 24
"""Of brackets and `not`."""
_DIGITS = 15
"""A number with more digits cannot be stored exactly."""
KEYWORDS = frozenset({
    "and", "or", "not", "in", "contains", "has", "no", "on", "joined", "before", "after", "within", "got",
    "received", "answered", "clicked", "tagged", "never", "any", "of", "the", "last", "issues", "anything",
})  # fmt: skip
_DAYS = {"day": 1, "days": 1, "week": 7, "weeks": 7}
_UNSUPPORTED_ACTIVITIES = {"opened": "openings are"}
_TOKEN = re.compile(
    r"""(?P<SPACE>\s+)
    |(?P<DATE>[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:Z|[+-][0-9]{2}:?[0-9]{2})?)?(?!\w))
    |(?P<NUMBER>[+-]?[0-9]+(?:\.[0-9]+)?(?![\w]))
    |(?P<NAME>(?:[sS]ubscriber\.\w+|[^\W\d][\w-]*))
    |(?P<STRING>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[“”„‟](?:[^“”‟"\\]|\\.)*[“”‟"]|[‘’‚‛](?:[^‘’‛'\\]|\\.)*[‘’‛']
        |«[^»]*»|»[^«]*«|「[^」]*」)
    |(?P<OPERATOR>>=|<=|!=|<>|==|[=<>≥≤≠])
    |(?P<LPAR>\()|(?P<RPAR>\))|(?P<COMMA>,)""",
    re.VERBOSE,
)
_QUOTES = "\"'“”„‟‘’‚‛«»「"
_OPERATORS = {"==": "=", "<>": "!=", "≠": "!=", "≥": ">=", "≤": "<="}
_SHOWN_CHARACTERS = 100
"""How many characters of a long condition are shown around the error."""


class SegmentError(ValueError):
    """A condition that cannot be parsed; its text is one line that names the column."""

    def __init__(self, message: str, expression: str, column: int, *, width: int = 1, remedy: str = "") -> None:
        """`message` says what is wrong with `expression` at the 1-based `column`, for `width` characters."""
        super().__init__(f"segment: {message} at column {column}{f'. {remedy}' if remedy else ''}")
        self.expression = expression
        self.column = column
        self.width = max(width, 1)

    @property
    def pointed(self) -> str:
        """The error with the condition below it, and carets below the token."""
        start = max(0, self.column - 1 - _SHOWN_CHARACTERS // 2)
        shown = self.expression[start : start + _SHOWN_CHARACTERS]
        before = self.expression[start : self.column - 1]
        word = self.expression[self.column - 1 : self.column - 1 + self.width][:_SHOWN_CHARACTERS]
        carets = "^" * max(_columns(word), 1)
        return f"{self}\n  {shown}\n  {' ' * _columns(before)}{carets}"


def _columns(text: str) -> int:
    """Return how many columns a text takes in a terminal."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


class ReferenceKind(StrEnum):
    """What a name in a condition refers to."""

    FIELD = "field"
    LIST = "list"
    ISSUE = "issue"
    SEGMENT = "segment"


@dataclass(frozen=True, slots=True, kw_only=True)
class NameReference:
    """A name in a condition, with its place, so that an unknown one can be pointed at."""

    kind: ReferenceKind
    name: str
    expression: str
    column: int
    width: int

    def unknown(self, remedy: str) -> SegmentError:
        """Return the error that nothing has this name."""
        message = f"unknown {self.kind} '{self.name[:60]}'"
        return SegmentError(message, self.expression, self.column, width=self.width, remedy=remedy)


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentToken:
    """One token of a condition."""

    kind: str
    text: str
    """Its value: a text without quotation marks, a keyword in lower case."""
    written: str
    column: int


def clean_line(text: str) -> str:
    """Return a condition as one line in NFC; SegmentError if it is too long or has control characters."""
    line = re.sub(r"[\t\r\n\v\f\u2028\u2029]", " ", unicodedata.normalize("NFC", text)).rstrip()
    if len(line) > MAX_LENGTH:
        message = f"a condition may have at most {MAX_LENGTH:,} characters; this one is longer"
        raise SegmentError(message, line[:MAX_LENGTH], MAX_LENGTH)
    for column, char in enumerate(line, 1):
        if unicodedata.category(char) in {"Cc", "Cs"}:
            shown = line.encode("utf-8", "replace").decode()
            raise SegmentError("there is a control character", shown, column, remedy="Remove it")
    return line


def tokenize(line: str) -> list[SegmentToken]:
    """Cut a line into tokens; SegmentError if a part of it is no token, or brackets are nested too deeply."""
    tokens = list(_tokens(line))
    _refuse_unsupported_activities(tokens, line)
    depth = nots = 0
    for token in tokens:
        nots = nots + 1 if token.kind == "NOT" else nots if token.kind == "LPAR" else 0
        depth += {"LPAR": 1, "RPAR": -1}.get(token.kind, 0)
        if depth + nots > MAX_DEPTH:
            raise SegmentError("brackets are nested too deeply", line, token.column, remedy="Give a part a name")
    return tokens


def _tokens(line: str) -> Iterator[SegmentToken]:
    at = 0
    while at < len(line):
        match = _TOKEN.match(line, at)
        if match is None:
            raise _not_a_token(line, at)
        at = match.end()
        kind = match.lastgroup or ""
        if kind != "SPACE":
            yield _token(kind, match[0], match.start() + 1, line)


def _token(kind: str, written: str, column: int, line: str) -> SegmentToken:
    text = written
    if kind == "NAME" and (small := written.lower()) in KEYWORDS:
        kind, text = small.upper(), small
    elif kind == "NAME" and written.lower() in _DAYS:
        kind = "DAYS"
    elif kind == "STRING":
        text = re.sub(r"\\(.)", r"\1", written[1:-1]) if written[0] not in "«»「" else written[1:-1].strip()
    elif kind == "OPERATOR":
        text = _OPERATORS.get(written, written)
    elif kind == "NUMBER" and any(len(digits) > _DIGITS for digits in written.lstrip("+-").split(".")):
        message = f"a number can have at most {_DIGITS} digits"
        raise SegmentError(message, line, column, width=len(written), remedy="Put quotation marks around it")
    return SegmentToken(kind=kind, text=text, written=written, column=column)


def _not_a_token(line: str, at: int) -> SegmentError:
    char = line[at]
    if char in _QUOTES:
        return SegmentError("a quotation mark is never closed", line, at + 1, width=len(line) - at)
    if char in "&|!":
        return SegmentError(f"'{char}' is not understood", line, at + 1, remedy="Write and, or, not")
    if number := re.match(r"[+-]?[\w.]+", line[at:]):
        shown = number[0][:40]
        remedy = "Put quotation marks around a text; a field whose name begins with a digit is subscriber.NAME"
        return SegmentError(f"'{shown}' is neither a name nor a number", line, at + 1, width=len(shown), remedy=remedy)
    return SegmentError(f"'{char}' is not understood", line, at + 1)


def _refuse_unsupported_activities(tokens: list[SegmentToken], line: str) -> None:
    """Raise SegmentError for openings, which other programs have and this one does not record."""
    for index, word in enumerate(tokens):
        what = _UNSUPPORTED_ACTIVITIES.get(word.text.lower()) if word.kind == "NAME" else None
        following = tokens[index + 1].kind if index + 1 < len(tokens) else ""
        if what and following in {"ANY", "ANYTHING", "STRING", "LAST"}:
            message = f"{what} not recorded, so there is no condition on '{word.written}'"
            raise SegmentError(message, line, word.column, width=len(word.written), remedy="Use answered or clicked")


def days_in(unit: str) -> int:
    """Return how many days a unit has."""
    return _DAYS[unit.lower()]
