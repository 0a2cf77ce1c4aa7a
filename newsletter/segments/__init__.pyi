"""Public names of `newsletter.segments`, each loaded on first use; `__init__.py` says what they are for."""

from .fault import SegmentFault as SegmentFault
from .named import NAME as NAME, Segment as Segment, check_named as check_named, read_segment as read_segment
from .question import (
    Act as Act,
    Activity as Activity,
    AllOf as AllOf,
    AnyOf as AnyOf,
    Choice as Choice,
    Comparison as Comparison,
    Containing as Containing,
    Dated as Dated,
    Having as Having,
    Joined as Joined,
    JoinedWithin as JoinedWithin,
    Not as Not,
    OnList as OnList,
    Question as Question,
    Tagged as Tagged,
    Value as Value,
    negated as negated,
)
from .tokens import Mention as Mention, MentionKind as MentionKind
from .wording import explained as explained, written as written
