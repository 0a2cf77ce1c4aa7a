"""3. Who is written to, and why we may."""

from newsletter.audience.asking import Circumstances, answered_candidates
from newsletter.audience.enquiring import (
    MailCaps,
    confirm_enquiry,
    enquire,
    expire_enquiries,
    open_enquiry,
    weigh_enquiry,
)
from newsletter.audience.enquiry import JOIN_LASTS, OWN_LASTS, Call, Enquiry, EnquiryKind, EnquiryState, Weighed
from newsletter.audience.exchange import import_csv, import_sheet, import_sources
from newsletter.audience.joining import (
    Leaving,
    add_subscriber,
    end_subscription,
    end_subscriptions,
    erase,
    find_subscriber_id,
)
from newsletter.audience.preferring import (
    Preferences,
    choose_language,
    choose_lists,
    end_pauses,
    join_list,
    pause,
    read_preferences,
    take_back_leaving,
)
from newsletter.audience.register import (
    ListCount,
    Member,
    PersonRecord,
    count_lists,
    export_csv,
    is_readable,
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
    lift_suppression,
    list_suppressions,
    suppress,
    suppression_of,
)

__all__ = [
    "JOIN_LASTS",
    "OWN_LASTS",
    "Call",
    "Circumstances",
    "Consent",
    "Enquiry",
    "EnquiryKind",
    "EnquiryState",
    "Fate",
    "ImportReport",
    "Leaving",
    "ListCount",
    "ListedSuppression",
    "MailCaps",
    "Member",
    "Outcome",
    "PersonRecord",
    "Preferences",
    "SegmentCount",
    "Subscriber",
    "Subscription",
    "SubscriptionState",
    "Suppression",
    "SuppressionReason",
    "Weighed",
    "add_subscriber",
    "answered_candidates",
    "candidates",
    "check_segment",
    "choose_language",
    "choose_lists",
    "confirm_enquiry",
    "count_lists",
    "count_segments",
    "end_pauses",
    "end_subscription",
    "end_subscriptions",
    "enquire",
    "ensure_lists",
    "erase",
    "expire_enquiries",
    "export_csv",
    "find_subscriber_id",
    "import_csv",
    "import_sheet",
    "import_sources",
    "is_readable",
    "join_list",
    "lift_suppression",
    "list_members",
    "list_suppressions",
    "open_enquiry",
    "pause",
    "read_preferences",
    "read_sheet",
    "show_subscriber",
    "suppress",
    "suppression_of",
    "take_back_leaving",
    "weigh_enquiry",
]
