"""Questions: what can be asked about one subscriber, as a tree. Every one has a yes or a no, never a perhaps.

A field that is not known is an empty text, so `country != "PT"` is exactly what `country = "PT"` is not.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

Value = str | int | float
"""A text, compared without regard to case, or a number."""
Order = Literal["=", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A field against a value; with a number it holds only where the field is a number too."""

    field: str
    order: Order
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True)
class OneOf:
    """A field that is one of some values."""

    field: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contains:
    """A field that holds a text."""

    field: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HasField:
    """A field that is known."""

    field: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDate:
    """A field that is a day before or after another one."""

    field: str
    is_before: bool
    at: date


@dataclass(frozen=True, slots=True, kw_only=True)
class HasTag:
    """A tag that the author put on them, compared without regard to case."""

    tag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscribedTo:
    """A confirmed subscription to another list."""

    list_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedDate:
    """When they joined the list that is asked about; a day is one in UTC."""

    is_before: bool
    at: date | datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedWithin:
    """Joined the list no longer ago than so many days."""

    days: int


class ActivityKind(StrEnum):
    """What happens between a letter and its reader."""

    GOT = "got"
    """The next hop took it."""
    RECEIVED = "received"
    """The receiving server took it, as was reported."""
    ANSWERED = "answered"
    """A person wrote back."""
    CLICKED = "clicked"
    """They followed a link, and had agreed to that being recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """One act upon any of the list's last issues, upon one issue, or with neither, upon anything at all."""

    act: ActivityKind
    last: int | None = None
    slug: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentReference:
    """Another segment by its name, until it is spelled out."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """Everybody for whom the question is not so."""

    condition: "Condition"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    """All of two or more questions."""

    conditions: tuple["Condition", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """At least one of two or more questions."""

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
    | SegmentReference
    | Not
    | AllOf
    | AnyOf
)


def negate(condition: Condition) -> Condition:
    """Return the opposite; twice is once."""
    return condition.condition if isinstance(condition, Not) else Not(condition=condition)


def sub_conditions(condition: Condition) -> tuple[Condition, ...]:
    """Return what a question is put together from; nothing for a simple one."""
    match condition:
        case Not():
            return (condition.condition,)
        case AllOf() | AnyOf():
            return condition.conditions
        case _:
            return ()
