"""Public names of `newsletter.delivery`, each loaded on first use; `__init__.py` says what they are for."""

from .queue.lock import is_sending as is_sending, sender_lock as sender_lock
from .counted import (
    CLICK_PATH as CLICK_PATH,
    CountedLink as CountedLink,
    find_counted_link as find_counted_link,
    find_counted_links as find_counted_links,
)
from .counts import (
    IssueStatus as IssueStatus,
    VariantCount as VariantCount,
    issue_status as issue_status,
    mailed_slugs as mailed_slugs,
    mailing_counts as mailing_counts,
)
from .courtesy import (
    ANSWERED as ANSWERED,
    recall_answered as recall_answered,
    silence_answered as silence_answered,
)
from .editions import find_mailing as find_mailing, mailing_edition as mailing_edition
from .enquired import plan_enquired as plan_enquired
from .sender.forecast import Forecast as Forecast, make_forecast as make_forecast
from .lookup import (
    Addressee as Addressee,
    find_addressee as find_addressee,
    find_addressees as find_addressees,
    find_delivery as find_delivery,
    find_delivery_by_reference as find_delivery_by_reference,
)
from .models import (
    Counts as Counts,
    Delivery as Delivery,
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
from .notice_message import sender_of as sender_of, write_letter as write_letter
from .notices import (
    Notice as Notice,
    find_notice as find_notice,
    find_notice_about as find_notice_about,
    find_notice_by_reference as find_notice_by_reference,
    list_notices as list_notices,
    plan_notice as plan_notice,
    resolve_notice as resolve_notice,
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
from .posting import Posted as Posted, post_notices as post_notices, submit_unrecorded as submit_unrecorded
from .queue.recovery import RecoveryResult as RecoveryResult
from .rehearsal import (
    KINDS as KINDS,
    UNLIMITED as UNLIMITED,
    Account as Account,
    Rehearsal as Rehearsal,
    Rehearsed as Rehearsed,
    copy_ledger as copy_ledger,
    open_rehearsal as open_rehearsal,
    read_mishaps as read_mishaps,
    serve_ses as serve_ses,
)
from .evidence import (
    SubmissionEvidence as SubmissionEvidence,
    ReportedDelivery as ReportedDelivery,
    are_submitted_since as are_submitted_since,
    count_submitted as count_submitted,
    delivery_ids_of as delivery_ids_of,
    find_reported_deliveries as find_reported_deliveries,
    find_reported_by_references as find_reported_by_references,
    is_notice as is_notice,
    is_in_progress as is_in_progress,
    pause_if_open as pause_if_open,
    apply_notice_evidence as apply_notice_evidence,
    apply_evidence as apply_evidence,
)
from .returning import (
    TokenAddress as TokenAddress,
    read_token_address as read_token_address,
    signed_address as signed_address,
)
from .queue.schedule import (
    Schedule as Schedule,
    due_mailings as due_mailings,
    next_send_time as next_send_time,
    refuse_late as refuse_late,
)
from .sealing import ask_dns as ask_dns, open_signer as open_signer, unpublished as unpublished
from .sender.send import send as send
from .series import WELCOME as WELCOME, PlannedSeries as PlannedSeries, plan_series as plan_series
from .queue.resolve import (
    DeliveryProblem as DeliveryProblem,
    list_delivery_problems as list_delivery_problems,
    resolve as resolve,
)
from .queue.control import cancel as cancel, pause as pause, resume as resume
from .sender.progress import SendProgress as SendProgress
from .transports import Transport as Transport, open_transport as open_transport
from .transports.outbox import OutboxMessage as OutboxMessage, outbox_messages as outbox_messages
from .weblinks import WEB_PATHS as WEB_PATHS, web_home as web_home, web_link as web_link
