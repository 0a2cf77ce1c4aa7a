"""What a report changes: one table, read from top to bottom, the first row that fits counts.

Nothing in it lifts a suppression: a letter that arrives after a bounce says no more than that one arrived.
"""

from dataclasses import dataclass
from enum import StrEnum

from newsletter.audience import SuppressionReason
from newsletter.feedback.models import EventKind, EventReason


class Effect(StrEnum):
    """What follows from a report."""

    SUPPRESS = "suppress"
    """The address is not mailed again, on whatever list."""
    COUNT = "count"
    """It is suppressed when this goes on, mailing after mailing."""
    LEAVE = "leave"
    """Its reader leaves the list."""
    OURS = "ours"
    """The fault is not the address's: the author hears of it."""
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: for these reasons, or whatever the reason where none is given."""

    kind: EventKind
    reasons: frozenset[EventReason]
    effect: Effect
    is_trouble: bool
    """Whether it counts against a mailing that is under way."""
    suppression: SuppressionReason | None = None


def _rule(
    kind: EventKind,
    *reasons: EventReason,
    effect: Effect,
    is_trouble: bool = False,
    suppression: SuppressionReason | None = None,
) -> Rule:
    return Rule(kind, frozenset(reasons), effect, is_trouble, suppression)


_GONE, _COMPLAINED = SuppressionReason.BOUNCED, SuppressionReason.COMPLAINED
RULES = (
    _rule(EventKind.BOUNCED, EventReason.NO_MAILBOX, effect=Effect.SUPPRESS, is_trouble=True, suppression=_GONE),
    _rule(
        EventKind.BOUNCED, EventReason.ON_SES_LIST, effect=Effect.SUPPRESS, suppression=_GONE
    ),  # SES counts it for nothing
    _rule(EventKind.BOUNCED, EventReason.UNSUBSCRIBED, effect=Effect.LEAVE),
    _rule(EventKind.BOUNCED, EventReason.FULL, EventReason.UNREACHABLE, EventReason.UNDETERMINED, effect=Effect.COUNT),
    _rule(EventKind.BOUNCED, effect=Effect.OURS, is_trouble=True),
    _rule(EventKind.COMPLAINED, EventReason.NOT_SPAM, effect=Effect.NOTHING),
    _rule(EventKind.COMPLAINED, EventReason.VIRUS, EventReason.NOT_AUTHENTIC, effect=Effect.OURS, is_trouble=True),
    _rule(EventKind.COMPLAINED, EventReason.ON_SES_LIST, effect=Effect.SUPPRESS, suppression=_COMPLAINED),
    _rule(EventKind.COMPLAINED, effect=Effect.SUPPRESS, is_trouble=True, suppression=_COMPLAINED),
    _rule(EventKind.LEFT, EventReason.UNSUBSCRIBED, effect=Effect.LEAVE),
    _rule(EventKind.REJECTED, effect=Effect.OURS, is_trouble=True),
    *(
        _rule(kind, effect=Effect.NOTHING)
        for kind in (
            EventKind.SENT,
            EventKind.DELIVERED,
            EventKind.DEFERRED,
            EventKind.OPENED,
            EventKind.CLICKED,
            EventKind.LEFT,
        )
    ),
)


def decide(kind: EventKind, reason: EventReason) -> Rule:
    """Return the row for a report."""
    return next(rule for rule in RULES if rule.kind is kind and (not rule.reasons or reason in rule.reasons))


def trouble(kind: EventKind) -> tuple[EventReason, ...]:
    """Return the reasons for which reports of this kind count against a mailing."""
    return tuple(reason for reason in EventReason if decide(kind, reason).is_trouble)
