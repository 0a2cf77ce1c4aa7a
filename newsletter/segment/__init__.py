"""Segments: questions about a list's subscribers, read from a line and written back; nobody is asked here."""

from newsletter.segment.fault import SegmentFault
from newsletter.segment.named import NAME, Segment, check_named, read_segment
from newsletter.segment.question import (
    Act,
    Activity,
    AllOf,
    AnyOf,
    Choice,
    Comparison,
    Containing,
    Dated,
    Having,
    Joined,
    JoinedWithin,
    Not,
    OnList,
    Question,
    Tagged,
    Value,
    negated,
)
from newsletter.segment.tokens import Mention, MentionKind
from newsletter.segment.wording import explained, written

__all__ = [
    "NAME",
    "Act",
    "Activity",
    "AllOf",
    "AnyOf",
    "Choice",
    "Comparison",
    "Containing",
    "Dated",
    "Having",
    "Joined",
    "JoinedWithin",
    "Mention",
    "MentionKind",
    "Not",
    "OnList",
    "Question",
    "Segment",
    "SegmentFault",
    "Tagged",
    "Value",
    "check_named",
    "explained",
    "negated",
    "read_segment",
    "written",
]
