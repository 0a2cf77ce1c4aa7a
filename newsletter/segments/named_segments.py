"""Named segments: parses a condition, and puts the conditions of other segments in the place of their names."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from newsletter.finding import did_you_mean
from newsletter.segments.conditions import AllOf, AnyOf, Condition, NamedSegment, Not, negate, sub_conditions
from newsletter.segments.format import format_condition
from newsletter.segments.lexer import (
    KEYWORDS,
    MAX_LENGTH,
    NameReference,
    ReferenceKind,
    SegmentError,
    clean_line,
    tokenize,
)

SEGMENT_NAME = re.compile(r"[^\W\d][\w-]{0,63}")
"""A valid name of a segment."""
_MAX_TERMS = 250
_MAX_DEPTH = 8
"""How deep segments may name each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A condition with every named segment expanded."""

    name: str = ""
    """Its name, if it was given by that alone."""
    condition: Condition
    expression: str
    """Its canonical form: two segments with the same expression are the same."""
    references: tuple[NameReference, ...]
    """Fields, lists and issues that it names."""


def parse_segment(text: str, named: Mapping[str, str]) -> Segment:
    """Parse a condition, or the name of one in `named`; SegmentError points at what is wrong with it."""
    line = clean_line(text)
    references: list[NameReference] = []
    condition = _expand(line, named, (), references)
    expression = format_condition(condition)
    if sum(1 for _ in _simple_conditions(condition)) > _MAX_TERMS or len(expression) > MAX_LENGTH:
        raise SegmentError("with its named segments expanded, the condition is too long", line, 1, width=len(line))
    _refuse_depth(expression, line)
    name = line.strip()
    return Segment(
        name=name if name in named else "", condition=condition, expression=expression, references=tuple(references)
    )


def check_named_segments(named: Mapping[str, str]) -> None:
    """Parse every named segment; ValueError says which one is wrong, and why."""
    for name, text in named.items():
        if SEGMENT_NAME.fullmatch(name) is None or name.lower() in KEYWORDS:
            raise ValueError(
                f"{name[:64]} is not a valid segment name: use letters, digits, - and _, and no keyword such as 'not'"
            )
        try:
            parse_segment(text, named)
        except SegmentError as error:
            raise ValueError(f"{name} = '{text[:200]}': {str(error).removeprefix('segment: ')}") from error


def _expand(line: str, named: Mapping[str, str], within: tuple[str, ...], references: list[NameReference]) -> Condition:
    from newsletter.segments.grammar import parse  # lark takes long to import, and few commands use segments

    condition, names = parse(line)
    expanded: dict[str, Condition] = {}
    for reference in names:
        if reference.kind is not ReferenceKind.SEGMENT:
            references.append(reference)
        elif reference.name not in expanded:
            if reference.name not in named:
                raise _unknown(reference, named)
            if reference.name in within or len(within) >= _MAX_DEPTH:
                raise SegmentError(
                    f"'{reference.name}' refers to itself", line, reference.column, width=reference.width
                )
            inner: list[NameReference] = []
            expanded[reference.name] = _expand(
                clean_line(named[reference.name]), named, (*within, reference.name), inner
            )
            references += inner
            if sum(1 for _ in _simple_conditions(expanded[reference.name])) > _MAX_TERMS:
                raise SegmentError(f"'{reference.name}' is too long", line, reference.column, width=reference.width)
    return _with_replaced(condition, expanded)


def _unknown(reference: NameReference, named: Mapping[str, str]) -> SegmentError:
    remedy = f'A field is compared: {reference.name[:40]} = "...", or has {reference.name[:40]}'
    return reference.unknown(did_you_mean(reference.name, named) or remedy)


def _with_replaced(condition: Condition, expanded: Mapping[str, Condition]) -> Condition:
    match condition:
        case NamedSegment():
            return expanded[condition.name]
        case Not():
            return negate(_with_replaced(condition.condition, expanded))
        case AllOf():
            return AllOf(conditions=tuple(_with_replaced(part, expanded) for part in condition.conditions))
        case AnyOf():
            return AnyOf(conditions=tuple(_with_replaced(part, expanded) for part in condition.conditions))
        case _:
            return condition


def _simple_conditions(condition: Condition) -> Iterator[Condition]:
    """Yield the simple conditions of a compound one, each as often as it occurs."""
    waiting = [condition]
    while waiting:
        current = waiting.pop()
        parts = sub_conditions(current)
        waiting.extend(parts)
        if not parts:
            yield current


def _refuse_depth(expression: str, line: str) -> None:
    """Raise SegmentError unless the expanded line, which is stored, can be parsed again."""
    try:
        tokenize(expression)
    except SegmentError as error:
        message = "with its named segments expanded, the condition is nested too deeply"
        raise SegmentError(message, line, 1, width=len(line)) from error
