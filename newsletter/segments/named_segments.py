"""Named segments: a question in which other segments stand by name is spelled out, and always ends."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from newsletter.finding import did_you_mean
from newsletter.segments.conditions import AllOf, AnyOf, Condition, Not, SegmentReference, negate, sub_conditions
from newsletter.segments.error import SegmentError
from newsletter.segments.format import format_condition
from newsletter.segments.lexer import KEYWORDS, MAX_LENGTH, NameReference, ReferenceKind, clean_line

SEGMENT_NAME = re.compile(r"[^\W\d][\w-]{0,63}")
"""What a segment can be called."""
_MAX_TERMS = 250
_MAX_DEPTH = 8
"""How many names may stand for names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A question as it is asked: every name spelled out."""

    name: str = ""
    """Its name, where it was asked for by that alone."""
    condition: Condition
    expression: str
    """The one line for this question, whatever way it was written: two segments with the same one are the same."""
    references: tuple[NameReference, ...]
    """Fields, lists and issues that it names."""


def parse_segment(text: str, named: Mapping[str, str]) -> Segment:
    """Read a question, or the name of one in `named`; SegmentFault points at what is wrong with it."""
    line = clean_line(text)
    references: list[NameReference] = []
    condition = _spelled_out(line, named, (), references)
    expression = format_condition(condition)
    if sum(1 for _ in _simple(condition)) > _MAX_TERMS or len(expression) > MAX_LENGTH:
        raise SegmentError("with all its names spelled out the question is too long", line, 1, width=len(line))
    _refuse_depth(expression, line)
    name = line.strip()
    return Segment(
        name=name if name in named else "", condition=condition, expression=expression, references=tuple(references)
    )


def check_named_segments(named: Mapping[str, str]) -> None:
    """Read every named segment; ValueError says which one cannot be asked, and why."""
    for name, text in named.items():
        if SEGMENT_NAME.fullmatch(name) is None or name.lower() in KEYWORDS:
            raise ValueError(
                f"{name[:64]} is no name for a segment: letters, digits, - and _, and no word such as 'not'"
            )
        try:
            parse_segment(text, named)
        except SegmentError as fault:
            raise ValueError(f"{name} = '{text[:200]}': {str(fault).removeprefix('segment: ')}") from fault


def _spelled_out(
    line: str, named: Mapping[str, str], within: tuple[str, ...], references: list[NameReference]
) -> Condition:
    from newsletter.segments.grammar import parse  # lark takes a while to import, and few commands ask anything

    condition, found = parse(line)
    spelled: dict[str, Condition] = {}
    for reference in found:
        if reference.kind is not ReferenceKind.SEGMENT:
            references.append(reference)
        elif reference.name not in spelled:
            if reference.name not in named:
                raise _unknown(reference, named)
            if reference.name in within or len(within) >= _MAX_DEPTH:
                raise SegmentError(f"'{reference.name}' asks for itself", line, reference.column, width=reference.width)
            inner: list[NameReference] = []
            spelled[reference.name] = _spelled_out(
                clean_line(named[reference.name]), named, (*within, reference.name), inner
            )
            references += inner
            if sum(1 for _ in _simple(spelled[reference.name])) > _MAX_TERMS:
                raise SegmentError(f"'{reference.name}' is too long", line, reference.column, width=reference.width)
    return _replaced(condition, spelled)


def _unknown(reference: NameReference, named: Mapping[str, str]) -> SegmentError:
    compared = f'A field is compared: {reference.name[:40]} = "...", or has {reference.name[:40]}'
    return reference.fault(did_you_mean(reference.name, named) or compared)


def _replaced(condition: Condition, spelled: Mapping[str, Condition]) -> Condition:
    match condition:
        case SegmentReference():
            return spelled[condition.name]
        case Not():
            return negate(_replaced(condition.condition, spelled))
        case AllOf():
            return AllOf(conditions=tuple(_replaced(each, spelled) for each in condition.conditions))
        case AnyOf():
            return AnyOf(conditions=tuple(_replaced(each, spelled) for each in condition.conditions))
        case _:
            return condition


def _simple(condition: Condition) -> Iterator[Condition]:
    """Yield the simple questions of one, as often as they stand in it."""
    waiting = [condition]
    while waiting:
        each = waiting.pop()
        parts = sub_conditions(each)
        waiting.extend(parts)
        if not parts:
            yield each


def _refuse_depth(expression: str, line: str) -> None:
    """The spelled-out line is what is kept and read again, so it must be one that can be."""
    from newsletter.segments.lexer import tokenize

    try:
        tokenize(expression)
    except SegmentError as fault:
        message = "with all its names spelled out the question is nested too deep"
        raise SegmentError(message, line, 1, width=len(line)) from fault
