"""Public names of `newsletter.audience.segments`, each loaded on first use; `__init__.py` says what they are for."""

from .counts import check_segment as check_segment, count_segments as count_segments
from .sql import SegmentContext as SegmentContext, segmented_candidates as segmented_candidates
