"""Export: a list as CSV for spreadsheets, or as JSON Lines with all that is known; both come back unharmed."""

import csv
import json
from datetime import datetime
from typing import Any, TextIO

from sqlalchemy import exists, select

from newsletter.audience.models import Consent
from newsletter.audience.queries import ListMember, list_members, read_consents
from newsletter.audience.tables import subscribers, suppressions
from newsletter.audience.text_cleaning import guarded
from newsletter.database import Database
from newsletter.tokens import Keyring

_FIXED = ("email", "first_name", "last_name", "subscription_state", "suppressed", "consent", "tags")


def export_csv(database: Database, list_name: str, out: TextIO) -> int:
    """Write a list as a CSV file that `import` reads back, the ended and the suppressed as what they are.

    Cells are guarded against spreadsheets' formulas. Returns how many people were written.
    """
    names = sorted({name for member in list_members(database, list_name) for name in _fields(member)})
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([*_FIXED, *map(guarded, names)])
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
    """Write a list as JSON Lines: all that is known, then suppressions of the forgotten.

    Returns how many people were written.
    """
    count = 0
    consents = read_consents(database, list_name)
    held: tuple[int, Consent] | None = next(consents, None)
    for member in list_members(database, list_name):
        theirs: list[Consent] = []
        while held is not None and held[0] <= member.subscription.subscriber.id:
            if held[0] == member.subscription.subscriber.id:
                theirs.append(held[1])
            held = next(consents, None)
        _write(out, member_json(member, theirs))
        count += 1
    export_suppressions(database, keyring, out, only_forgotten=True)
    return count


def export_suppressions(database: Database, keyring: Keyring, out: TextIO, *, only_forgotten: bool = False) -> int:
    """Write suppressions as JSON Lines of hashes, which only our own keys can read; returns how many.

    The forgotten are those whose address no record tells any more.
    """
    is_known = exists().where(subscribers.c.address_hash == suppressions.c.address_hash)
    found = select(suppressions).order_by(suppressions.c.at, suppressions.c.address_hash)
    if only_forgotten:
        found = found.where(~is_known)
    count = 0
    with database.read() as connection:
        for row in connection.execution_options(yield_per=1000).execute(found):
            _write(
                out,
                {
                    "suppressed_hash": row.address_hash.hex(),
                    "key": keyring.hash_key_name,
                    "reason": row.reason,
                    "at": _moment(row.at),
                    "origin": row.origin,
                },
            )
            count += 1
    return count


def member_json(member: ListMember, consents: list[Consent]) -> dict[str, Any]:
    """Return one line of the export."""
    subscription = member.subscription
    person = subscription.subscriber
    return {
        "email": str(person.address),
        "first_name": person.first_name,
        "last_name": person.last_name,
        "named_at": person.named_at and _moment(person.named_at),
        "state": subscription.state,
        "changed_at": _moment(subscription.changed_at),
        "suppressed": member.suppressed,
        "fields": _fields(member),
        "tags": list(person.tags),
        "consents": [consent_json(consent) for consent in consents],
    }


def consent_json(consent: Consent) -> dict[str, str]:
    """Return a line of consent as JSON has it."""
    return {
        "act": consent.act,
        "at": _moment(consent.at),
        "origin": consent.origin,
        "evidence": consent.evidence,
        "words": consent.consent_text,
        "mail": consent.mail,
    }


def _moment(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _write(out: TextIO, value: dict[str, Any]) -> None:
    out.write(json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n")


def _fields(member: ListMember) -> dict[str, str]:
    """Return the fields that somebody has; one that is empty is as if it were not there."""
    return {name: text for name, text in member.subscription.subscriber.fields.items() if text}
