"""Public names of `newsletter.delivery`, each loaded on first use; `__init__.py` says what they are for."""

from .queue.lock import is_sending as is_sending, sender_lock as sender_lock
from .counts import (
    IssueStatus as IssueStatus,
    VariantCount as VariantCount,
    issue_status as issue_status,
    mailed_slugs as mailed_slugs,
    mailing_counts as mailing_counts,
)
from .editions import find_mailing as find_mailing, mailing_edition as mailing_edition
from .sender.forecast import Forecast as Forecast, make_forecast as make_forecast
from .evidence import (
    SubmissionEvidence as SubmissionEvidence,
    ReportedDelivery as ReportedDelivery,
    are_submitted_since as are_submitted_since,
    count_submitted as count_submitted,
    delivery_ids_of as delivery_ids_of,
    find_reported_deliveries as find_reported_deliveries,
    find_reported_by_references as find_reported_by_references,
    is_in_progress as is_in_progress,
    pause_if_open as pause_if_open,
    apply_notice_evidence as apply_notice_evidence,
    apply_evidence as apply_evidence,
)
from .lookup import (
    Addressee as Addressee,
    find_addressee as find_addressee,
    find_addressees as find_addressees,
    find_delivery as find_delivery,
    find_delivery_by_reference as find_delivery_by_reference,
)
from .models import (
    Counts as Counts,
    DeliveryStatus as DeliveryStatus,
    Exclusion as Exclusion,
    Mailing as Mailing,
    MailingKind as MailingKind,
    MailingState as MailingState,
    SentDelivery as SentDelivery,
    MailingStage as MailingStage,
)
from .queue.high_water_mark import (
    accept_older_copy as accept_older_copy,
    high_water_mark_path as high_water_mark_path,
    refuse_older_copy as refuse_older_copy,
)
from .message.click_links import (
    CLICK_PATH as CLICK_PATH,
    find_click_link as find_click_link,
    find_click_links as find_click_links,
)
from .message.dkim_keys import (
    lookup_txt as lookup_txt,
    open_dkim_signer as open_dkim_signer,
    unpublished_dkim_keys as unpublished_dkim_keys,
)
from .message.signed_addresses import (
    parse_signed_address as parse_signed_address,
    signed_address as signed_address,
)
from .message.links import WEB_PATHS as WEB_PATHS
from .notices.cancellation import (
    cancel_comment_replies as cancel_comment_replies,
    withdraw_comment_replies as withdraw_comment_replies,
)
from .notices.message import build_notice_message as build_notice_message, notice_sender as notice_sender
from .notices.queue import (
    COMMENT_REPLY as COMMENT_REPLY,
    Notice as Notice,
    find_notice as find_notice,
    find_notice_about as find_notice_about,
    find_notice_by_reference as find_notice_by_reference,
    is_notice as is_notice,
    list_notices as list_notices,
    plan_notice as plan_notice,
    resolve_notice as resolve_notice,
)
from .notices.send import (
    SentNotices as SentNotices,
    send_due_notices as send_due_notices,
    submit_unrecorded_notice as submit_unrecorded_notice,
)
from .notices.signup_mail import plan_signup_mail as plan_signup_mail
from .notices.welcome_series import (
    WELCOME as WELCOME,
    plan_welcome_series as plan_welcome_series,
)
from .erasure import (
    DeliveryRecord as DeliveryRecord,
    deliveries_to as deliveries_to,
    erase_recipient as erase_recipient,
    notices_to as notices_to,
)
from .queue.plan import (
    Plan as Plan,
    plan_mailing as plan_mailing,
    start_mailing as start_mailing,
    start_test_mailing as start_test_mailing,
    extend_mailing as extend_mailing,
)
from .queue.schedule import (
    Schedule as Schedule,
    due_mailings as due_mailings,
    next_send_time as next_send_time,
    refuse_late as refuse_late,
)
from .sender.send import send as send
from .queue.resolve import (
    DeliveryProblem as DeliveryProblem,
    list_delivery_problems as list_delivery_problems,
    resolve as resolve,
)
from .queue.control import cancel as cancel, pause as pause, resume as resume
from .sender.progress import SendProgress as SendProgress
from .transports import open_transport as open_transport
from .transports.base import Transport as Transport
from .transports.outbox import outbox_messages as outbox_messages
from .transports.ses import open_ses as open_ses
