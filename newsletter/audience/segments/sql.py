"""Asking: a segment's question becomes a condition over the roster, with every word of the author's a bound value.

What was got, answered and clicked is read from views that migrations make: those who write that lie downstream.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    Double,
    Select,
    Text,
    and_,
    case,
    column,
    false,
    func,
    not_,
    or_,
    select,
    table,
)

from newsletter import segments as language
from newsletter.audience.models import SubscriptionState
from newsletter.audience.queries import candidates
from newsletter.audience.tables import lists, subscribers, subscriptions, tags
from newsletter.database import fold_case
from newsletter.segments import ActivityKind, Condition, Value

activity = table("activity", column("subscriber_id"), column("slug"), column("act"))
followed = table("followed", column("subscriber_id"), column("slug"))
_REPORTED = {ActivityKind.RECEIVED: "delivered"}
"""Acts that go by another name where they are reported."""
mailed = table("mailed", column("slug"), column("list_name"), column("mailing_id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentContext:
    """What a question is asked about, besides people."""

    list_name: str
    now: datetime
    slug: str = ""
    """The issue that is being sent, which is none of the last ones."""


def segmented_candidates(
    expressions: Sequence[str], context: SegmentContext
) -> Select[tuple[int, str, str, str, dict[str, str], str | None]]:
    """Ask for a list's candidates, with one column more for each segment: `inside_0`, `inside_1`, true or false.

    SegmentFault where an expression is no question.
    """
    conditions = (
        where_clause(language.parse_segment(expression, {}).condition, context).label(f"inside_{number}")
        for number, expression in enumerate(expressions)
    )
    return cast(
        Select[tuple[int, str, str, str, dict[str, str], str | None]],
        candidates(context.list_name).add_columns(*conditions),
    )


def where_clause(condition: Condition, context: SegmentContext) -> ColumnElement[bool]:
    """Return a condition over `subscribers` and `subscriptions` that is true or false, and never NULL."""
    match condition:
        case language.Not():
            return not_(where_clause(condition.condition, context))
        case language.AllOf():
            return and_(*(where_clause(each, context) for each in condition.conditions))
        case language.AnyOf():
            return or_(*(where_clause(each, context) for each in condition.conditions))
        case language.Comparison():
            return _compared(condition.field, condition.order, condition.value)
        case language.OneOf():
            return _chosen(condition.field, condition.values)
        case language.Contains():
            return _holds(func.newsletter_folded(_field(condition.field), type_=Text), fold_case(condition.text) or "")
        case language.HasField():
            return _field(condition.field) != ""
        case language.FieldDate():
            theirs, day = func.newsletter_day(_field(condition.field), type_=Text), condition.at.isoformat()
            return func.coalesce(theirs < day if condition.is_before else theirs > day, false())
        case _:
            return _standing(condition, context)


def _standing(condition: Condition, context: SegmentContext) -> ColumnElement[bool]:
    match condition:
        case language.SubscribedTo():
            theirs, named = subscriptions.alias("theirs"), lists.alias("named")
            return subscribers.c.id.in_(
                select(theirs.c.subscriber_id)
                .join(named, named.c.id == theirs.c.list_id)
                .where(named.c.name == condition.list_name, theirs.c.state == SubscriptionState.CONFIRMED)
            )
        case language.HasTag():
            is_meant = func.newsletter_folded(tags.c.tag, type_=Text) == fold_case(condition.tag)
            return subscribers.c.id.in_(select(tags.c.subscriber_id).where(is_meant))
        case language.JoinedDate():
            return _joined(condition)
        case language.JoinedWithin():
            return _joined_within(condition, context.now)
        case language.Activity():
            return subscribers.c.id.in_(_active(condition, context))
        case _:
            raise ValueError(f"{condition} is not spelled out")


def _compared(field: str, order: str, value: Value) -> ColumnElement[bool]:
    asked = _field(field)
    if isinstance(value, str):
        return func.newsletter_folded(asked, type_=Text) == fold_case(value)
    number = func.newsletter_number(asked, type_=Double)
    comparison = {
        "=": number == float(value),
        "<": number < float(value),
        "<=": number <= float(value),
        ">": number > float(value),
        ">=": number >= float(value),
    }[order]
    return func.coalesce(comparison, false())


def _chosen(field: str, values: Sequence[Value]) -> ColumnElement[bool]:
    asked = _field(field)
    texts = [fold_case(value) for value in values if isinstance(value, str)]
    numbers = [float(value) for value in values if not isinstance(value, str)]
    is_text = func.newsletter_folded(asked, type_=Text).in_(texts)
    is_number = func.coalesce(func.newsletter_number(asked, type_=Double).in_(numbers), false())
    return or_(is_text, is_number) if texts and numbers else is_text if texts else is_number


def _holds(asked: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Return whether a text holds another one; `%` and `_` in it mean nothing."""
    return asked.contains(text, autoescape=True)


