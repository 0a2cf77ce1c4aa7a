"""3. Who is written to, and why we may."""

from newsletter.audience.exchange import import_csv, import_sheet, import_sources
from newsletter.audience.joining import add_subscriber, end_subscription, erase, find_subscriber_id
from newsletter.audience.report import Fate, ImportReport, Outcome
from newsletter.audience.roster import candidates, ensure_lists
from newsletter.audience.sheet import read_sheet
from newsletter.audience.subscriber import SubscriptionState, Suppression, SuppressionReason
from newsletter.audience.suppressing import ListedSuppression, lift_suppression, list_suppressions, suppress

__all__ = [
    "Fate",
    "ImportReport",
    "ListedSuppression",
    "Outcome",
    "SubscriptionState",
    "Suppression",
    "SuppressionReason",
    "add_subscriber",
    "candidates",
    "end_subscription",
    "ensure_lists",
    "erase",
    "find_subscriber_id",
    "import_csv",
    "import_sheet",
    "import_sources",
    "lift_suppression",
    "list_suppressions",
    "read_sheet",
    "suppress",
]
