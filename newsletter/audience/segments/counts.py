"""Segmenting: how many of a list a segment holds, and whether there is anything of the names it asks about."""

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
"""What everybody has; all others come with an import."""
_MOST_LOOKED_AT = 20_000
"""How many people are looked at for the names of fields, to suggest one."""
_MOST_NAMED = 12
"""Of so many issues all are named, where none is near."""
_REMEDY = "An issue is named as its folder or file in issues/ is"
_NO_ISSUE = "There is no issue yet"


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmentCount:
    """How many of a list's people, of those who may be written to, are in a segment."""

    matching: int
    mailable: int


def count_segments(
    database: Database, segments: Sequence[Segment], context: SegmentContext
) -> tuple[SegmentCount, ...]:
    """Count who is in each of the segments, one at a time."""
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
    """Raise SegmentFault when a segment asks about a field that nobody on the list has, an unknown list or issue.

    `issue_names` are the issues there are, sent or not: nobody got one that is none, so everybody did not get it.
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
    theirs = _fields_of(list_name)
    has_it = exists(theirs.where(or_(*(text.is_not(None) for text in field_texts(reference.name)))))
    if connection.scalar(select(has_it)) or not connection.scalar(select(exists(theirs))):
        return
    known = {*OWN_FIELDS}
    for fields in connection.scalars(theirs.limit(_MOST_LOOKED_AT)):
        known.update(fields)
    raise reference.fault(suggest(reference.name, known))


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
        raise reference.fault(suggest(reference.name, known))


def _check_issue(reference: NameReference, issue_names: Collection[str]) -> None:
    if reference.name in issue_names:
        return
    if len(issue_names) > _MOST_NAMED:
        raise reference.fault(did_you_mean(reference.name, issue_names) or _REMEDY)
    raise reference.fault(suggest(reference.name, issue_names) or _NO_ISSUE)
