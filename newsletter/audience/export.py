"""Export: a list as CSV for spreadsheets or as JSON Lines, and one person's record as JSON.

Both formats can be imported again without loss. Only JSON Lines holds every consent record.
"""

import csv
import json
from datetime import datetime
from typing import Any, TextIO

from sqlalchemy import exists, select

from newsletter.address import Address
from newsletter.audience.address_checks import check_address
from newsletter.audience.models import Consent
from newsletter.audience.queries import ListMember, SubscriberRecord, list_members, read_consents
from newsletter.audience.tables import subscribers, suppressions
from newsletter.audience.text_cleanup import guarded
from newsletter.database import Database
from newsletter.tokens import Keyring
from newsletter.utc import format_utc

_FIXED_COLUMNS = ("email", "first_name", "last_name", "subscription_state", "suppressed", "consent", "tags")


def export_csv(database: Database, list_name: str, out: TextIO) -> int:
    """Write a list as a CSV file that an import reads back, with unsubscribed and suppressed people marked as such.

    Cells are guarded against spreadsheet formulas. Returns how many people were written.
    """
    names = sorted({name for member in list_members(database, list_name) for name in _fields(member)})
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*_FIXED_COLUMNS, *map(guarded, names)])
    count = 0
    for member in list_members(database, list_name):
        person = member.subscription.subscriber
        cells = (
            str(person.address),
            person.first_name,
            person.last_name,
            member.subscription.state,
            member.suppressed or "",
            member.consent,
            ", ".join(person.tags),
            *(person.fields.get(name, "") for name in names),
        )
        writer.writerow([guarded(cell) for cell in cells])
        count += 1
    return count


def export_json(database: Database, keyring: Keyring, list_name: str, out: TextIO) -> int:
    """Write a list as JSON Lines: everything that is known, then the suppressions of people who are no subscribers.

    Returns how many people were written.
    """
    count = 0
    consents = read_consents(database, list_name)
    pending: tuple[int, Consent] | None = next(consents, None)
    for member in list_members(database, list_name):
        theirs: list[Consent] = []
        while pending is not None and pending[0] <= member.subscription.subscriber.id:
            if pending[0] == member.subscription.subscriber.id:
                theirs.append(pending[1])
            pending = next(consents, None)
        _write(out, member_json(member, theirs))
        count += 1
    export_suppressions(database, keyring, out, without_subscriber=True)
    return count


def export_suppressions(database: Database, keyring: Keyring, out: TextIO, *, without_subscriber: bool = False) -> int:
    """Write suppressions as JSON Lines of hashes, which only our own keys can match; returns how many.

    With `without_subscriber` only those whose address no subscriber has any more.
    """
    is_known = exists().where(subscribers.c.address_hash == suppressions.c.address_hash)
    query = select(suppressions).order_by(suppressions.c.at, suppressions.c.address_hash)
    if without_subscriber:
        query = query.where(~is_known)
    count = 0
    with database.read() as connection:
        for row in connection.execution_options(yield_per=1000).execute(query):
            _write(
                out,
                {
                    "suppressed_hash": row.address_hash.hex(),
                    "key": keyring.hash_key_name,
                    "reason": row.reason,
                    "at": _exact_utc(row.at),
                    "origin": row.origin,
                },
            )
            count += 1
    return count


def member_json(member: ListMember, consents: list[Consent]) -> dict[str, Any]:
    """Return one line of the JSON export."""
    subscription = member.subscription
    person = subscription.subscriber
    return {
        "email": str(person.address),
        "first_name": person.first_name,
        "last_name": person.last_name,
        "named_at": person.named_at and _exact_utc(person.named_at),
        "state": subscription.state,
        "changed_at": _exact_utc(subscription.changed_at),
        "suppressed": member.suppressed,
        "fields": _fields(member),
        "tags": list(person.tags),
        "consents": [consent_json(consent) for consent in consents],
    }


def consent_json(consent: Consent) -> dict[str, str]:
    """Return a consent record as JSON has it."""
    return {
        "act": consent.act,
        "at": _exact_utc(consent.at),
        "origin": consent.origin,
        "evidence": consent.evidence,
        "words": consent.consent_text,
        "mail": consent.mail,
    }


def record_json(address: Address, record: SubscriberRecord) -> dict[str, Any]:
    """Return everything that is known of a person, as they are entitled to see it (GDPR article 15)."""
    person, suppression = record.subscriber, record.suppression
    return {
        "address": str(person.address if person else address),
        "id": person.id if person else None,
        "first_name": person.first_name if person else "",
        "last_name": person.last_name if person else "",
        "fields": person.fields if person else {},
        "tags": list(person.tags) if person else [],
        "flags": [flag.name.lower() for flag in check_address(str(address))],
        "known_since": format_utc(person.created_at) if person else None,
        "clicks_agreed_at": format_utc(person.clicks_agreed_at) if person and person.clicks_agreed_at else None,
        "subscriptions": [
            {
                "list": subscription.list_name,
                "state": subscription.state,
                "changed_at": format_utc(subscription.changed_at),
                "consents": [consent_json(consent) for consent in consents],
            }
            for subscription, consents in record.subscriptions
        ],
        "suppression": suppression
        and {
            "reason": suppression.reason,
            "at": format_utc(suppression.at),
            "origin": suppression.origin,
        },
    }


def _write(out: TextIO, value: dict[str, Any]) -> None:
    out.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")


def _fields(member: ListMember) -> dict[str, str]:
    """Return the fields of a member that are not empty."""
    return {name: text for name, text in member.subscription.subscriber.fields.items() if text}


def _exact_utc(at: datetime) -> str:
    return format_utc(at, "auto")
