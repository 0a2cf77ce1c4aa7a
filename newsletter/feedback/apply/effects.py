"""What follows from new events, by the table of `decide`: addresses are suppressed, readers leave."""

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
from newsletter.feedback.apply.match import Matched
from newsletter.feedback.apply.rules import Effect, decide
from newsletter.feedback.models import EventKind, EventReason
from newsletter.feedback.tables import facts
from newsletter.settings import FeedbackSettings
from newsletter.tokens import Keyring

_COUNTED = [reason.value for reason in EventReason if decide(EventKind.BOUNCED, reason).effect is Effect.COUNT]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """What consequences are drawn with."""

    keyring: Keyring
    settings: FeedbackSettings
    now: datetime


def act_on(connection: Connection, desk: Desk, fresh: Sequence[Matched]) -> int:
    """Do what follows from new events; return how many addresses that suppressed."""
    return sum(_act(connection, desk, matched) for matched in fresh)


def _act(connection: Connection, desk: Desk, matched: Matched) -> bool:
    event, delivery = matched.event, matched.delivery
    rule = decide(event.kind, event.reason)
    if rule.effect is Effect.SUPPRESS and rule.suppression is not None:
        code = "" if event.detail.startswith(event.code) else event.code  # a report's code is its status, told there
        told = " ".join(filter(None, (code, event.detail))) or event.reason.value
        is_new = _suppress(connection, desk, matched, rule.suppression, f"{event.reason}: {told}")
        if event.kind is EventKind.COMPLAINED:
            _leave(connection, matched, desk.now)
        return is_new
    if rule.effect is Effect.LEAVE:
        _leave(connection, matched, desk.now)
        return False
    if rule.effect is Effect.COUNT and delivery is not None and delivery.subscriber_id is not None:
        least, days = desk.settings.soft_bounces, desk.settings.soft_days
        number = bounces_in_a_row(connection, delivery.subscriber_id, desk.now, days, least)
        if number >= least:
            why = f"{event.reason}, in {number} mailings within {desk.settings.soft_days} days"
            return _suppress(connection, desk, matched, SuppressionReason.BOUNCED, why)
    return False


def bounces_in_a_row(connection: Connection, subscriber_id: int, now: datetime, days: int, least: int) -> int:
    """Return in how many mailings a person's letter came back for a passing reason since one last arrived.

    Whether one arrived is asked only where there are so many that it matters: `least`.
    """
    since = now - timedelta(days=days)
    asked = select(func.count(facts.c.mailing_id.distinct())).where(
        facts.c.subscriber_id == subscriber_id,
        literal_column("facts.act") == literal_column("'bounced'"),
        facts.c.reason.in_(_COUNTED),
        facts.c.at >= since,
    )
    number = int(connection.scalar(asked) or 0)
    if number < least:
        return number
    theirs = delivery_ids_of(connection, subscriber_id, since - timedelta(days=days))
    arrived = connection.scalar(
        select(func.max(facts.c.at)).where(facts.c.delivery_id.in_(theirs), facts.c.act == EventKind.DELIVERED.value)
    )
    return number if arrived is None else int(connection.scalar(asked.where(facts.c.at > arrived)) or 0)


def _suppress(connection: Connection, desk: Desk, matched: Matched, reason: SuppressionReason, why: str) -> bool:
    """Suppress whom the letter went to, which an event of SES names; else its reader as they are now."""
    origin, at = f"event {matched.read.number}: {why}"[:300], matched.event.at
    with suppress(ValueError):
        if matched.event.address:
            address = Address.parse(matched.event.address)
            return suppress_address(connection, desk.keyring, address, reason, origin=origin, now=at)
    if matched.delivery is None or matched.delivery.subscriber_id is None:
        return False
    return suppress_subscriber(connection, matched.delivery.subscriber_id, reason, origin=origin, now=at)


def _leave(connection: Connection, matched: Matched, now: datetime) -> None:
    delivery = matched.delivery
    if delivery is not None and delivery.subscriber_id is not None:
        unsubscribe_in_transaction(
            connection,
            delivery.subscriber_id,
            delivery.list_name,
            origin=f"event: {matched.event.kind}",
            now=now,
            proof=ConsentProof(evidence=f"event {matched.read.number}"),
        )
