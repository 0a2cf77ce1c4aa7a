"""Formatting of conditions: as one line of the segment language in its canonical form, and as an English sentence."""

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
    NamedSegment,
    Not,
    OneOf,
    SubscribedTo,
    Value,
)
from newsletter.segments.lexer import KEYWORDS

_SIMPLE_FIELD = re.compile(r"[^\W\d]\w*")
_SIMPLE_NAME = re.compile(r"[^\W\d][\w-]*")
_ORDERS = {"=": "is", "<": "is below", "<=": "is at most", ">": "is above", ">=": "is at least"}
_AMBIGUOUS_FIELDS = frozenset({"day", "days", "week", "weeks", "opened"})


def format_condition(condition: Condition) -> str:
    """Return a condition in its canonical form: the same line for all ways to write the same condition."""
    match condition:
        case Not():
            return _negation(condition.condition)
        case AllOf():
            return " and ".join(map(_bracketed, condition.conditions))
        case AnyOf():
            return " or ".join(
                _bracketed(part) if isinstance(part, AnyOf) else format_condition(part) for part in condition.conditions
            )
        case Comparison() | OneOf() | Contains() | HasField() | FieldDate():
            return _field_condition(condition)
        case _:
            return _subscriber_condition(condition)


def _bracketed(condition: Condition) -> str:
    return f"({format_condition(condition)})" if isinstance(condition, (AllOf, AnyOf)) else format_condition(condition)


def _field_condition(condition: Comparison | OneOf | Contains | HasField | FieldDate) -> str:
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


def _subscriber_condition(
    condition: SubscribedTo | HasTag | JoinedDate | JoinedWithin | Activity | NamedSegment,
) -> str:
    match condition:
        case SubscribedTo():
            is_plain = _SIMPLE_NAME.fullmatch(condition.list_name) and condition.list_name.lower() not in KEYWORDS
            return f"on {condition.list_name if is_plain else _value(condition.list_name)}"
        case HasTag():
            return f"tagged {_value(condition.tag)}"
        case JoinedDate():
            return f"joined {'before' if condition.is_before else 'after'} {condition.at.isoformat()}"
        case JoinedWithin():
            return f"joined within {condition.days} {'day' if condition.days == 1 else 'days'}"
        case Activity():
            return f"{condition.kind} {_scope(condition)}"
        case NamedSegment():
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
            return f"never {condition.kind}"
        case AllOf() | AnyOf():
            return f"not ({format_condition(condition)})"
        case _:
            return f"not {format_condition(condition)}"


def _scope(activity: Activity) -> str:
    if activity.last is not None:
        return f"any of last {activity.last}"
    return _value(activity.slug) if activity.slug is not None else "anything"


def _field(name: str) -> str:
    is_plain = _SIMPLE_FIELD.fullmatch(name) and name not in KEYWORDS and name not in _AMBIGUOUS_FIELDS
    return name if is_plain else f"subscriber.{name}"


def _value(value: Value) -> str:
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return f"{Decimal(str(value)):f}"


def describe_condition(condition: Condition) -> str:
    """Return a condition in English, such that it completes "people ..."."""
    match condition:
        case AllOf():
            return " and ".join(_bracketed_description(part) for part in condition.conditions)
        case AnyOf():
            return " or ".join(_bracketed_description(part) for part in condition.conditions)
        case Not():
            return _describe_opposite(condition.condition)
        case _:
            return _describe(condition)


def _bracketed_description(condition: Condition) -> str:
    description = describe_condition(condition)
    return f"({description})" if isinstance(condition, (AllOf, AnyOf)) else description


def _describe(condition: Condition) -> str:
    match condition:
        case Comparison():
            return f"whose {_field_title(condition.field)} {_ORDERS[condition.order]} {_value(condition.value)}"
        case OneOf():
            return f"whose {_field_title(condition.field)} is {_alternatives(condition.values)}"
        case Contains():
            return f"whose {_field_title(condition.field)} contains {_value(condition.text)}"
        case HasField():
            return f"whose {_field_title(condition.field)} is known"
        case FieldDate():
            order = "before" if condition.is_before else "after"
            return f"whose {_field_title(condition.field)} is {order} {condition.at.isoformat()}"
        case HasTag():
            return f"who have the tag {_value(condition.tag)}"
        case SubscribedTo():
            return f"who are on the list {condition.list_name}"
        case JoinedDate():
            return f"who joined {'before' if condition.is_before else 'after'} {_day(condition.at)}"
        case JoinedWithin():
            return f"who joined within the last {condition.days} {'day' if condition.days == 1 else 'days'}"
        case Activity(kind=ActivityKind.CLICKED):
            return f"who {_activity(condition)} (as far as they allow it to be recorded)"
        case Activity():
            return f"who {_activity(condition)}"
        case _:
            return format_condition(condition)


def _describe_opposite(condition: Condition) -> str:
    match condition:
        case Comparison():
            order = _ORDERS[condition.order].replace("is", "is not", 1)
            return f"whose {_field_title(condition.field)} {order} {_value(condition.value)}"
        case OneOf():
            return f"whose {_field_title(condition.field)} is not {_alternatives(condition.values)}"
        case Contains():
            return f"whose {_field_title(condition.field)} does not contain {_value(condition.text)}"
        case HasField():
            return f"whose {_field_title(condition.field)} is not known"
        case FieldDate():
            return _describe(condition).replace(" is ", " is not ", 1)
        case HasTag():
            return f"who do not have the tag {_value(condition.tag)}"
        case SubscribedTo():
            return f"who are not on the list {condition.list_name}"
        case Activity():
            return f"who {_no_activity(condition)}"
        case JoinedDate() | JoinedWithin():
            return _describe(condition).replace("who joined", "who did not join", 1)
        case _:
            return f"for whom the following is not true: ({describe_condition(condition)})"


def _activity(activity: Activity) -> str:
    did = "clicked a link of" if activity.kind is ActivityKind.CLICKED else str(activity.kind)
    if activity.slug is not None:
        return f"{did} the issue '{activity.slug}'"
    if activity.last is None:
        return f"{did} at least one issue"
    return f"{did} the last issue" if activity.last == 1 else f"{did} any of the last {activity.last} issues"


def _no_activity(activity: Activity) -> str:
    is_never = activity.last is None and activity.slug is None
    if activity.kind is ActivityKind.CLICKED:
        no_activity = "never clicked a link" if is_never else f"have not {_activity(activity)}"
        return f"{no_activity} (or do not allow it to be recorded)"
    return f"never {activity.kind} anything" if is_never else f"have not {_activity(activity)}"


def _field_title(field: str) -> str:
    return {"email": "address", "first_name": "first name", "last_name": "last name"}.get(field, field)


def _alternatives(values: tuple[Value, ...]) -> str:
    *others, last = map(_value, values)
    return f"{', '.join(others)} or {last}" if others else last


def _day(at: date | datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M %Z}" if isinstance(at, datetime) else at.isoformat()
