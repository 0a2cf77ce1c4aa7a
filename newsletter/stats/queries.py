"""Facts: what is recorded about deliveries, counted; the one place that knows whose tables say it."""

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
_MOST_REASONS = 8
_AT_ONCE = 500
_NO_ANSWERS = ("unsubscribed", "order")
"""States of mail that a person wrote, and that asks for something else than to be read."""
_BY_DELIVERY = re.compile(r"delivery (\d{1,18})\b")
"""How a consent names the letter whose link was followed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """What came back about one mailing."""

    counts: dict[str, int]
    """Deliveries, by kind of fact."""
    bounce_reasons: dict[str, int]


def are_reported(connection: Connection) -> bool:
    """Return whether anything was ever reported of a letter."""
    return connection.execute(select(_recorded.c.delivery_id).limit(1)).first() is not None


def returned(connection: Connection, numbers: Iterable[int]) -> dict[int, Returned]:
    """Return what came back about mailings; a fact that nothing has reported is not among the counts.

    A kind counts each delivery once, however often it was reported. That none was delivered is never claimed: of a
    mailing without any delivered letter nothing reports them. That none bounced is claimed once anything was
    reported.
    """
    wanted = list(numbers)
    facts = _facts().subquery()
    is_heard = connection.execute(select(facts.c.kind).limit(1)).first() is not None
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
        said = _spoken(reason or "")
        by_reason[mailing_id][said] = by_reason[mailing_id].get(said, 0) + number
    return {
        mailing: Returned(
            counts=_claimed(by_kind[mailing], is_heard=is_heard),
            bounce_reasons=dict(sorted(by_reason[mailing].items(), key=lambda each: (-each[1], each[0]))),
        )
        for mailing in wanted
    }


def answers(connection: Connection, numbers: Iterable[int]) -> dict[int, tuple[int, int, int]]:
    """Return for each mailing its replies, those that became comments, and the people it made unsubscribe."""
    wanted = list(numbers)
    found: dict[int, list[int]] = {number: [0, 0, 0] for number in wanted}
    counted = (
        select(
            deliveries.c.mailing_id,
            func.sum(case((replies.c.verdict == "human", 1), else_=0)),
            func.sum(case((replies.c.state == "approved", 1), else_=0)),
        )
        .join_from(replies, deliveries, deliveries.c.id == replies.c.delivery_id)
        .where(deliveries.c.mailing_id.in_(wanted))
        .where(replies.c.state.not_in(_NO_ANSWERS))
        .group_by(deliveries.c.mailing_id)
    )
    for mailing_id, written, published in connection.execute(counted):
        found[mailing_id][:2] = [int(written or 0), int(published or 0)]
    gone = _left_by(connection)
    for start in range(0, len(gone), _AT_ONCE):
        of_whom = (
            select(deliveries.c.mailing_id, func.count())
            .where(deliveries.c.id.in_(gone[start : start + _AT_ONCE]), deliveries.c.mailing_id.in_(wanted))
            .group_by(deliveries.c.mailing_id)
        )
        for mailing_id, number in connection.execute(of_whom):
            found[mailing_id][2] += number
    return {number: (each[0], each[1], each[2]) for number, each in found.items()}


def _left_by(connection: Connection) -> list[int]:
    """Return the deliveries whose readers unsubscribed by them: with a mail, or by their link."""
    found = set(
        connection.scalars(
            select(replies.c.delivery_id).where(replies.c.state == "unsubscribed", replies.c.delivery_id.is_not(None))
        )
    )
    written = connection.scalars(
        select(consents.c.evidence).where(consents.c.act == "ended", consents.c.evidence.like("delivery _%"))
    )
    found |= {int(said[1]) for text in written if (said := _BY_DELIVERY.match(text))}
    return sorted(found)


def answer_hours(connection: Connection, slug: str) -> float | None:
    """Return the hours within which half of an issue's answers came; None without answers."""
    rows = connection.execute(
        select(deliveries.c.changed_at, replies.c.received_at)
        .join_from(replies, deliveries, deliveries.c.id == replies.c.delivery_id)
        .where(replies.c.slug == slug, replies.c.verdict == "human", deliveries.c.status == "submitted")
        .where(replies.c.state.not_in(_NO_ANSWERS))
    )
    hours = [max(0.0, _hours(row.changed_at, row.received_at)) for row in rows if row.changed_at is not None]
    return round(median(hours), 1) if hours else None


