"""Segment conditions as SQL: a WHERE clause over the subscribers of a list, in which every value is a bound parameter.

Who got, received, answered or clicked an issue is read from views, which migrations create: the packages that write
those facts come after this one.
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
_VIEW_NAMES = {ActivityKind.RECEIVED: "delivered"}
"""Activities that the view calls by another name."""
mailed = table("mailed", column("slug"), column("list_name"), column("mailing_id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentContext:
    """What a condition refers to besides the subscriber: the list, the time, the issue being sent."""

    list_name: str
    now: datetime
    slug: str = ""
    """The issue that is being sent, which does not count as one of the last issues."""


def segmented_candidates(
    expressions: Sequence[str], context: SegmentContext
) -> Select[tuple[int, str, str, str, dict[str, str], str | None]]:
    """Select a list's candidates with one more column for each segment: `inside_0`, `inside_1`, true or false.

    Raises SegmentError where an expression is not a condition.
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
            return and_(*(where_clause(part, context) for part in condition.conditions))
        case language.AnyOf():
            return or_(*(where_clause(part, context) for part in condition.conditions))
        case language.Comparison():
            return _comparison(condition.field, condition.order, condition.value)
        case language.OneOf():
            return _one_of(condition.field, condition.values)
        case language.Contains():
            return _contains(
                func.newsletter_folded(_field(condition.field), type_=Text), fold_case(condition.text) or ""
            )
        case language.HasField():
            return _field(condition.field) != ""
        case language.FieldDate():
            theirs, day = func.newsletter_day(_field(condition.field), type_=Text), condition.at.isoformat()
            return func.coalesce(theirs < day if condition.is_before else theirs > day, false())
        case _:
            return _subscriber_condition(condition, context)


def _subscriber_condition(condition: Condition, context: SegmentContext) -> ColumnElement[bool]:
    match condition:
        case language.SubscribedTo():
            other, other_list = subscriptions.alias("other"), lists.alias("other_list")
            return subscribers.c.id.in_(
                select(other.c.subscriber_id)
                .join(other_list, other_list.c.id == other.c.list_id)
                .where(other_list.c.name == condition.list_name, other.c.state == SubscriptionState.CONFIRMED)
            )
        case language.HasTag():
            is_this_tag = func.newsletter_folded(tags.c.tag, type_=Text) == fold_case(condition.tag)
            return subscribers.c.id.in_(select(tags.c.subscriber_id).where(is_this_tag))
        case language.JoinedDate():
            return _joined_date(condition)
        case language.JoinedWithin():
            return _joined_within(condition, context.now)
        case language.Activity():
            return subscribers.c.id.in_(_activity(condition, context))
        case _:
            raise ValueError(f"{condition} has not been expanded")


def _comparison(field: str, order: str, value: Value) -> ColumnElement[bool]:
    field_text = _field(field)
    if isinstance(value, str):
        return func.newsletter_folded(field_text, type_=Text) == fold_case(value)
    number = func.newsletter_number(field_text, type_=Double)
    comparison = {
        "=": number == float(value),
        "<": number < float(value),
        "<=": number <= float(value),
        ">": number > float(value),
        ">=": number >= float(value),
    }[order]
    return func.coalesce(comparison, false())


def _one_of(field: str, values: Sequence[Value]) -> ColumnElement[bool]:
    field_text = _field(field)
    texts = [fold_case(value) for value in values if isinstance(value, str)]
    numbers = [float(value) for value in values if not isinstance(value, str)]
    is_text = func.newsletter_folded(field_text, type_=Text).in_(texts)
    is_number = func.coalesce(func.newsletter_number(field_text, type_=Double).in_(numbers), false())
    return or_(is_text, is_number) if texts and numbers else is_text if texts else is_number


def _contains(field_text: ColumnElement[str], text: str) -> ColumnElement[bool]:
    """Return whether a text contains another one; `%` and `_` have no special meaning."""
    return field_text.contains(text, autoescape=True)


def _field(name: str) -> ColumnElement[str]:
    """Return a field's text, empty if it is not known."""
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
    """Return where a field's text may be: SQLite finds a key only as JSON spells it, with its escapes."""
    spellings = dict.fromkeys((name, json.dumps(name)[1:-1]))
    return [subscribers.c.fields[spelling].as_string() for spelling in spellings]


def _joined_date(condition: language.JoinedDate) -> ColumnElement[bool]:
    at: date | datetime = condition.at
    is_moment = isinstance(at, datetime)
    moment = at if isinstance(at, datetime) else datetime.combine(at, time(), UTC)
    day = moment.astimezone(UTC).date().isoformat()
    if condition.is_before:
        return _by_join_date(_imported_join_day() < day, subscriptions.c.changed_at < moment)
    later = subscriptions.c.changed_at > moment if is_moment else subscriptions.c.changed_at >= moment + timedelta(1)
    return _by_join_date(_imported_join_day() > day, later)


def _joined_within(condition: language.JoinedWithin, now: datetime) -> ColumnElement[bool]:
    since = (now - timedelta(days=condition.days)).astimezone(UTC)
    return _by_join_date(_imported_join_day() >= since.date().isoformat(), subscriptions.c.changed_at >= since)


def _imported_join_day() -> ColumnElement[str]:
    """Return the day in the custom field `joined`, which another program kept before the list was imported."""
    return func.newsletter_day(_field("joined"), type_=Text)


def _by_join_date(imported: ColumnElement[bool], recorded: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return a comparison with the day in the field `joined`, else with when the subscription last changed."""
    return case((_imported_join_day().is_not(None), imported), else_=recorded)


def _activity(condition: language.Activity, context: SegmentContext) -> Select[Any]:
    act = _VIEW_NAMES.get(ActivityKind(condition.kind), condition.kind)
    is_clicked = condition.kind is ActivityKind.CLICKED
    query = select(followed.c.subscriber_id if is_clicked else activity.c.subscriber_id)
    slug = followed.c.slug if is_clicked else activity.c.slug
    if not is_clicked:
        query = query.where(activity.c.act == str(act))
    if condition.slug is not None:
        return query.where(slug == condition.slug)
    if condition.last is None:
        return query
    last = (
        select(mailed.c.slug)
        .where(mailed.c.list_name == context.list_name, mailed.c.slug != context.slug)
        .order_by(mailed.c.mailing_id.desc())
        .limit(condition.last)
    )
    return query.where(slug.in_(last))