def _field(name: str) -> ColumnElement[str]:
    """Return a field's text, empty where it is not known."""
    match name:
        case "email":
            return subscribers.c.address
        case "domain":
            return func.newsletter_domain(subscribers.c.address, type_=Text)
        case "first_name" | "last_name":
            return subscribers.c[name]
        case "name":
            return func.trim(subscribers.c.first_name + " " + subscribers.c.last_name, type_=Text)
        case _:
            return func.coalesce(*field_texts(name), "", type_=Text)


def field_texts(name: str) -> list[ColumnElement[str]]:
    """Return where a field's text may be: SQLite looks for a key as JSON spells it, with its escapes."""
    spellings = dict.fromkeys((name, json.dumps(name)[1:-1]))
    return [subscribers.c.fields[spelling].as_string() for spelling in spellings]


def _joined(condition: language.JoinedDate) -> ColumnElement[bool]:
    at: date | datetime = condition.at
    is_moment = isinstance(at, datetime)
    moment = at if isinstance(at, datetime) else datetime.combine(at, time(), UTC)
    day = moment.astimezone(UTC).date().isoformat()
    if condition.is_before:
        return _since(_told_day() < day, subscriptions.c.changed_at < moment)
    later = subscriptions.c.changed_at > moment if is_moment else subscriptions.c.changed_at >= moment + timedelta(1)
    return _since(_told_day() > day, later)


def _joined_within(condition: language.JoinedWithin, now: datetime) -> ColumnElement[bool]:
    since = (now - timedelta(days=condition.days)).astimezone(UTC)
    return _since(_told_day() >= since.date().isoformat(), subscriptions.c.changed_at >= since)


def _told_day() -> ColumnElement[str]:
    """Return the day in a field `joined`, which another program kept before this list was imported."""
    return func.newsletter_day(_field("joined"), type_=Text)


def _since(told: ColumnElement[bool], recorded: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return what is said of the day that a field tells, else of when the subscription became what it is."""
    return case((_told_day().is_not(None), told), else_=recorded)


def _active(condition: language.Activity, context: SegmentContext) -> Select[Any]:
    act = _REPORTED.get(ActivityKind(condition.act), condition.act)
    is_clicked = condition.act is ActivityKind.CLICKED
    found = select(followed.c.subscriber_id if is_clicked else activity.c.subscriber_id)
    slug = followed.c.slug if is_clicked else activity.c.slug
    if not is_clicked:
        found = found.where(activity.c.act == str(act))
    if condition.slug is not None:
        return found.where(slug == condition.slug)
    if condition.last is None:
        return found
    last = (
        select(mailed.c.slug)
        .where(mailed.c.list_name == context.list_name, mailed.c.slug != context.slug)
        .order_by(mailed.c.mailing_id.desc())
        .limit(condition.last)
    )
    return found.where(slug.in_(last))
