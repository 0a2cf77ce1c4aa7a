"""Wording: a question written back as a line that reads the same, and told in words."""

import re
from datetime import date, datetime
from decimal import Decimal

from newsletter.segments.question import (
    Act,
    Activity,
    AllOf,
    AnyOf,
    Choice,
    Comparison,
    Containing,
    Dated,
    Having,
    Joined,
    JoinedWithin,
    Named,
    Not,
    OnList,
    Question,
    Tagged,
    Value,
)
from newsletter.segments.tokens import KEYWORDS

_PLAIN = re.compile(r"[^\W\d]\w*")
_PLAIN_NAME = re.compile(r"[^\W\d][\w-]*")
_ORDERS = {"=": "is", "<": "is below", "<=": "is at most", ">": "is above", ">=": "is at least"}
_NOT_WORDS = frozenset({"day", "days", "week", "weeks", "opened"})


def written(question: Question) -> str:
    """Return a question as it is read: the same line for all ways to write the same question."""
    match question:
        case Not():
            return _negation(question.question)
        case AllOf():
            return " and ".join(map(_bracketed, question.questions))
        case AnyOf():
            return " or ".join(
                _bracketed(each) if isinstance(each, AnyOf) else written(each) for each in question.questions
            )
        case Comparison() | Choice() | Containing() | Having() | Dated():
            return _of_field(question)
        case _:
            return _of_standing(question)


def _bracketed(question: Question) -> str:
    return f"({written(question)})" if isinstance(question, (AllOf, AnyOf)) else written(question)


def _of_field(question: Comparison | Choice | Containing | Having | Dated) -> str:
    match question:
        case Comparison():
            return f"{_field(question.field)} {question.order} {_value(question.value)}"
        case Choice():
            return f"{_field(question.field)} in ({', '.join(map(_value, question.values))})"
        case Containing():
            return f"{_field(question.field)} contains {_value(question.text)}"
        case Having():
            return f"has {_field(question.field)}"
        case Dated():
            return f"{_field(question.field)} {'before' if question.is_before else 'after'} {question.at.isoformat()}"


def _of_standing(question: OnList | Tagged | Joined | JoinedWithin | Activity | Named) -> str:
    match question:
        case OnList():
            is_plain = _PLAIN_NAME.fullmatch(question.list_name) and question.list_name.lower() not in KEYWORDS
            return f"on {question.list_name if is_plain else _value(question.list_name)}"
        case Tagged():
            return f"tagged {_value(question.tag)}"
        case Joined():
            return f"joined {'before' if question.is_before else 'after'} {question.at.isoformat()}"
        case JoinedWithin():
            return f"joined within {question.days} {'day' if question.days == 1 else 'days'}"
        case Activity():
            return f"{question.act} {_scope(question)}"
        case Named():
            return question.name


def _negation(question: Question) -> str:
    match question:
        case Comparison(order="="):
            return f"{_field(question.field)} != {_value(question.value)}"
        case Choice():
            return f"{_field(question.field)} not in ({', '.join(map(_value, question.values))})"
        case Containing():
            return f"{_field(question.field)} not contains {_value(question.text)}"
        case Having():
            return f"no {_field(question.field)}"
        case Activity(last=None, slug=None):
            return f"never {question.act}"
        case AllOf() | AnyOf():
            return f"not ({written(question)})"
        case _:
            return f"not {written(question)}"


def _scope(activity: Activity) -> str:
    if activity.last is not None:
        return f"any of last {activity.last}"
    return _value(activity.slug) if activity.slug is not None else "anything"


def _field(name: str) -> str:
    is_plain = _PLAIN.fullmatch(name) and name not in KEYWORDS and name not in _NOT_WORDS
    return name if is_plain else f"subscriber.{name}"


def _value(value: Value) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return f"{Decimal(str(value)):f}"


def explained(question: Question) -> str:
    """Return a question in words that complete "people ..."."""
    match question:
        case AllOf():
            return " and ".join(_told(each) for each in question.questions)
        case AnyOf():
            return " or ".join(_told(each) for each in question.questions)
        case Not():
            return _denied(question.question)
        case _:
            return _affirmed(question)


def _told(question: Question) -> str:
    words = explained(question)
    return f"({words})" if isinstance(question, (AllOf, AnyOf)) else words


def _affirmed(question: Question) -> str:
    match question:
        case Comparison():
            return f"whose {_named(question.field)} {_ORDERS[question.order]} {_value(question.value)}"
        case Choice():
            return f"whose {_named(question.field)} is {_one_of(question.values)}"
        case Containing():
            return f"whose {_named(question.field)} contains {_value(question.text)}"
        case Having():
            return f"whose {_named(question.field)} is known"
        case Dated():
            order = "before" if question.is_before else "after"
            return f"whose {_named(question.field)} is {order} {question.at.isoformat()}"
        case Tagged():
            return f"who have the tag {_value(question.tag)}"
        case OnList():
            return f"who are on the list {question.list_name}"
        case Joined():
            return f"who joined {'before' if question.is_before else 'after'} {_day(question.at)}"
        case JoinedWithin():
            return f"who joined within the last {question.days} {'day' if question.days == 1 else 'days'}"
        case Activity(act=Act.CLICKED):
            return f"who {_did(question)} (as far as they let it be recorded)"
        case Activity():
            return f"who {_did(question)}"
        case _:
            return written(question)


def _denied(question: Question) -> str:
    match question:
        case Comparison():
            order = _ORDERS[question.order].replace("is", "is not", 1)
            return f"whose {_named(question.field)} {order} {_value(question.value)}"
        case Choice():
            return f"whose {_named(question.field)} is not {_one_of(question.values)}"
        case Containing():
            return f"whose {_named(question.field)} does not contain {_value(question.text)}"
        case Having():
            return f"whose {_named(question.field)} is not known"
        case Dated():
            return _affirmed(question).replace(" is ", " is not ", 1)
        case Tagged():
            return f"who do not have the tag {_value(question.tag)}"
        case OnList():
            return f"who are not on the list {question.list_name}"
        case Activity():
            return f"who {_did_not(question)}"
        case Joined() | JoinedWithin():
            return _affirmed(question).replace("who joined", "who did not join", 1)
        case _:
            return f"for whom it is not so: ({explained(question)})"


def _did(activity: Activity) -> str:
    did = "clicked a link of" if activity.act is Act.CLICKED else str(activity.act)
    if activity.slug is not None:
        return f"{did} the issue '{activity.slug}'"
    if activity.last is None:
        return f"{did} at least one issue"
    return f"{did} the last issue" if activity.last == 1 else f"{did} any of the last {activity.last} issues"


def _did_not(activity: Activity) -> str:
    is_never = activity.last is None and activity.slug is None
    if activity.act is Act.CLICKED:
        did_not = "never clicked a link" if is_never else f"have not {_did(activity)}"
        return f"{did_not} (or do not let it be recorded)"
    return f"never {activity.act} anything" if is_never else f"have not {_did(activity)}"


def _named(field: str) -> str:
    return {"email": "address", "first_name": "first name", "last_name": "last name"}.get(field, field)


def _one_of(values: tuple[Value, ...]) -> str:
    *others, last = map(_value, values)
    return f"{', '.join(others)} or {last}" if others else last


def _day(at: date | datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M %Z}" if isinstance(at, datetime) else at.isoformat()
