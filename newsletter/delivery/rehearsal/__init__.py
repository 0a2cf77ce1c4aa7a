"""The rehearsal: a pretend SES on this machine, with the faults of bad days, and a whole send to it.

The server itself is in `server`, which needs boto3's model and so takes a while to import.
"""

from newsletter.delivery.rehearsal.account import UNLIMITED, Account, Refusal, Taken
from newsletter.delivery.rehearsal.mishaps import KINDS, Mishap, read_mishaps
from newsletter.delivery.rehearsal.staging import Rehearsal, Rehearsed, copy_ledger, open_rehearsal, serve_ses

__all__ = [
    "KINDS",
    "UNLIMITED",
    "Account",
    "Mishap",
    "Refusal",
    "Rehearsal",
    "Rehearsed",
    "Taken",
    "copy_ledger",
    "open_rehearsal",
    "read_mishaps",
    "serve_ses",
]
