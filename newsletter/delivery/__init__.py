"""5. An edition meets an audience: mailings, deliveries, receipts."""

from newsletter.delivery.counting import IssueStatus, VariantCount, issue_status, mailed_slugs, mailing_counts
from newsletter.delivery.editions import find_mailing, mailing_edition
from newsletter.delivery.evidence import read_events, settle_by_events, settle_from_queue
from newsletter.delivery.forecast import Forecast, make_forecast
from newsletter.delivery.lookup import find_delivery, find_delivery_by_reference
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
    find_notice_by_reference,
    list_notices,
    plan_notice,
    resolve_notice,
)
from newsletter.delivery.planning import Plan, plan_mailing, start_mailing, start_test, take_up
from newsletter.delivery.posting import Posted, post_notices
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
from newsletter.delivery.returning import TokenAddress, read_token_address, reply_address, signed_address
from newsletter.delivery.schedule import Schedule, due_mailings, next_time, refuse_late
from newsletter.delivery.sealing import ask_dns, open_signer, unpublished
from newsletter.delivery.sender import send
from newsletter.delivery.settling import Trouble, list_troubles, resolve
from newsletter.delivery.steering import cancel, pause, resume
from newsletter.delivery.tally import Progress
from newsletter.delivery.transports import Transport, open_transport
from newsletter.delivery.transports.outbox import Kept, kept_messages

__all__ = [
    "KINDS",
    "UNLIMITED",
    "Account",
    "Counts",
    "Delivery",
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
    "Posted",
    "Progress",
    "Recovered",
    "Rehearsal",
    "Rehearsed",
    "Schedule",
    "SentDelivery",
    "Stage",
    "TokenAddress",
    "Transport",
    "Trouble",
    "VariantCount",
    "accept_older_copy",
    "ask_dns",
    "cancel",
    "copy_ledger",
    "due_mailings",
    "find_delivery",
    "find_delivery_by_reference",
    "find_mailing",
    "find_notice",
    "find_notice_by_reference",
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
    "open_rehearsal",
    "open_signer",
    "open_transport",
    "pause",
    "plan_mailing",
    "plan_notice",
    "post_notices",
    "read_events",
    "read_mishaps",
    "read_token_address",
    "refuse_late",
    "refuse_older_copy",
    "reply_address",
    "resolve",
    "resolve_notice",
    "resume",
    "send",
    "sender_of",
    "serve_ses",
    "settle_by_events",
    "settle_from_queue",
    "signed_address",
    "start_mailing",
    "start_test",
    "take_up",
    "unpublished",
    "write_letter",
]