def failures(connection: Connection, mailing_id: int) -> dict[str, int]:
    """Return why the next hop refused some of a mailing, the commonest first, in its words without addresses."""
    rows = connection.execute(
        select(deliveries.c.reason, func.count())
        .where(deliveries.c.mailing_id == mailing_id, deliveries.c.status == "failed")
        .group_by(deliveries.c.reason)
        .order_by(func.count().desc())
        .limit(200)
    )
    together: dict[str, int] = {}
    for reason, number in rows:
        said = _spoken(reason or "")
        together[said] = together.get(said, 0) + number
    return dict(sorted(together.items(), key=lambda each: -each[1])[:_MOST_REASONS])


def domains(connection: Connection, numbers: Iterable[int]) -> list[DomainNumbers]:
    """Return what became of the letters of some mailings, by the domain of the reader's address.

    Letters to people whose record is erased are among the others.
    """
    wanted = list(numbers)
    domain = func.newsletter_domain(subscribers.c.address_key)
    of_readers = (
        select(domain, deliveries.c.status, func.count())
        .join_from(deliveries, subscribers, subscribers.c.id == deliveries.c.subscriber_id, isouter=True)
        .where(deliveries.c.mailing_id.in_(wanted))
        .where(deliveries.c.status.in_(("submitted", "failed", "uncertain")))
        .group_by(domain, deliveries.c.status)
    )
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for name, status, number in connection.execute(of_readers):
        found[name or OTHERS][status] = number
    of_people = (
        select(domain, func.count(distinct(deliveries.c.subscriber_id)))
        .join_from(deliveries, subscribers, subscribers.c.id == deliveries.c.subscriber_id, isouter=True)
        .where(deliveries.c.mailing_id.in_(wanted))
        .where(deliveries.c.status.in_(("submitted", "failed", "uncertain")))
        .group_by(domain)
    )
    people = {name or OTHERS: number for name, number in connection.execute(of_people)}
    facts = _facts().subquery()
    of_facts = (
        select(domain, facts.c.kind, func.count(distinct(facts.c.delivery_id)))
        .join_from(facts, deliveries, deliveries.c.id == facts.c.delivery_id)
        .join(subscribers, subscribers.c.id == deliveries.c.subscriber_id, isouter=True)
        .where(facts.c.mailing_id.in_(wanted), facts.c.kind.in_(_KINDS))
        .group_by(domain, facts.c.kind)
    )
    heard: dict[str, int] = {}
    for name, kind, number in connection.execute(of_facts):
        found[name or OTHERS][kind] = number
        heard[kind] = 0
    none = _claimed(heard, is_heard=bool(heard))
    return [
        DomainNumbers(
            domain=name,
            readers=people.get(name, 0),
            numbers=Numbers(**{**none, **counts}),  # type: ignore[arg-type]
        )
        for name, counts in found.items()
    ]


def _claimed(counts: dict[str, int], *, is_heard: bool) -> dict[str, int]:
    """Return the counts with the zeros that may be claimed."""
    if "delivered" in counts:
        return {kind: counts.get(kind, 0) for kind in _KINDS}
    return {**({"bounced": 0, "complained": 0} if is_heard else {}), **counts}


def _facts() -> Select[tuple[int, int, str, str, datetime]]:
    """Return the question for all facts: delivery_id, mailing_id, kind, reason, occurred_at."""
    return select(
        _recorded.c.delivery_id,
        _recorded.c.mailing_id,
        _recorded.c.act.label("kind"),
        _recorded.c.reason,
        _recorded.c["at"].label("occurred_at"),
    )


def _spoken(reason: str) -> str:
    """Return a reason as it may be grouped and shown: one line, without addresses and running numbers."""
    said = re.sub(r"\S+@\S+", "an address", " ".join(reason.split()))
    said = re.sub(r"^(status \S+):.*", r"\1", said)
    return re.sub(r"\b[0-9a-f]{8,}\b|\b\d{6,}\b", "...", said)[:120] or "no reason given"


def _hours(earlier: datetime, later: datetime) -> float:
    return (later - earlier).total_seconds() / 3600
