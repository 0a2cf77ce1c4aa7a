"""Segment counts: how many subscribers of a list a segment matches, and whether the names in it exist."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, exists, func, or_, select, true

from newsletter.audience.segments.sql import SegmentContext, field_texts, segmented_candidates
from newsletter.audience.tables import lists, subscribers, subscriptions
from newsletter.database import Database
from newsletter.finding import did_you_mean, suggest
from newsletter.segments import NameReference, ReferenceKind, Segment

OWN_FIELDS = ("email", "domain", "first_name", "last_name", "name")
"""Fields that every subscriber has; all others are custom fields."""
_SAMPLED_SUBSCRIBERS = 20_000
"""How many subscribers are looked at for field names, to suggest one."""
_LISTED_ISSUES = 12
"""Up to so many issues are listed in an error if none has a similar name."""
_REMEDY = "An issue is named after its folder or file in issues/"
_NO_ISSUE = "There are no issues yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentCount:
    """How many of a list's mailable subscribers a segment matches."""

    matching: int
    mailable: int


def count_segments(
    database: Database, segments: Sequence[Segment], context: SegmentContext
) -> tuple[SegmentCount, ...]:
    """Count how many subscribers each of the segments matches."""
    return tuple(_count(database, segment, context) for segment in segments)


def _count(database: Database, segment: Segment, context: SegmentContext) -> SegmentCount:
    people = segmented_candidates([segment.expression], context).subquery()
    matching = func.count().filter(people.c.inside_0 == true())
    with database.read() as connection:
        row = connection.execute(select(matching, func.count()).where(people.c.exclusion.is_(None))).one()
    return SegmentCount(matching=row[0], mailable=row[1])


def check_segment(
    database: Database,
    segment: Segment,
    list_name: str,
    *,
    list_names: Collection[str],
    issue_names: Collection[str],
) -> None:
    """Raise SegmentError when a segment names a field that nobody on the list has, or an unknown list or issue.

    `issue_names` are all issues, sent or not: nobody got an unknown one, so a typing error would match everybody.
    """
    with database.read() as connection:
        for reference in segment.references:
            match reference.kind:
                case ReferenceKind.FIELD:
                    _check_field(connection, reference, list_name)
                case ReferenceKind.LIST:
                    _check_list(connection, reference, list_names)
                case ReferenceKind.ISSUE:
                    _check_issue(reference, issue_names)


def _check_field(connection: Connection, reference: NameReference, list_name: str) -> None:
    if reference.name in OWN_FIELDS:
        return
    fields_on_list = _fields_of(list_name)
    has_field = exists(fields_on_list.where(or_(*(text.is_not(None) for text in field_texts(reference.name)))))
    if connection.scalar(select(has_field)) or not connection.scalar(select(exists(fields_on_list))):
        return
    known = {*OWN_FIELDS}
    for fields in connection.scalars(fields_on_list.limit(_SAMPLED_SUBSCRIBERS)):
        known.update(fields)
    raise reference.unknown(suggest(reference.name, known))


def _fields_of(list_name: str) -> Select[Any]:
    return (
        select(subscribers.c.fields)
        .join_from(lists, subscriptions, subscriptions.c.list_id == lists.c.id)
        .join(subscribers, subscribers.c.id == subscriptions.c.subscriber_id)
        .where(lists.c.name == list_name)
    )


def _check_list(connection: Connection, reference: NameReference, list_names: Collection[str]) -> None:
    known = {*list_names, *connection.scalars(select(lists.c.name))}
    if reference.name not in known:
        raise reference.unknown(suggest(reference.name, known))


def _check_issue(reference: NameReference, issue_names: Collection[str]) -> None:
    if reference.name in issue_names:
        return
    if len(issue_names) > _LISTED_ISSUES:
        raise reference.unknown(did_you_mean(reference.name, issue_names) or _REMEDY)
    raise reference.unknown(suggest(reference.name, issue_names) or _NO_ISSUE)
