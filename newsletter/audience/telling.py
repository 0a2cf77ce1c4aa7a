"""Telling: the audience's part of a person's whole record, as JSON, for their right to see it."""

from datetime import datetime
from typing import Any

from newsletter.address import Address
from newsletter.audience.address_checks import check_address
from newsletter.audience.export import consent_json
from newsletter.audience.queries import SubscriberRecord


def record_json(address: Address, record: SubscriberRecord) -> dict[str, Any]:
    """Return a whole record as JSON has it."""
    person, suppression = record.subscriber, record.suppression
    return {
        "address": str(person.address if person else address),
        "id": person.id if person else None,
        "first_name": person.first_name if person else "",
        "last_name": person.last_name if person else "",
        "fields": person.fields if person else {},
        "tags": list(person.tags) if person else [],
        "flags": [flag.name.lower() for flag in check_address(str(address))],
        "known_since": _moment(person.created_at if person else None),
        "clicks_agreed_at": _moment(person.clicks_agreed_at if person else None),
        "subscriptions": [
            {
                "list": subscription.list_name,
                "state": subscription.state,
                "changed_at": _moment(subscription.changed_at),
                "consents": [consent_json(consent) for consent in consents],
            }
            for subscription, consents in record.subscriptions
        ],
        "suppression": suppression
        and {
            "reason": suppression.reason,
            "at": _moment(suppression.at),
            "origin": suppression.origin,
        },
    }


def _moment(at: datetime | None) -> str | None:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}" if at else None
