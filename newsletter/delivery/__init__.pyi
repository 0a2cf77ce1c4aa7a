"""Public names of `newsletter.delivery`, each loaded on first use; `__init__.py` says what they are for."""

from .alone import is_sending as is_sending, sole_sender as sole_sender
from .counted import (
    CLICK_PATH as CLICK_PATH,
    CountedLink as CountedLink,
    find_counted_link as find_counted_link,
    find_counted_links as find_counted_links,
)
from .counting import (
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
from .forecast import Forecast as Forecast, make_forecast as make_forecast
from .lookup import (
    Addressee as Addressee,
    find_addressee as find_addressee,
    find_addressees as find_addressees,
    find_delivery as find_delivery,
    find_delivery_by_reference as find_delivery_by_reference,
)
from .mailing import (
    Counts as Counts,
    Delivery as Delivery,
    DeliveryStatus as DeliveryStatus,
    Exclusion as Exclusion,
    Mailing as Mailing,
    MailingKind as MailingKind,
    MailingState as MailingState,
    SentDelivery as SentDelivery,
    Stage as Stage,
)
from .mark import (
    accept_older_copy as accept_older_copy,
    mark_path as mark_path,
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
from .personal import (
    DeliveryLine as DeliveryLine,
    deliveries_to as deliveries_to,
    forget_recipient as forget_recipient,
    notices_to as notices_to,
)
from .planning import (
    Plan as Plan,
    plan_mailing as plan_mailing,
    start_mailing as start_mailing,
    start_test as start_test,
    take_up as take_up,
)
from .posting import Posted as Posted, post_notices as post_notices, submit_unrecorded as submit_unrecorded
from .recovery import Recovered as Recovered
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
from .reported import (
    Proof as Proof,
    Reported as Reported,
    are_submitted_since as are_submitted_since,
    count_submitted as count_submitted,
    deliveries_of as deliveries_of,
    find_reported as find_reported,
    find_reported_by_references as find_reported_by_references,
    is_notice as is_notice,
    is_under_way as is_under_way,
    pause_at_once as pause_at_once,
    settle_notices as settle_notices,
    settle_proven as settle_proven,
)
from .returning import (
    TokenAddress as TokenAddress,
    read_token_address as read_token_address,
    signed_address as signed_address,
)
from .schedule import (
    Schedule as Schedule,
    due_mailings as due_mailings,
    next_time as next_time,
    refuse_late as refuse_late,
)
from .sealing import ask_dns as ask_dns, open_signer as open_signer, unpublished as unpublished
from .sender import send as send
from .series import WELCOME as WELCOME, PlannedSeries as PlannedSeries, plan_series as plan_series
from .settling import Trouble as Trouble, list_troubles as list_troubles, resolve as resolve
from .steering import cancel as cancel, pause as pause, resume as resume
from .tally import Progress as Progress
from .transports import Transport as Transport, open_transport as open_transport
from .transports.outbox import Kept as Kept, kept_messages as kept_messages
from .weblinks import WEB_PATHS as WEB_PATHS, web_home as web_home, web_link as web_link
