"""Effects of new events, by the table in `rules`: addresses are suppressed, subscriptions end."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, literal_column, select

from newsletter.address import Address
from newsletter.audience import (
    ConsentProof,
    SuppressionReason,
    suppress_address,
    suppress_subscriber,
    unsubscribe_in_transaction,
)
from newsletter.delivery import delivery_ids_of
from newsletter.feedback.apply.match import MatchedEvent
from newsletter.feedback.apply.rules import Effect, rule_for
from newsletter.feedback.models import EventKind, EventReason
from newsletter.feedback.tables import facts
from newsletter.settings import FeedbackSettings
from newsletter.tokens import Keyring

_SOFT_BOUNCE_REASONS = [
    reason.value for reason in EventReason if rule_for(EventKind.BOUNCED, reason).effect is Effect.COUNT_SOFT_BOUNCE
]


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectContext:
    """What effects need beside the event."""

    keyring: Keyring
    settings: FeedbackSettings
    now: datetime


def apply_effects(connection: Connection, context: EffectContext, new: Sequence[MatchedEvent]) -> int:
    """Do what follows from new events; return how many addresses that suppressed."""
    return sum(_apply_effect(connection, context, matched) for matched in new)


def _apply_effect(connection: Connection, context: EffectContext, matched: MatchedEvent) -> bool:
    """Do what follows from one event; return whether that suppressed an address."""
    event, delivery = matched.event, matched.delivery
    rule = rule_for(event.kind, event.reason)
    if rule.effect is Effect.SUPPRESS and rule.suppression is not None:
        code = "" if event.detail.startswith(event.code) else event.code  # a DSN's code is the status in its detail
        diagnostic = " ".join(filter(None, (code, event.detail))) or event.reason.value
        is_new = _suppress(connection, context, matched, rule.suppression, f"{event.reason}: {diagnostic}")
        if event.kind is EventKind.COMPLAINED:
            _end_subscription(connection, matched, context.now)
        return is_new
    if rule.effect is Effect.END_SUBSCRIPTION:
        _end_subscription(connection, matched, context.now)
        return False
    if rule.effect is Effect.COUNT_SOFT_BOUNCE and delivery is not None and delivery.subscriber_id is not None:
        least, days = context.settings.soft_bounces, context.settings.soft_days
        number = count_soft_bounces(connection, delivery.subscriber_id, context.now, days, least)
        if number >= least:
            why = f"{event.reason}, in {number} mailings within {days} days"
            return _suppress(connection, context, matched, SuppressionReason.BOUNCED, why)
    return False


def count_soft_bounces(connection: Connection, subscriber_id: int, now: datetime, days: int, least: int) -> int:
    """Return in how many mailings of the last `days` a subscriber's message soft-bounced since one was delivered.

    Whether one was delivered is looked up only if there are at least `least` soft bounces.
    """
    since = now - timedelta(days=days)
    query = select(func.count(facts.c.mailing_id.distinct())).where(
        facts.c.subscriber_id == subscriber_id,
        literal_column("facts.act") == literal_column("'bounced'"),
        facts.c.reason.in_(_SOFT_BOUNCE_REASONS),
        facts.c.at >= since,
    )
    number = int(connection.scalar(query) or 0)
    if number < least:
        return number
    delivery_ids = delivery_ids_of(connection, subscriber_id, since - timedelta(days=days))
    is_delivered = facts.c.act == EventKind.DELIVERED.value
    delivered_at = connection.scalar(
        select(func.max(facts.c.at)).where(facts.c.delivery_id.in_(delivery_ids), is_delivered)
    )
    return number if delivered_at is None else int(connection.scalar(query.where(facts.c.at > delivered_at)) or 0)


def _suppress(
    connection: Connection, context: EffectContext, matched: MatchedEvent, reason: SuppressionReason, why: str
) -> bool:
    """Suppress the address that the message went to, which SES's events name; else the subscriber's current one."""
    origin, at = f"event {matched.parsed.number}: {why}"[:300], matched.event.at
    with suppress(ValueError):
        if matched.event.address:
            address = Address.parse(matched.event.address)
            return suppress_address(connection, context.keyring, address, reason, origin=origin, now=at)
    if matched.delivery is None or matched.delivery.subscriber_id is None:
        return False
    return suppress_subscriber(connection, matched.delivery.subscriber_id, reason, origin=origin, now=at)


def _end_subscription(connection: Connection, matched: MatchedEvent, now: datetime) -> None:
    delivery = matched.delivery
    if delivery is not None and delivery.subscriber_id is not None:
        unsubscribe_in_transaction(
            connection,
            delivery.subscriber_id,
            delivery.list_name,
            origin=f"event: {matched.event.kind}",
            now=now,
            proof=ConsentProof(evidence=f"event {matched.parsed.number}"),
        )
