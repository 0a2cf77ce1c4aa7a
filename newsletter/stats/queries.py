"""Queries behind the statistics: counts from the tables of delivery, feedback, replies and audience.

The tables are named by hand, so that statistics depend on their columns and not on those packages' modules.
"""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import Connection, Select, case, column, distinct, func, select, table
from sqlalchemy import types as kinds

from newsletter.database import UtcDateTime
from newsletter.stats.numbers import OTHERS, DomainNumbers, Numbers

_BIG = kinds.BigInteger
deliveries = table(
    "deliveries",
    *(column(name, _BIG) for name in ("id", "mailing_id", "subscriber_id")),
    *(column(name, kinds.Text) for name in ("status", "reason", "address")),
    column("changed_at", UtcDateTime),
)
mailings = table("mailings", column("id", kinds.Integer), column("kind", kinds.Text), column("slug", kinds.Text))
subscribers = table("subscribers", column("id", _BIG), column("address_key", kinds.Text))
replies = table(
    "replies",
    *(column(name, kinds.Text) for name in ("id", "slug", "verdict", "state", "note")),
    *(column(name, _BIG) for name in ("delivery_id", "subscriber_id")),
    column("received_at", UtcDateTime),
)
_recorded = table(
    "facts",
    *(column(name, _BIG) for name in ("delivery_id", "mailing_id")),
    *(column(name, kinds.Text) for name in ("act", "reason")),
    column("at", UtcDateTime),
)
consents = table("consents", column("act", kinds.Text), column("evidence", kinds.Text))

