"""Public names of `newsletter.segments`, each loaded on first use; `__init__.py` says what they are for."""

from .named_segments import (
    SEGMENT_NAME as SEGMENT_NAME,
    Segment as Segment,
    check_named_segments as check_named_segments,
    parse_segment as parse_segment,
)
from .conditions import (
    ActivityKind as ActivityKind,
    Activity as Activity,
    AllOf as AllOf,
    AnyOf as AnyOf,
    OneOf as OneOf,
    Comparison as Comparison,
    Contains as Contains,
    FieldDate as FieldDate,
    HasField as HasField,
    JoinedDate as JoinedDate,
    JoinedWithin as JoinedWithin,
    Not as Not,
    SubscribedTo as SubscribedTo,
    Condition as Condition,
    HasTag as HasTag,
    Value as Value,
    negate as negate,
)
from .lexer import NameReference as NameReference, ReferenceKind as ReferenceKind, SegmentError as SegmentError
from .format import describe_condition as describe_condition, format_condition as format_condition
