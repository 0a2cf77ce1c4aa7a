"""Words of a question: cut from a line, with the column of each. Keywords are known whatever their case."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from newsletter.segments.error import SegmentError

MAX_LENGTH = 4000
MAX_DEPTH = 24
"""Brackets and `not` inside one another."""
_DIGITS = 15
"""More of them are no number that computers keep exactly."""
KEYWORDS = frozenset({
    "and", "or", "not", "in", "contains", "has", "no", "on", "joined", "before", "after", "within", "got",
    "received", "answered", "clicked", "tagged", "never", "any", "of", "the", "last", "issues", "anything",
})  # fmt: skip
_DAYS = {"day": 1, "days": 1, "week": 7, "weeks": 7}
_UNKNOWN_ACTS = {"opened": "openings are"}
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


class ReferenceKind(StrEnum):
    """What a word of a question names."""

    FIELD = "field"
    LIST = "list"
    ISSUE = "issue"
    SEGMENT = "segment"


@dataclass(frozen=True, slots=True, kw_only=True)
class NameReference:
    """A name that stands in a question, and where, so that one that is not known can be pointed at."""

    kind: ReferenceKind
    name: str
    expression: str
    column: int
    width: int

    def fault(self, remedy: str) -> SegmentError:
        """Return the fault that there is nothing of this name."""
        message = f"unknown {self.kind} '{self.name[:60]}'"
        return SegmentError(message, self.expression, self.column, width=self.width, remedy=remedy)


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentToken:
    """One token of a question."""

    kind: str
    text: str
    """As it is meant: a text without its quotation marks, a keyword in small letters."""
    written: str
    column: int


def clean_line(text: str) -> str:
    """Return a question as one line in NFC; SegmentFault for what is too long or holds control characters."""
    line = re.sub(r"[\t\r\n\v\f\u2028\u2029]", " ", unicodedata.normalize("NFC", text)).rstrip()
    if len(line) > MAX_LENGTH:
        message = f"a question has at most {MAX_LENGTH:,} characters, which ends"
        raise SegmentError(message, line[:MAX_LENGTH], MAX_LENGTH)
    for column, char in enumerate(line, 1):
        if unicodedata.category(char) in {"Cc", "Cs"}:
            shown = line.encode("utf-8", "replace").decode()
            raise SegmentError("there is a control character", shown, column, remedy="Take it out")
    return line


def tokenize(line: str) -> list[SegmentToken]:
    """Cut a line into its words; SegmentFault names the column of what is none, or of too deep a bracket."""
    words = list(_cut(line))
    _refuse_unknown_acts(words, line)
    depth = nots = 0
    for word in words:
        nots = nots + 1 if word.kind == "NOT" else nots if word.kind == "LPAR" else 0
        depth += {"LPAR": 1, "RPAR": -1}.get(word.kind, 0)
        if depth + nots > MAX_DEPTH:
            raise SegmentError("brackets are nested too deep", line, word.column, remedy="Give a part a name")
    return words


def _cut(line: str) -> Iterator[SegmentToken]:
    at = 0
    while at < len(line):
        match = _TOKEN.match(line, at)
        if match is None:
            raise _strange(line, at)
        at = match.end()
        kind = match.lastgroup or ""
        if kind != "SPACE":
            yield _word(kind, match[0], match.start() + 1, line)


def _word(kind: str, written: str, column: int, line: str) -> SegmentToken:
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
        message = f"a number has at most {_DIGITS} digits"
        raise SegmentError(message, line, column, width=len(written), remedy="Put quotation marks around it")
    return SegmentToken(kind=kind, text=text, written=written, column=column)


def _strange(line: str, at: int) -> SegmentError:
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


def _refuse_unknown_acts(words: list[SegmentToken], line: str) -> None:
    """Say of openings, which other programs ask about, that there are none here."""
    for index, word in enumerate(words):
        what = _UNKNOWN_ACTS.get(word.text.lower()) if word.kind == "NAME" else None
        following = words[index + 1].kind if index + 1 < len(words) else ""
        if what and following in {"ANY", "ANYTHING", "STRING", "LAST"}:
            message = f"{what} not recorded, so nobody can be asked about '{word.written}'"
            raise SegmentError(
                message, line, word.column, width=len(word.written), remedy="Ask what they answered, or clicked"
            )


def days_in(unit: str) -> int:
    """Return how many days a unit has."""
    return _DAYS[unit.lower()]
