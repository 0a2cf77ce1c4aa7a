"""Public names of `newsletter.delivery`, each loaded on first use; `__init__.py` says what they are for."""

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
from .erasure import (
    DeliveryRecord as DeliveryRecord,
    deliveries_to as deliveries_to,
    erase_recipient as erase_recipient,
    notices_to as notices_to,
)
from .sender.send import send as send
from .queue.resolve import (
    DeliveryProblem as DeliveryProblem,
    list_delivery_problems as list_delivery_problems,
    resolve as resolve,
)
from .sender.progress import SendProgress as SendProgress
from .transports import open_transport as open_transport
from .transports.base import Transport as Transport
from .transports.outbox import outbox_messages as outbox_messages
from .transports.ses import open_ses as open_ses
