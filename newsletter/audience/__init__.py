"""3. Who is written to, and why we may."""

from newsletter.audience.arriving import Newcomer, exclusion_of, newcomers
from newsletter.audience.asking import Circumstances, answered_candidates
from newsletter.audience.bundle import open_sheets
from newsletter.audience.exchange import import_csv, import_sheet, import_sources
from newsletter.audience.exporting import consent_json, export_csv, export_json, export_suppressions
from newsletter.audience.fields import FieldKind
from newsletter.audience.hints import Flag, flags_of, suggest
from newsletter.audience.joining import add_subscriber, end_subscription, erase, find_subscriber_id
from newsletter.audience.refusing import Refusals, import_suppressions
from newsletter.audience.register import (
    ListCount,
    Member,
    PersonRecord,
    count_lists,
    describe_fields,
    list_members,
    show_subscriber,
)
from newsletter.audience.rejects import Rejects
from newsletter.audience.report import Fate, ImportReport, Outcome
from newsletter.audience.roster import candidates, ensure_lists
from newsletter.audience.segmenting import SegmentCount, check_segment, count_segments
from newsletter.audience.sheet import Sheet, read_sheet
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
    lift_suppression,
    list_suppressions,
    suppress,
    suppression_of,
)
from newsletter.audience.tagging import change_tags, count_tags
from newsletter.audience.telling import record_json

__all__ = [
    "Circumstances",
    "Consent",
    "Fate",
    "FieldKind",
    "Flag",
    "ImportReport",
    "ListCount",
    "ListedSuppression",
    "Member",
    "Newcomer",
    "Outcome",
    "PersonRecord",
    "Refusals",
    "Rejects",
    "SegmentCount",
    "Sheet",
    "Subscriber",
    "Subscription",
    "SubscriptionState",
    "Suppression",
    "SuppressionReason",
    "add_subscriber",
    "answered_candidates",
    "candidates",
    "change_tags",
    "check_segment",
    "consent_json",
    "count_lists",
    "count_segments",
    "count_tags",
    "describe_fields",
    "end_subscription",
    "ensure_lists",
    "erase",
    "exclusion_of",
    "export_csv",
    "export_json",
    "export_suppressions",
    "find_subscriber_id",
    "flags_of",
    "import_csv",
    "import_sheet",
    "import_sources",
    "import_suppressions",
    "lift_suppression",
    "list_members",
    "list_suppressions",
    "newcomers",
    "open_sheets",
    "read_sheet",
    "record_json",
    "show_subscriber",
    "suggest",
    "suppress",
    "suppression_of",
]
