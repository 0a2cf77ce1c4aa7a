"""Public names of `newsletter.audience`, each loaded on first use; `__init__.py` says what they are for."""

from .agreeing import (
    agree_to_clicks as agree_to_clicks,
    those_agreeing as those_agreeing,
    withdraw_clicks as withdraw_clicks,
)
from .arriving import Newcomer as Newcomer, exclusion_of as exclusion_of, newcomers as newcomers
from .asking import Circumstances as Circumstances, answered_candidates as answered_candidates
from .bundle import open_sheets as open_sheets
from .enquiring import (
    confirm_enquiry as confirm_enquiry,
    enquire as enquire,
    expire_enquiries as expire_enquiries,
    open_enquiry as open_enquiry,
)
from .enquiry import (
    JOIN_LASTS as JOIN_LASTS,
    OWN_LASTS as OWN_LASTS,
    Call as Call,
    Enquiry as Enquiry,
    EnquiryKind as EnquiryKind,
    EnquiryState as EnquiryState,
    Weighed as Weighed,
)
from .exchange import import_csv as import_csv, import_sheet as import_sheet, import_sources as import_sources
from .exporting import (
    consent_json as consent_json,
    export_csv as export_csv,
    export_json as export_json,
    export_suppressions as export_suppressions,
)
from .fields import FieldKind as FieldKind
from .hints import Flag as Flag, flags_of as flags_of, suggest as suggest
from .joining import (
    Leaving as Leaving,
    add_subscriber as add_subscriber,
    end_subscription as end_subscription,
    end_subscription_in as end_subscription_in,
    end_subscriptions as end_subscriptions,
    erase as erase,
    find_subscriber_id as find_subscriber_id,
)
from .keyed import Adopted as Adopted, adopt_key as adopt_key, refuse_other_key as refuse_other_key
from .preferring import (
    Preferences as Preferences,
    choose_first_name as choose_first_name,
    choose_language as choose_language,
    choose_lists as choose_lists,
    end_pauses as end_pauses,
    join_list as join_list,
    pause as pause,
    read_preferences as read_preferences,
    take_back_leaving as take_back_leaving,
)
from .refusing import Refusals as Refusals, import_suppressions as import_suppressions
from .register import (
    ListCount as ListCount,
    Member as Member,
    PersonRecord as PersonRecord,
    count_lists as count_lists,
    describe_fields as describe_fields,
    is_readable as is_readable,
    list_members as list_members,
    show_subscriber as show_subscriber,
)
from .rejects import Rejects as Rejects
from .report import Fate as Fate, ImportReport as ImportReport, Outcome as Outcome
from .roster import (
    agreeing_candidates as agreeing_candidates,
    candidates as candidates,
    ensure_lists as ensure_lists,
)
from .segmenting import (
    SegmentCount as SegmentCount,
    check_segment as check_segment,
    count_segments as count_segments,
)
from .sheet import Sheet as Sheet, read_sheet as read_sheet
from .subscriber import (
    Consent as Consent,
    Proof as Proof,
    Subscriber as Subscriber,
    Subscription as Subscription,
    SubscriptionState as SubscriptionState,
    Suppression as Suppression,
    SuppressionReason as SuppressionReason,
)
from .suppressing import (
    ListedSuppression as ListedSuppression,
    last_lifted as last_lifted,
    lift_suppression as lift_suppression,
    list_suppressions as list_suppressions,
    suppress as suppress,
    suppress_address as suppress_address,
    suppress_subscriber as suppress_subscriber,
    suppression_of as suppression_of,
)
from .tagging import change_tags as change_tags
from .telling import record_json as record_json
from .weighing import MailCaps as MailCaps, weigh_enquiry as weigh_enquiry
