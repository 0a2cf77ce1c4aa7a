"""Grammar of the segment language, parsed by lark (LALR), and the messages about a line that does not follow it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedToken, VisitError

from newsletter.segments.conditions import (
    Activity,
    ActivityKind,
    AllOf,
    AnyOf,
    Comparison,
    Condition,
    Contains,
    FieldDate,
    HasField,
    HasTag,
    JoinedDate,
    JoinedWithin,
    NamedSegment,
    OneOf,
    SubscribedTo,
    Value,
    negate,
)
from newsletter.segments.lexer import NameReference, ReferenceKind, SegmentError, SegmentToken, days_in, tokenize

_MAX_DAYS = 36_525
_MAX_LAST = 1000
_GRAMMAR = r"""
?start: either
?either: both | both (OR both)+ -> any_of
?both: term | term (AND term)+ -> all_of
?term: NOT term -> negation
    | LPAR either RPAR -> bracket
    | field OPERATOR value -> comparison
    | field IN values -> choice
    | field NOT IN values -> no_choice
    | field CONTAINS STRING -> containing
    | field NOT CONTAINS STRING -> not_containing
    | HAS field -> having
    | NO field -> lacking
    | field BEFORE DATE -> dated
    | field AFTER DATE -> dated
    | TAGGED tag -> tagged
    | ON other_list -> on_list
    | JOINED BEFORE DATE -> joined
    | JOINED AFTER DATE -> joined
    | JOINED WITHIN NUMBER DAYS -> joined_within
    | act ANY OF THE? LAST NUMBER ISSUES? -> any_of_last
    | act STRING -> one_issue
    | act ANYTHING -> anything
    | NEVER act -> never
    | NAME -> named
!act: GOT | RECEIVED | ANSWERED | CLICKED
values: LPAR value (COMMA value)* RPAR
value: STRING -> text | NUMBER -> number
!field: NAME | DAYS | ANY | OF | THE | LAST | ISSUES | BEFORE | AFTER | WITHIN | ANYTHING | TAGGED | RECEIVED
    | CLICKED
