"""The rehearsal: a pretend SES on this machine, with the faults that a real one has on bad days."""

from newsletter.delivery.rehearsal.account import UNLIMITED, Account, Refusal, Taken
from newsletter.delivery.rehearsal.mishaps import KINDS, Mishap, read_mishaps
from newsletter.delivery.rehearsal.server import PretendSes, pretend_ses, publish_events

__all__ = [
    "KINDS",
    "UNLIMITED",
    "Account",
    "Mishap",
    "PretendSes",
    "Refusal",
    "Taken",
    "pretend_ses",
    "publish_events",
    "read_mishaps",
]