_KINDS = ("delivered", "deferred", "bounced", "complained", "rejected")
_MAX_REASONS = 8
_IDS_AT_ONCE = 500
_NOT_REPLIES = ("unsubscribed", "order")
"""States of mail from people that is a command, not a reply."""
_BY_DELIVERY = re.compile(r"delivery (\d{1,18})\b")
"""How a proof of consent names the delivery whose unsubscribe link was followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailingFacts:
    """What was reported about one mailing."""

    counts: dict[str, int]
    """Deliveries by kind of fact."""
    bounce_reasons: dict[str, int]


def has_any_fact(connection: Connection) -> bool:
    """Return whether anything was ever reported about any delivery."""
    return connection.execute(select(_recorded.c.delivery_id).limit(1)).first() is not None


def facts_by_mailing(connection: Connection, mailing_ids: Iterable[int]) -> dict[int, MailingFacts]:
    """Return what was reported about mailings; a kind that nothing reports is absent from the counts, not 0.

    Each delivery counts once for each kind. `delivered` is never 0: if no delivery of a mailing was reported as
    delivered, nothing reports deliveries. `bounced` is 0 once anything was reported about any mailing.
    """
    wanted = list(mailing_ids)
    facts = _facts().subquery()
    is_reported = connection.execute(select(facts.c.kind).limit(1)).first() is not None
    by_kind: dict[int, dict[str, int]] = defaultdict(dict)
    by_reason: dict[int, dict[str, int]] = defaultdict(dict)
    counted = (
        select(facts.c.mailing_id, facts.c.kind, func.count(distinct(facts.c.delivery_id)))
        .where(facts.c.mailing_id.in_(wanted))
        .group_by(facts.c.mailing_id, facts.c.kind)
    )
    for mailing_id, kind, number in connection.execute(counted):
        by_kind[mailing_id][kind] = number
    reasons = (
        select(facts.c.mailing_id, facts.c.reason, func.count(distinct(facts.c.delivery_id)))
        .where(facts.c.mailing_id.in_(wanted), facts.c.kind == "bounced")
        .group_by(facts.c.mailing_id, facts.c.reason)
    )
    for mailing_id, reason, number in connection.execute(reasons):
        text = _readable_reason(reason or "")
        by_reason[mailing_id][text] = by_reason[mailing_id].get(text, 0) + number
    return {
        mailing: MailingFacts(
            counts=_with_zeros(by_kind[mailing], is_reported=is_reported),
            bounce_reasons=dict(sorted(by_reason[mailing].items(), key=lambda each: (-each[1], each[0]))),
        )
        for mailing in wanted
    }


def count_reactions(connection: Connection, mailing_ids: Iterable[int]) -> dict[int, tuple[int, int, int]]:
    """Count for each mailing its replies, those that became comments, and the unsubscribes."""
    wanted = list(mailing_ids)
    counts: dict[int, list[int]] = {number: [0, 0, 0] for number in wanted}
    query = (
        select(
            deliveries.c.mailing_id,
            func.sum(case((replies.c.verdict == "human", 1), else_=0)),
            func.sum(case((replies.c.state == "approved", 1), else_=0)),
        )
        .join_from(replies, deliveries, deliveries.c.id == replies.c.delivery_id)
        .where(deliveries.c.mailing_id.in_(wanted))
        .where(replies.c.state.not_in(_NOT_REPLIES))
        .group_by(deliveries.c.mailing_id)
    )
    for mailing_id, written, published in connection.execute(query):
        counts[mailing_id][:2] = [int(written or 0), int(published or 0)]
    unsubscribed = _unsubscribed_deliveries(connection)
    for start in range(0, len(unsubscribed), _IDS_AT_ONCE):
        query_unsubscribed = (
            select(deliveries.c.mailing_id, func.count())
            .where(deliveries.c.id.in_(unsubscribed[start : start + _IDS_AT_ONCE]), deliveries.c.mailing_id.in_(wanted))
            .group_by(deliveries.c.mailing_id)
        )
        for mailing_id, number in connection.execute(query_unsubscribed):
            counts[mailing_id][2] += number
    return {number: (numbers[0], numbers[1], numbers[2]) for number, numbers in counts.items()}


def _unsubscribed_deliveries(connection: Connection) -> list[int]:
    """Return the deliveries from which readers unsubscribed: with a mail, or by their link."""
    delivery_ids = set(
        connection.scalars(
            select(replies.c.delivery_id).where(replies.c.state == "unsubscribed", replies.c.delivery_id.is_not(None))
        )
    )
    evidence = connection.scalars(
        select(consents.c.evidence).where(consents.c.act == "ended", consents.c.evidence.like("delivery _%"))
    )
    delivery_ids |= {int(match[1]) for text in evidence if (match := _BY_DELIVERY.match(text))}
    return sorted(delivery_ids)


def median_reply_hours(connection: Connection, slug: str) -> float | None:
    """Return the median hours from an issue to its replies; None without replies."""
    rows = connection.execute(
        select(deliveries.c.changed_at, replies.c.received_at)
        .join_from(replies, deliveries, deliveries.c.id == replies.c.delivery_id)
        .where(replies.c.slug == slug, replies.c.verdict == "human", deliveries.c.status == "submitted")
        .where(replies.c.state.not_in(_NOT_REPLIES))
    )
    hours = [max(0.0, _hours(row.changed_at, row.received_at)) for row in rows if row.changed_at is not None]
    return round(median(hours), 1) if hours else None


def count_failures(connection: Connection, mailing_id: int) -> dict[str, int]:
    """Count why the mail server refused messages of a mailing, the most common first; reasons without addresses."""
    rows = connection.execute(
        select(deliveries.c.reason, func.count())
        .where(deliveries.c.mailing_id == mailing_id, deliveries.c.status == "failed")
        .group_by(deliveries.c.reason)
        .order_by(func.count().desc())
        .limit(200)
    )
    by_text: dict[str, int] = {}
    for reason, number in rows:
        text = _readable_reason(reason or "")
        by_text[text] = by_text.get(text, 0) + number
    return dict(sorted(by_text.items(), key=lambda each: -each[1])[:_MAX_REASONS])


def count_domains(connection: Connection, mailing_ids: Iterable[int]) -> list[DomainNumbers]:
    """Return what became of the deliveries of some mailings, by the domain of the subscriber's address.

    Deliveries to erased people count under OTHERS.
    """
    wanted = list(mailing_ids)
    domain = func.newsletter_domain(subscribers.c.address_key)
    by_status = (
        select(domain, deliveries.c.status, func.count())
        .join_from(deliveries, subscribers, subscribers.c.id == deliveries.c.subscriber_id, isouter=True)
        .where(deliveries.c.mailing_id.in_(wanted))
        .where(deliveries.c.status.in_(("submitted", "failed", "uncertain")))
        .group_by(domain, deliveries.c.status)
    )
    counts: dict[str, dict[str, int]] = defaultdict(dict)
    for name, status, number in connection.execute(by_status):
        counts[name or OTHERS][status] = number
    by_reader = (
        select(domain, func.count(distinct(deliveries.c.subscriber_id)))
        .join_from(deliveries, subscribers, subscribers.c.id == deliveries.c.subscriber_id, isouter=True)
        .where(deliveries.c.mailing_id.in_(wanted))
        .where(deliveries.c.status.in_(("submitted", "failed", "uncertain")))
        .group_by(domain)
    )
    readers = {name or OTHERS: number for name, number in connection.execute(by_reader)}
    facts = _facts().subquery()
    by_kind = (
        select(domain, facts.c.kind, func.count(distinct(facts.c.delivery_id)))
        .join_from(facts, deliveries, deliveries.c.id == facts.c.delivery_id)
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id, isouter=True)
        .where(facts.c.mailing_id.in_(wanted), facts.c.kind.in_(_KINDS))
        .group_by(domain, facts.c.kind)
    )
    reported: dict[str, int] = {}
    for name, kind, number in connection.execute(by_kind):
        counts[name or OTHERS][kind] = number
        reported[kind] = 0
    zeros = _with_zeros(reported, is_reported=bool(reported))
    return [
        DomainNumbers(
            domain=name,
            readers=readers.get(name, 0),
            numbers=Numbers(**{**zeros, **by_domain}),  # type: ignore[arg-type]
        )
        for name, by_domain in counts.items()
    ]


def _with_zeros(counts: dict[str, int], *, is_reported: bool) -> dict[str, int]:
    """Return the counts with 0 for the kinds that something reports, so that their absence means none."""
    if "delivered" in counts:
        return {kind: counts.get(kind, 0) for kind in _KINDS}
    return {**({"bounced": 0, "complained": 0} if is_reported else {}), **counts}


def _facts() -> Select[tuple[int, int, str, str, datetime]]:
    """Return the query for all facts: delivery_id, mailing_id, kind, reason, occurred_at."""
    return select(
        _recorded.c.delivery_id,
        _recorded.c.mailing_id,
        _recorded.c.act.label("kind"),
        _recorded.c.reason,
        _recorded.c["at"].label("occurred_at"),
    )


def _readable_reason(reason: str) -> str:
    """Return a reason as it is grouped and shown: one line, without addresses and identifiers."""
    text = re.sub(r"\S+@\S+", "an address", " ".join(reason.split()))
    text = re.sub(r"^(status \S+):.*", r"\1", text)
    return re.sub(r"\b[0-9a-f]{8,}\b|\b\d{6,}\b", "...", text)[:120] or "no reason given"


def _hours(earlier: datetime, later: datetime) -> float:
    return (later - earlier).total_seconds() / 3600
