"""5. An edition meets an audience: mailings, deliveries, receipts."""

from newsletter.delivery.alone import is_sending, sole_sender
from newsletter.delivery.counted import CLICK_PATH, CountedLink, find_counted_link, find_counted_links
from newsletter.delivery.counting import IssueStatus, VariantCount, issue_status, mailed_slugs, mailing_counts
from newsletter.delivery.courtesy import ANSWERED, recall_answered, silence_answered
from newsletter.delivery.editions import find_mailing, mailing_edition
from newsletter.delivery.enquired import plan_enquired
from newsletter.delivery.forecast import Forecast, make_forecast
from newsletter.delivery.lookup import (
    Addressee,
    find_addressee,
    find_addressees,
    find_delivery,
    find_delivery_by_reference,
)
from newsletter.delivery.mailing import (
    Counts,
    Delivery,
    DeliveryStatus,
    Exclusion,
    Mailing,
    MailingKind,
    MailingState,
    SentDelivery,
    Stage,
)
from newsletter.delivery.mark import accept_older_copy, mark_path, refuse_older_copy
from newsletter.delivery.notice_message import sender_of, write_letter
from newsletter.delivery.notices import (
    Notice,
    find_notice,
    find_notice_about,
    find_notice_by_reference,
    list_notices,
    plan_notice,
    resolve_notice,
)
from newsletter.delivery.personal import DeliveryLine, deliveries_to, forget_recipient, notices_to
from newsletter.delivery.planning import Plan, plan_mailing, start_mailing, start_test, take_up
from newsletter.delivery.posting import Posted, post_notices, submit_unrecorded
from newsletter.delivery.recovery import Recovered
from newsletter.delivery.rehearsal import (
    KINDS,
    UNLIMITED,
    Account,
    Rehearsal,
    Rehearsed,
    copy_ledger,
    open_rehearsal,
    read_mishaps,
    serve_ses,
)
from newsletter.delivery.reported import (
    Proof,
    Reported,
    are_submitted_since,
    count_submitted,
    deliveries_of,
    find_reported,
    find_reported_by_references,
    is_notice,
    is_under_way,
    pause_at_once,
    settle_notices,
    settle_proven,
)
from newsletter.delivery.returning import TokenAddress, read_token_address, signed_address
from newsletter.delivery.schedule import Schedule, due_mailings, next_time, refuse_late
from newsletter.delivery.sealing import ask_dns, open_signer, unpublished
from newsletter.delivery.sender import send
from newsletter.delivery.series import WELCOME, PlannedSeries, plan_series
from newsletter.delivery.settling import Trouble, list_troubles, resolve
from newsletter.delivery.steering import cancel, pause, resume
from newsletter.delivery.tally import Progress
from newsletter.delivery.transports import Transport, open_transport
from newsletter.delivery.transports.outbox import Kept, kept_messages
from newsletter.delivery.weblinks import PATHS as WEB_PATHS
from newsletter.delivery.weblinks import web_home, web_link

__all__ = [
    "ANSWERED",
    "CLICK_PATH",
    "KINDS",
    "UNLIMITED",
    "WEB_PATHS",
    "WELCOME",
    "Account",
    "Addressee",
    "CountedLink",
    "Counts",
    "Delivery",
    "DeliveryLine",
    "DeliveryStatus",
    "Exclusion",
    "Forecast",
    "IssueStatus",
    "Kept",
    "Mailing",
    "MailingKind",
    "MailingState",
    "Notice",
    "Plan",
    "PlannedSeries",
    "Posted",
    "Progress",
    "Proof",
    "Recovered",
    "Rehearsal",
    "Rehearsed",
    "Reported",
    "Schedule",
    "SentDelivery",
    "Stage",
    "TokenAddress",
    "Transport",
    "Trouble",
    "VariantCount",
    "accept_older_copy",
    "are_submitted_since",
    "ask_dns",
    "cancel",
    "copy_ledger",
    "count_submitted",
    "deliveries_of",
    "deliveries_to",
    "due_mailings",
    "find_addressee",
    "find_addressees",
    "find_counted_link",
    "find_counted_links",
    "find_delivery",
    "find_delivery_by_reference",
    "find_mailing",
    "find_notice",
    "find_notice_about",
    "find_notice_by_reference",
    "find_reported",
    "find_reported_by_references",
    "forget_recipient",
    "is_notice",
    "is_sending",
    "is_under_way",
    "issue_status",
    "kept_messages",
    "list_notices",
    "list_troubles",
    "mailed_slugs",
    "mailing_counts",
    "mailing_edition",
    "make_forecast",
    "mark_path",
    "next_time",
    "notices_to",
    "open_rehearsal",
    "open_signer",
    "open_transport",
    "pause",
    "pause_at_once",
    "plan_enquired",
    "plan_mailing",
    "plan_notice",
    "plan_series",
    "post_notices",
    "read_mishaps",
    "read_token_address",
    "recall_answered",
    "refuse_late",
    "refuse_older_copy",
    "resolve",
    "resolve_notice",
    "resume",
    "send",
    "sender_of",
    "serve_ses",
    "settle_notices",
    "settle_proven",
    "signed_address",
    "silence_answered",
    "sole_sender",
    "start_mailing",
    "start_test",
    "submit_unrecorded",
    "take_up",
    "unpublished",
    "web_home",
    "web_link",
    "write_letter",
]
