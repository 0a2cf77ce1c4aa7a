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
from newsletter.audience.roster import candidates, lists, subscribers, subscriptions, tags
from newsletter.audience.subscriber import SubscriptionState
from newsletter.database import folded
from newsletter.segments import Act, Question, Value

activity = table("activity", column("subscriber_id"), column("slug"), column("act"))
followed = table("followed", column("subscriber_id"), column("slug"))
_REPORTED = {Act.RECEIVED: "delivered"}
"""Acts that go by another name where they are reported."""
mailed = table("mailed", column("slug"), column("list_name"), column("mailing_id"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a question is asked about, besides people."""

    list_name: str
    now: datetime
    slug: str = ""
    """The issue that is being sent, which is none of the last ones."""


def answered_candidates(
    expressions: Sequence[str], circumstances: Circumstances
) -> Select[tuple[int, str, str, str, dict[str, str], str | None]]:
    """Ask for a list's candidates, with one column more for each segment: `inside_0`, `inside_1`, true or false.

    SegmentFault where an expression is no question.
    """
    conditions = (
        condition(language.read_segment(expression, {}).question, circumstances).label(f"inside_{number}")
        for number, expression in enumerate(expressions)
    )
    return cast(
        Select[tuple[int, str, str, str, dict[str, str], str | None]],
        candidates(circumstances.list_name).add_columns(*conditions),
    )


def condition(question: Question, circumstances: Circumstances) -> ColumnElement[bool]:
    """Return a condition over `subscribers` and `subscriptions` that is true or false, and never NULL."""
    match question:
        case language.Not():
            return not_(condition(question.question, circumstances))
        case language.AllOf():
            return and_(*(condition(each, circumstances) for each in question.questions))
        case language.AnyOf():
            return or_(*(condition(each, circumstances) for each in question.questions))
        case language.Comparison():
            return _compared(question.field, question.order, question.value)
        case language.Choice():
            return _chosen(question.field, question.values)
        case language.Containing():
            return _holds(func.newsletter_folded(_field(question.field), type_=Text), folded(question.text) or "")
        case language.Having():
            return _field(question.field) != ""
        case language.Dated():
            theirs, day = func.newsletter_day(_field(question.field), type_=Text), question.at.isoformat()
            return func.coalesce(theirs < day if question.is_before else theirs > day, false())
        case _:
            return _standing(question, circumstances)


def _standing(question: Question, circumstances: Circumstances) -> ColumnElement[bool]:
    match question:
        case language.OnList():
            theirs, named = subscriptions.alias("theirs"), lists.alias("named")
            return subscribers.c.id.in_(
                select(theirs.c.subscriber_id)
                .join(named, named.c.id == theirs.c.list_id)
                .where(named.c.name == question.list_name, theirs.c.state == SubscriptionState.CONFIRMED)
            )
        case language.Tagged():
            is_meant = func.newsletter_folded(tags.c.tag, type_=Text) == folded(question.tag)
            return subscribers.c.id.in_(select(tags.c.subscriber_id).where(is_meant))
        case language.Joined():
            return _joined(question)
        case language.JoinedWithin():
            return _joined_within(question, circumstances.now)
        case language.Activity():
            return subscribers.c.id.in_(_active(question, circumstances))
        case _:
            raise ValueError(f"{question} is not spelled out")


def _compared(field: str, order: str, value: Value) -> ColumnElement[bool]:
    asked = _field(field)
    if isinstance(value, str):
        return func.newsletter_folded(asked, type_=Text) == folded(value)
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
    texts = [folded(value) for value in values if isinstance(value, str)]
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


def _joined(question: language.Joined) -> ColumnElement[bool]:
    at: date | datetime = question.at
    is_moment = isinstance(at, datetime)
    moment = at if isinstance(at, datetime) else datetime.combine(at, time(), UTC)
    day = moment.astimezone(UTC).date().isoformat()
    if question.is_before:
        return _since(_told_day() < day, subscriptions.c.changed_at < moment)
    later = subscriptions.c.changed_at > moment if is_moment else subscriptions.c.changed_at >= moment + timedelta(1)
    return _since(_told_day() > day, later)


def _joined_within(question: language.JoinedWithin, now: datetime) -> ColumnElement[bool]:
    since = (now - timedelta(days=question.days)).astimezone(UTC)
    return _since(_told_day() >= since.date().isoformat(), subscriptions.c.changed_at >= since)


def _told_day() -> ColumnElement[str]:
    """Return the day in a field `joined`, which another program kept before this list was imported."""
    return func.newsletter_day(_field("joined"), type_=Text)


def _since(told: ColumnElement[bool], recorded: ColumnElement[bool]) -> ColumnElement[bool]:
    """Return what is said of the day that a field tells, else of when the subscription became what it is."""
    return case((_told_day().is_not(None), told), else_=recorded)


def _active(question: language.Activity, circumstances: Circumstances) -> Select[Any]:
    act = _REPORTED.get(Act(question.act), question.act)
    is_clicked = question.act is Act.CLICKED
    found = select(followed.c.subscriber_id if is_clicked else activity.c.subscriber_id)
    slug = followed.c.slug if is_clicked else activity.c.slug
    if not is_clicked:
        found = found.where(activity.c.act == str(act))
    if question.slug is not None:
        return found.where(slug == question.slug)
    if question.last is None:
        return found
    last = (
        select(mailed.c.slug)
        .where(mailed.c.list_name == circumstances.list_name, mailed.c.slug != circumstances.slug)
        .order_by(mailed.c.mailing_id.desc())
        .limit(question.last)
    )
    return found.where(slug.in_(last))
