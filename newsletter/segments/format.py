"""Wording: a question written back as a line that reads the same, and told in words."""

import re
from datetime import date, datetime
from decimal import Decimal

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
    Not,
    OneOf,
    SegmentReference,
    SubscribedTo,
    Value,
)
from newsletter.segments.lexer import KEYWORDS

_PLAIN = re.compile(r"[^\W\d]\w*")
_PLAIN_NAME = re.compile(r"[^\W\d][\w-]*")
_ORDERS = {"=": "is", "<": "is below", "<=": "is at most", ">": "is above", ">=": "is at least"}
_NOT_WORDS = frozenset({"day", "days", "week", "weeks", "opened"})


def format_condition(condition: Condition) -> str:
    """Return a question as it is read: the same line for all ways to write the same question."""
    match condition:
        case Not():
            return _negation(condition.condition)
        case AllOf():
            return " and ".join(map(_bracketed, condition.conditions))
        case AnyOf():
            return " or ".join(
                _bracketed(each) if isinstance(each, AnyOf) else format_condition(each) for each in condition.conditions
            )
        case Comparison() | OneOf() | Contains() | HasField() | FieldDate():
            return _of_field(condition)
        case _:
            return _of_standing(condition)


def _bracketed(condition: Condition) -> str:
    return f"({format_condition(condition)})" if isinstance(condition, (AllOf, AnyOf)) else format_condition(condition)


def _of_field(condition: Comparison | OneOf | Contains | HasField | FieldDate) -> str:
    match condition:
        case Comparison():
            return f"{_field(condition.field)} {condition.order} {_value(condition.value)}"
        case OneOf():
            return f"{_field(condition.field)} in ({', '.join(map(_value, condition.values))})"
        case Contains():
            return f"{_field(condition.field)} contains {_value(condition.text)}"
        case HasField():
            return f"has {_field(condition.field)}"
        case FieldDate():
            return (
                f"{_field(condition.field)} {'before' if condition.is_before else 'after'} {condition.at.isoformat()}"
            )


def _of_standing(condition: SubscribedTo | HasTag | JoinedDate | JoinedWithin | Activity | SegmentReference) -> str:
    match condition:
        case SubscribedTo():
            is_plain = _PLAIN_NAME.fullmatch(condition.list_name) and condition.list_name.lower() not in KEYWORDS
            return f"on {condition.list_name if is_plain else _value(condition.list_name)}"
        case HasTag():
            return f"tagged {_value(condition.tag)}"
        case JoinedDate():
            return f"joined {'before' if condition.is_before else 'after'} {condition.at.isoformat()}"
        case JoinedWithin():
            return f"joined within {condition.days} {'day' if condition.days == 1 else 'days'}"
        case Activity():
            return f"{condition.act} {_scope(condition)}"
        case SegmentReference():
            return condition.name


def _negation(condition: Condition) -> str:
    match condition:
        case Comparison(order="="):
            return f"{_field(condition.field)} != {_value(condition.value)}"
        case OneOf():
            return f"{_field(condition.field)} not in ({', '.join(map(_value, condition.values))})"
        case Contains():
            return f"{_field(condition.field)} not contains {_value(condition.text)}"
        case HasField():
            return f"no {_field(condition.field)}"
        case Activity(last=None, slug=None):
            return f"never {condition.act}"
        case AllOf() | AnyOf():
            return f"not ({format_condition(condition)})"
        case _:
            return f"not {format_condition(condition)}"


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


def describe_condition(condition: Condition) -> str:
    """Return a question in words that complete "people ..."."""
    match condition:
        case AllOf():
            return " and ".join(_told(each) for each in condition.conditions)
        case AnyOf():
            return " or ".join(_told(each) for each in condition.conditions)
        case Not():
            return _denied(condition.condition)
        case _:
            return _affirmed(condition)


def _told(condition: Condition) -> str:
    words = describe_condition(condition)
    return f"({words})" if isinstance(condition, (AllOf, AnyOf)) else words


def _affirmed(condition: Condition) -> str:
    match condition:
        case Comparison():
            return f"whose {_named(condition.field)} {_ORDERS[condition.order]} {_value(condition.value)}"
        case OneOf():
            return f"whose {_named(condition.field)} is {_one_of(condition.values)}"
        case Contains():
            return f"whose {_named(condition.field)} contains {_value(condition.text)}"
        case HasField():
            return f"whose {_named(condition.field)} is known"
        case FieldDate():
            order = "before" if condition.is_before else "after"
            return f"whose {_named(condition.field)} is {order} {condition.at.isoformat()}"
        case HasTag():
            return f"who have the tag {_value(condition.tag)}"
        case SubscribedTo():
            return f"who are on the list {condition.list_name}"
        case JoinedDate():
            return f"who joined {'before' if condition.is_before else 'after'} {_day(condition.at)}"
        case JoinedWithin():
            return f"who joined within the last {condition.days} {'day' if condition.days == 1 else 'days'}"
        case Activity(act=ActivityKind.CLICKED):
            return f"who {_did(condition)} (as far as they let it be recorded)"
        case Activity():
            return f"who {_did(condition)}"
        case _:
            return format_condition(condition)


def _denied(condition: Condition) -> str:
    match condition:
        case Comparison():
            order = _ORDERS[condition.order].replace("is", "is not", 1)
            return f"whose {_named(condition.field)} {order} {_value(condition.value)}"
        case OneOf():
            return f"whose {_named(condition.field)} is not {_one_of(condition.values)}"
        case Contains():
            return f"whose {_named(condition.field)} does not contain {_value(condition.text)}"
        case HasField():
            return f"whose {_named(condition.field)} is not known"
        case FieldDate():
            return _affirmed(condition).replace(" is ", " is not ", 1)
        case HasTag():
            return f"who do not have the tag {_value(condition.tag)}"
        case SubscribedTo():
            return f"who are not on the list {condition.list_name}"
        case Activity():
            return f"who {_did_not(condition)}"
        case JoinedDate() | JoinedWithin():
            return _affirmed(condition).replace("who joined", "who did not join", 1)
        case _:
            return f"for whom it is not so: ({describe_condition(condition)})"


def _did(activity: Activity) -> str:
    did = "clicked a link of" if activity.act is ActivityKind.CLICKED else str(activity.act)
    if activity.slug is not None:
        return f"{did} the issue '{activity.slug}'"
    if activity.last is None:
        return f"{did} at least one issue"
    return f"{did} the last issue" if activity.last == 1 else f"{did} any of the last {activity.last} issues"


def _did_not(activity: Activity) -> str:
    is_never = activity.last is None and activity.slug is None
    if activity.act is ActivityKind.CLICKED:
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