!tag: NAME | STRING | DAYS
!other_list: NAME | STRING | DAYS
%declare NAME STRING NUMBER DATE OPERATOR LPAR RPAR COMMA DAYS AND OR NOT IN CONTAINS HAS NO ON JOINED BEFORE AFTER
%declare WITHIN TAGGED GOT RECEIVED ANSWERED CLICKED NEVER ANY OF THE LAST ISSUES ANYTHING
"""
_EXAMPLE = 'Such as country = "PT"'
_EXPECTED = {
    "OPERATOR": "a comparison such as =",
    "LPAR": "'('",
    "RPAR": "')'",
    "DATE": "a date such as 2026-01-31",
    "DAYS": "days or weeks",
    "OF": "of",
    "LAST": "last",
    "IN": "in (...)",
    "CONTAINS": "contains",
    "AND": "and",
    "OR": "or",
    "COMMA": "','",
    "BEFORE": "before, after or within",
    "GOT": "got, received, answered or clicked",
}
"""How tokens that could have followed are named."""


class _ConditionBuilder(Transformer[Token, Condition]):
    """Builds a condition from lark's tree, and collects the names in it."""

    def __init__(self, line: str, references: list[NameReference]) -> None:
        super().__init__()
        self._line = line
        self._references = references

    def any_of(self, children: list[Any]) -> Condition:
        return AnyOf(conditions=tuple(_without_tokens(children)))

    def all_of(self, children: list[Any]) -> Condition:
        return AllOf(conditions=tuple(_without_tokens(children)))

    def negation(self, children: list[Any]) -> Condition:
        return negate(children[1])

    def bracket(self, children: list[Any]) -> Condition:
        inner: Condition = children[1]
        return inner

    def comparison(self, children: list[Any]) -> Condition:
        field, operator, value = children
        if operator.value in {"=", "!="}:
            equal = Comparison(field=field, order="=", value=value)
            return equal if operator.value == "=" else negate(equal)
        if isinstance(value, str):
            message = f"'{operator.value}' compares numbers, not texts,"
            remedy = "Write the number without quotation marks, or compare with ="
            raise self._error(message, operator, remedy)
        return Comparison(field=field, order=operator.value, value=value)

    def choice(self, children: list[Any]) -> Condition:
        return OneOf(field=children[0], values=children[-1])

    def no_choice(self, children: list[Any]) -> Condition:
        return negate(self.choice(children))

    def containing(self, children: list[Any]) -> Condition:
        return Contains(field=children[0], text=children[-1].value)

    def not_containing(self, children: list[Any]) -> Condition:
        return negate(self.containing(children))

    def having(self, children: list[Any]) -> Condition:
        return HasField(field=children[1])

    def lacking(self, children: list[Any]) -> Condition:
        return negate(HasField(field=children[1]))

    def dated(self, children: list[Any]) -> Condition:
        field, order, word = children
        at = self._moment(word)
        if isinstance(at, datetime):
            raise self._error("a field is compared with a day, without a time,", word, "Remove the time")
        return FieldDate(field=field, is_before=order.type == "BEFORE", at=at)

    def tagged(self, children: list[Any]) -> Condition:
        return HasTag(tag=children[1])

    def tag(self, children: list[Any]) -> str:
        return str(children[0].value)

    def on_list(self, children: list[Any]) -> Condition:
        return SubscribedTo(list_name=children[1])

    def joined(self, children: list[Any]) -> Condition:
        return JoinedDate(is_before=children[1].type == "BEFORE", at=self._moment(children[2]))

    def joined_within(self, children: list[Any]) -> Condition:
        unit = children[3].value
        return JoinedWithin(days=self._count(children[2], _MAX_DAYS // days_in(unit)) * days_in(unit))

    def any_of_last(self, children: list[Any]) -> Condition:
        number = next(child for child in children if isinstance(child, Token) and child.type == "NUMBER")
        return Activity(kind=children[0], last=self._count(number, _MAX_LAST))

    def one_issue(self, children: list[Any]) -> Condition:
        self._add_reference(ReferenceKind.ISSUE, children[1].value, children[1])
        return Activity(kind=children[0], slug=children[1].value)

    def anything(self, children: list[Any]) -> Condition:
        return Activity(kind=children[0])

    def never(self, children: list[Any]) -> Condition:
        return negate(Activity(kind=children[1]))

    def named(self, children: list[Any]) -> Condition:
        self._add_reference(ReferenceKind.SEGMENT, children[0].value, children[0])
        return NamedSegment(name=children[0].value)

    def act(self, children: list[Any]) -> ActivityKind:
        return ActivityKind(children[0].value)

    def values(self, children: list[Any]) -> tuple[Value, ...]:
        return tuple(child for child in children if not isinstance(child, Token))

    def text(self, children: list[Any]) -> str:
        return str(children[0].value)

    def number(self, children: list[Any]) -> int | float:
        written = children[0].value
        return float(written) if "." in written else int(written)

    def field(self, children: list[Any]) -> str:
        word = children[0]
        name = word.value.lower().removeprefix("subscriber.").replace("-", "_").casefold()
        self._add_reference(ReferenceKind.FIELD, name, word)
        return str(name)

    def other_list(self, children: list[Any]) -> str:
        self._add_reference(ReferenceKind.LIST, children[0].value, children[0])
        return str(children[0].value)

    def _add_reference(self, kind: ReferenceKind, name: str, word: Token) -> None:
        width = (word.end_column or 0) - (word.column or 0)
        reference = NameReference(
            kind=kind, name=name, expression=self._line, column=word.column or 1, width=max(width, 1)
        )
        self._references.append(reference)

    def _moment(self, word: Token) -> date | datetime:
        if not word.value.startswith(("19", "20", "21")):
            raise self._error(f"'{word.value}' is too long ago or too far ahead", word)
        try:
            if "T" not in word.value:
                return date.fromisoformat(word.value)
            moment = datetime.fromisoformat(word.value)
        except ValueError:
            raise self._error(f"there is no day '{word.value}'", word) from None
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

    def _count(self, word: Token, most: int) -> int:
        if not word.value.isdecimal() or not 1 <= int(word.value) <= most:
            raise self._error(f"'{word.value}' is not a whole number from 1 to {most:,}", word)
        return int(word.value)

    def _error(self, message: str, word: Token, remedy: str = "") -> SegmentError:
        width = (word.end_column or 0) - (word.column or 0)
        return SegmentError(message, self._line, word.column or 1, width=width, remedy=remedy)


def parse(line: str) -> tuple[Condition, tuple[NameReference, ...]]:
    """Parse a clean line; SegmentError points at the token that does not fit."""
    tokens = tokenize(line)
    if not tokens:
        raise SegmentError("there is no condition", line, 1, remedy=_EXAMPLE)
    parser: Any = _parser().parse_interactive()
    for index, word in enumerate(tokens):
        token = Token(word.kind, word.text, column=word.column, end_column=word.column + len(word.written))
        try:
            parser.feed_token(token)
        except UnexpectedToken:
            raise _misplaced(word, tokens[index - 1] if index else None, parser.accepts(), line) from None
    references: list[NameReference] = []
    try:
        tree = parser.feed_eof()
    except UnexpectedToken:
        raise _ended(line, parser.accepts()) from None
    try:
        condition: Condition = _ConditionBuilder(line, references).transform(tree)
    except VisitError as error:
        raise error.orig_exc from None
    return condition, tuple(references)


@cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer="basic", maybe_placeholders=False)


def _without_tokens(children: list[Any]) -> Iterator[Condition]:
    return (child for child in children if not isinstance(child, Token))


def _misplaced(word: SegmentToken, before: SegmentToken | None, accepted: set[str], line: str) -> SegmentError:
    shown, width = word.written[:40], len(word.written)
    if word.kind not in {"STRING", "NUMBER", "DATE"} and accepted <= {"STRING", "NUMBER"}:
        if word.kind in {"NAME", "DAYS"} or word.kind in accepted or word.text.isalpha():
            return SegmentError(f"'{shown}' needs quotation marks", line, word.column, width=width)
        return SegmentError(f"a value is missing before '{shown}'", line, word.column, width=width, remedy=_EXAMPLE)
    if word.kind == "DATE" and "STRING" in accepted:
        remedy = "Use before or after; put quotation marks around a text"
        return SegmentError(f"the day '{shown}' cannot be compared", line, word.column, width=width, remedy=remedy)
    if word.kind in {"OPERATOR", "IN", "CONTAINS"} and before is not None and before.text.isalpha():
        remedy = f"A field of that name is subscriber.{before.written}"
        message = f"'{before.written[:40]}' is a keyword"
        return SegmentError(message, line, before.column, width=len(before.written), remedy=remedy)
    return SegmentError(f"'{shown}' does not fit here", line, word.column, width=width, remedy=_expected(accepted))


def _ended(line: str, accepted: set[str]) -> SegmentError:
    if "RPAR" in accepted and "COMMA" not in accepted:
        return SegmentError("a bracket is never closed: ')' is missing", line, len(line) + 1)
    return SegmentError("something is missing", line, len(line) + 1, remedy=_expected(accepted))


def _expected(accepted: set[str]) -> str:
    if {"NAME", "LPAR", "NOT"} <= accepted:
        return f"Write a condition, {_EXAMPLE[0].lower()}{_EXAMPLE[1:]}"
    if "NAME" in accepted:
        return "Write a name"
    if accepted <= {"STRING", "NUMBER"} and accepted:
        names = {"STRING": "a text in quotation marks", "NUMBER": "a number"}
        return f"Write {names[next(iter(accepted))] if len(accepted) == 1 else 'a value'}"
    expected = [name for kind, name in _EXPECTED.items() if kind in accepted]
    others = ", ".join(expected[:-1])
    return f"Write {others}{' or ' if others else ''}{expected[-1]}" if expected else ""
