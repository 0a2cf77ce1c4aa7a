"""Conditions of the segment language, as a syntax tree. For every subscriber a condition is true or false.

A field that is not known is an empty text, so `country != "PT"` is exactly the opposite of `country = "PT"`.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

Value = str | int | float
"""A text, compared regardless of case, or a number."""
Order = Literal["=", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A field compared with a value; with a number it is true only if the field is a number too."""

    field: str
    order: Order
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf:
    """A field has one of some values."""

    field: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contains:
    """A field contains a text."""

    field: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HasField:
    """A field is not empty."""

    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDate:
    """A field is a day before or after another one."""

    field: str
    is_before: bool
    at: date


@dataclass(frozen=True, slots=True, kw_only=True)
class HasTag:
    """They have a tag, compared regardless of case."""

    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribedTo:
    """They have a confirmed subscription to another list."""

    list_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedDate:
    """They joined the list before or after a time; a day is one in UTC."""

    is_before: bool
    at: date | datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedWithin:
    """They joined the list within the last days."""

    days: int


class ActivityKind(StrEnum):
    """What a subscriber did with an issue, or what happened to it."""

    GOT = "got"
    """Our mail server or Amazon SES accepted it."""
    RECEIVED = "received"
    """The recipient's server accepted it, as Amazon SES reported."""
    ANSWERED = "answered"
    """They replied to it."""
    CLICKED = "clicked"
    """They followed a link, and had agreed to that being recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """An activity with any of the list's last issues, with one issue, or, if neither is set, with any issue at all."""

    kind: ActivityKind
    last: int | None = None
    slug: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSegment:
    """The name of another segment, until its condition takes its place."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The condition is false."""

    condition: "Condition"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    """All of two or more conditions are true."""

    conditions: tuple["Condition", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """At least one of two or more conditions is true."""

    conditions: tuple["Condition", ...]


Condition = (
    Comparison
    | OneOf
    | Contains
    | HasField
    | FieldDate
    | HasTag
    | SubscribedTo
    | JoinedDate
    | JoinedWithin
    | Activity
    | NamedSegment
    | Not
    | AllOf
    | AnyOf
)


def negate(condition: Condition) -> Condition:
    """Return the opposite; the opposite of an opposite is the condition itself."""
    return condition.condition if isinstance(condition, Not) else Not(condition=condition)


def sub_conditions(condition: Condition) -> tuple[Condition, ...]:
    """Return the conditions that a compound condition consists of; nothing for a simple one."""
    match condition:
        case Not():
            return (condition.condition,)
        case AllOf() | AnyOf():
            return condition.conditions
        case _:
            return ()
