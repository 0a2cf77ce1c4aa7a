"""3. Who is written to, and why we may."""

from newsletter.audience.asking import Circumstances, answered_candidates
from newsletter.audience.exchange import import_csv, import_sheet, import_sources
from newsletter.audience.joining import (
    add_subscriber,
    end_subscription,
    end_subscription_in,
    erase,
    find_subscriber_id,
)
from newsletter.audience.register import (
    ListCount,
    Member,
    PersonRecord,
    count_lists,
    export_csv,
    list_members,
    show_subscriber,
)
from newsletter.audience.report import Fate, ImportReport, Outcome
from newsletter.audience.roster import candidates, ensure_lists
from newsletter.audience.segmenting import SegmentCount, check_segment, count_segments
from newsletter.audience.sheet import read_sheet
from newsletter.audience.subscriber import (
    Consent,
    Subscriber,
    Subscription,
    SubscriptionState,
    Suppression,
    SuppressionReason,
)
from newsletter.audience.suppressing import (
    ListedSuppression,
    hash_of_subscriber,
    last_lifted,
    lift_suppression,
    list_suppressions,
    suppress,
    suppress_hash,
    suppression_of,
)

__all__ = [
    "Circumstances",
    "Consent",
    "Fate",
    "ImportReport",
    "ListCount",
    "ListedSuppression",
    "Member",
    "Outcome",
    "PersonRecord",
    "SegmentCount",
    "Subscriber",
    "Subscription",
    "SubscriptionState",
    "Suppression",
    "SuppressionReason",
    "add_subscriber",
    "answered_candidates",
    "candidates",
    "check_segment",
    "count_lists",
    "count_segments",
    "end_subscription",
    "end_subscription_in",
    "ensure_lists",
    "erase",
    "export_csv",
    "find_subscriber_id",
    "hash_of_subscriber",
    "import_csv",
    "import_sheet",
    "import_sources",
    "last_lifted",
    "lift_suppression",
    "list_members",
    "list_suppressions",
    "read_sheet",
    "show_subscriber",
    "suppress",
    "suppress_hash",
    "suppression_of",
]
