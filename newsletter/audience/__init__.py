"""3. Who is written to, and why we may."""

from newsletter.audience.agreeing import agree_to_clicks, those_agreeing, withdraw_clicks
from newsletter.audience.arriving import Newcomer, exclusion_of, newcomers
from newsletter.audience.asking import Circumstances, answered_candidates
from newsletter.audience.bundle import open_sheets
from newsletter.audience.enquiring import (
    confirm_enquiry,
    enquire,
    expire_enquiries,
    open_enquiry,
)
from newsletter.audience.enquiry import JOIN_LASTS, OWN_LASTS, Call, Enquiry, EnquiryKind, EnquiryState, Weighed
from newsletter.audience.exchange import import_csv, import_sheet, import_sources
from newsletter.audience.exporting import consent_json, export_csv, export_json, export_suppressions
from newsletter.audience.fields import FieldKind
from newsletter.audience.hints import Flag, flags_of, suggest
from newsletter.audience.joining import (
    Leaving,
    add_subscriber,
    end_subscription,
    end_subscription_in,
    end_subscriptions,
    erase,
    find_subscriber_id,
)
from newsletter.audience.keyed import Adopted, adopt_key, refuse_other_key
from newsletter.audience.preferring import (
    Preferences,
    choose_first_name,
    choose_language,
    choose_lists,
    end_pauses,
    join_list,
    pause,
    read_preferences,
    take_back_leaving,
)
from newsletter.audience.refusing import Refusals, import_suppressions
from newsletter.audience.register import (
    ListCount,
    Member,
    PersonRecord,
    count_lists,
    describe_fields,
    is_readable,
    list_members,
    show_subscriber,
)
from newsletter.audience.rejects import Rejects
from newsletter.audience.report import Fate, ImportReport, Outcome
from newsletter.audience.roster import agreeing_candidates, candidates, ensure_lists
from newsletter.audience.segmenting import SegmentCount, check_segment, count_segments
from newsletter.audience.sheet import Sheet, read_sheet
from newsletter.audience.subscriber import (
    Consent,
    Proof,
    Subscriber,
    Subscription,
    SubscriptionState,
    Suppression,
    SuppressionReason,
)
from newsletter.audience.suppressing import (
    ListedSuppression,
    last_lifted,
    lift_suppression,
    list_suppressions,
    suppress,
    suppress_address,
    suppress_subscriber,
    suppression_of,
)
from newsletter.audience.tagging import change_tags
from newsletter.audience.telling import record_json
from newsletter.audience.weighing import MailCaps, weigh_enquiry

__all__ = [
    "JOIN_LASTS",
    "OWN_LASTS",
    "Adopted",
    "Call",
    "Circumstances",
    "Consent",
    "Enquiry",
    "EnquiryKind",
    "EnquiryState",
    "Fate",
    "FieldKind",
    "Flag",
    "ImportReport",
    "Leaving",
    "ListCount",
    "ListedSuppression",
    "MailCaps",
    "Member",
    "Newcomer",
    "Outcome",
    "PersonRecord",
    "Preferences",
    "Proof",
    "Refusals",
    "Rejects",
    "SegmentCount",
    "Sheet",
    "Subscriber",
    "Subscription",
    "SubscriptionState",
    "Suppression",
    "SuppressionReason",
    "Weighed",
    "add_subscriber",
    "adopt_key",
    "agree_to_clicks",
    "agreeing_candidates",
    "answered_candidates",
    "candidates",
    "change_tags",
    "check_segment",
    "choose_first_name",
    "choose_language",
    "choose_lists",
    "confirm_enquiry",
    "consent_json",
    "count_lists",
    "count_segments",
    "describe_fields",
    "end_pauses",
    "end_subscription",
    "end_subscription_in",
    "end_subscriptions",
    "enquire",
    "ensure_lists",
    "erase",
    "exclusion_of",
    "expire_enquiries",
    "export_csv",
    "export_json",
    "export_suppressions",
    "find_subscriber_id",
    "flags_of",
    "import_csv",
    "import_sheet",
    "import_sources",
    "import_suppressions",
    "is_readable",
    "join_list",
    "last_lifted",
    "lift_suppression",
    "list_members",
    "list_suppressions",
    "newcomers",
    "open_enquiry",
    "open_sheets",
    "pause",
    "read_preferences",
    "read_sheet",
    "record_json",
    "refuse_other_key",
    "show_subscriber",
    "suggest",
    "suppress",
    "suppress_address",
    "suppress_subscriber",
    "suppression_of",
    "take_back_leaving",
    "those_agreeing",
    "weigh_enquiry",
    "withdraw_clicks",
]
