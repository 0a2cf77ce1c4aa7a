"""What follows from which report: one table, read from top to bottom, the first row that fits counts.

No row lifts a suppression: a message that is delivered after a bounce says only that one message was delivered.
"""

from dataclasses import dataclass
from enum import StrEnum

from newsletter.audience import SuppressionReason
from newsletter.feedback.models import EventKind, EventReason


class Effect(StrEnum):
    """What follows from a report."""

    SUPPRESS = "suppress"
    """The address is not mailed again, on any list."""
    COUNT_SOFT_BOUNCE = "count"
    """The address is suppressed if this goes on, mailing after mailing."""
    END_SUBSCRIPTION = "leave"
    """The reader's subscription to the list ends."""
    SENDER_FAULT = "ours"
    """The sender is at fault, not the address: it is reported to the author."""
    NONE = "nothing"


@dataclass(frozen=True, slots=True)
class EffectRule:
    """One row: applies to these reasons, or to every reason where none is given."""

    kind: EventKind
    reasons: frozenset[EventReason]
    effect: Effect
    counts_against_mailing: bool
    """Whether the circuit breaker counts it."""
    suppression: SuppressionReason | None = None


def _rule(
    kind: EventKind,
    *reasons: EventReason,
    effect: Effect,
    counts_against_mailing: bool = False,
    suppression: SuppressionReason | None = None,
) -> EffectRule:
    return EffectRule(kind, frozenset(reasons), effect, counts_against_mailing, suppression)


_BOUNCED, _COMPLAINED = SuppressionReason.BOUNCED, SuppressionReason.COMPLAINED
_SOFT_BOUNCES = (EventReason.FULL, EventReason.UNREACHABLE, EventReason.UNDETERMINED)
RULES = (
    _rule(
        EventKind.BOUNCED,
        EventReason.NO_MAILBOX,
        effect=Effect.SUPPRESS,
        counts_against_mailing=True,
        suppression=_BOUNCED,
    ),
    # SES does not count this one against the sender
    _rule(EventKind.BOUNCED, EventReason.ON_SES_LIST, effect=Effect.SUPPRESS, suppression=_BOUNCED),
    _rule(EventKind.BOUNCED, EventReason.UNSUBSCRIBED, effect=Effect.END_SUBSCRIPTION),
    _rule(EventKind.BOUNCED, *_SOFT_BOUNCES, effect=Effect.COUNT_SOFT_BOUNCE),
    _rule(EventKind.BOUNCED, effect=Effect.SENDER_FAULT, counts_against_mailing=True),
    _rule(EventKind.COMPLAINED, EventReason.NOT_SPAM, effect=Effect.NONE),
    _rule(
        EventKind.COMPLAINED,
        EventReason.VIRUS,
        EventReason.NOT_AUTHENTIC,
        effect=Effect.SENDER_FAULT,
        counts_against_mailing=True,
    ),
    _rule(EventKind.COMPLAINED, EventReason.ON_SES_LIST, effect=Effect.SUPPRESS, suppression=_COMPLAINED),
    _rule(EventKind.COMPLAINED, effect=Effect.SUPPRESS, counts_against_mailing=True, suppression=_COMPLAINED),
    _rule(EventKind.UNSUBSCRIBED, EventReason.UNSUBSCRIBED, effect=Effect.END_SUBSCRIPTION),
    _rule(EventKind.REJECTED, effect=Effect.SENDER_FAULT, counts_against_mailing=True),
    _rule(EventKind.SENT, effect=Effect.NONE),
    _rule(EventKind.DELIVERED, effect=Effect.NONE),
    _rule(EventKind.DEFERRED, effect=Effect.NONE),
    _rule(EventKind.OPENED, effect=Effect.NONE),
    _rule(EventKind.CLICKED, effect=Effect.NONE),
    _rule(EventKind.UNSUBSCRIBED, effect=Effect.NONE),
)


def rule_for(kind: EventKind, reason: EventReason) -> EffectRule:
    """Return the row for a report."""
    return next(rule for rule in RULES if rule.kind is kind and (not rule.reasons or reason in rule.reasons))


def reasons_against_mailing(kind: EventKind) -> tuple[EventReason, ...]:
    """Return the reasons for which the circuit breaker counts reports of this kind."""
    return tuple(reason for reason in EventReason if rule_for(kind, reason).counts_against_mailing)
