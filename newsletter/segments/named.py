"""Named segments: a question in which other segments stand by name is spelled out, and always ends."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from newsletter.finding import did_you_mean
from newsletter.segments.fault import SegmentFault
from newsletter.segments.question import AllOf, AnyOf, Named, Not, Question, negated, parts_of
from newsletter.segments.tokens import KEYWORDS, MAX_LENGTH, Mention, MentionKind, clean_line
from newsletter.segments.wording import written

NAME = re.compile(r"[^\W\d][\w-]{0,63}")
"""What a segment can be called."""
_MAX_TERMS = 250
_MAX_DEPTH = 8
"""How many names may stand for names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A question as it is asked: every name spelled out."""

    name: str = ""
    """Its name, where it was asked for by that alone."""
    question: Question
    expression: str
    """The one line for this question, whatever way it was written: two segments with the same one are the same."""
    mentions: tuple[Mention, ...]
    """Fields, lists and issues that it names."""


def read_segment(text: str, named: Mapping[str, str]) -> Segment:
    """Read a question, or the name of one in `named`; SegmentFault points at what is wrong with it."""
    line = clean_line(text)
    mentions: list[Mention] = []
    question = _spelled_out(line, named, (), mentions)
    expression = written(question)
    if sum(1 for _ in _simple(question)) > _MAX_TERMS or len(expression) > MAX_LENGTH:
        raise SegmentFault("with all its names spelled out the question is too long", line, 1, width=len(line))
    _refuse_depth(expression, line)
    name = line.strip()
    return Segment(
        name=name if name in named else "", question=question, expression=expression, mentions=tuple(mentions)
    )


def check_named(named: Mapping[str, str]) -> None:
    """Read every named segment; ValueError says which one cannot be asked, and why."""
    for name, text in named.items():
        if NAME.fullmatch(name) is None or name.lower() in KEYWORDS:
            raise ValueError(
                f"{name[:64]} is no name for a segment: letters, digits, - and _, and no word such as 'not'"
            )
        try:
            read_segment(text, named)
        except SegmentFault as fault:
            raise ValueError(f"{name} = '{text[:200]}': {str(fault).removeprefix('segment: ')}") from fault


def _spelled_out(line: str, named: Mapping[str, str], within: tuple[str, ...], mentions: list[Mention]) -> Question:
    from newsletter.segments.grammar import parse  # lark takes a while to import, and few commands ask anything

    question, found = parse(line)
    spelled: dict[str, Question] = {}
    for mention in found:
        if mention.kind is not MentionKind.SEGMENT:
            mentions.append(mention)
        elif mention.name not in spelled:
            if mention.name not in named:
                raise _unknown(mention, named)
            if mention.name in within or len(within) >= _MAX_DEPTH:
                raise SegmentFault(f"'{mention.name}' asks for itself", line, mention.column, width=mention.width)
            inner: list[Mention] = []
            spelled[mention.name] = _spelled_out(clean_line(named[mention.name]), named, (*within, mention.name), inner)
            mentions += inner
            if sum(1 for _ in _simple(spelled[mention.name])) > _MAX_TERMS:
                raise SegmentFault(f"'{mention.name}' is too long", line, mention.column, width=mention.width)
    return _replaced(question, spelled)


def _unknown(mention: Mention, named: Mapping[str, str]) -> SegmentFault:
    compared = f'A field is compared: {mention.name[:40]} = "...", or has {mention.name[:40]}'
    return mention.fault(did_you_mean(mention.name, named) or compared)


def _replaced(question: Question, spelled: Mapping[str, Question]) -> Question:
    match question:
        case Named():
            return spelled[question.name]
        case Not():
            return negated(_replaced(question.question, spelled))
        case AllOf():
            return AllOf(questions=tuple(_replaced(each, spelled) for each in question.questions))
        case AnyOf():
            return AnyOf(questions=tuple(_replaced(each, spelled) for each in question.questions))
        case _:
            return question


def _simple(question: Question) -> Iterator[Question]:
    """Yield the simple questions of one, as often as they stand in it."""
    waiting = [question]
    while waiting:
        each = waiting.pop()
        parts = parts_of(each)
        waiting.extend(parts)
        if not parts:
            yield each


def _refuse_depth(expression: str, line: str) -> None:
    """The spelled-out line is what is kept and read again, so it must be one that can be."""
    from newsletter.segments.tokens import words_of

    try:
        words_of(expression)
    except SegmentFault as fault:
        message = "with all its names spelled out the question is nested too deep"
        raise SegmentFault(message, line, 1, width=len(line)) from fault
