"""Telling: a person's whole record as JSON, for their right to see it."""

from datetime import datetime
from typing import Any

from newsletter import audience
from newsletter.address import Address
from newsletter.replies import Reply
from newsletter.stats.person import WholeRecord


def record_json(address: Address, whole: WholeRecord) -> dict[str, Any]:
    """Return all that is held of a person, each station's part in its own words."""
    nothing = audience.SubscriberRecord(subscriber=None, subscriptions=(), suppression=None)
    return {
        **audience.record_json(address, whole.person or nothing),
        "deliveries": [
            {
                "id": line.id,
                "issue": line.slug,
                "list": line.list_name,
                "kind": line.kind,
                "status": line.status,
                "reason": line.reason,
                "changed_at": _moment(line.changed_at),
                "reported": [
                    {"kind": fact.kind, "at": _moment(fact.at), "reason": fact.reason, "detail": fact.detail}
                    for fact in whole.facts
                    if fact.delivery_id == line.id
                ],
            }
            for line in whole.deliveries
        ],
        "replies": [_reply_json(reply) for reply in whole.replies],
        "replies_from_other_addresses": [_reply_json(reply) for reply in whole.elsewhere],
        "wants_to_hear_of_answers": whole.wants_to_hear,
        "clicks": [{"issue": click.slug, "url": click.url, "day": click.day.isoformat()} for click in whole.clicks],
        "notices": [
            {
                "id": notice.id,
                "kind": notice.kind,
                "status": notice.status,
                "subject": notice.subject,
                "text": notice.text,
                "created_at": _moment(notice.created_at),
            }
            for notice in whole.notices
        ],
        "raw_mails": [str(path) for path in whole.raw_mails],
    }


def _reply_json(reply: Reply) -> dict[str, Any]:
    return {
        "id": reply.id,
        "issue": reply.slug,
        "from": reply.from_address,
        "author": reply.author,
        "received": _moment(reply.received_at),
        "state": reply.state,
        "verdict": reply.verdict,
        "text": reply.text,
    }


def _moment(at: datetime | None) -> str | None:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else None
