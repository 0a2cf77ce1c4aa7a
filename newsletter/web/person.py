"""A person's whole record, and its erasure: the one spot where the door asks for them."""

from typing import Any

from newsletter.address import Address
from newsletter.audience import erase, find_subscriber_id, read_preferences, show_subscriber
from newsletter.errors import NewsletterError
from newsletter.replies import kept_name, replies_of, withdraw
from newsletter.web.office import Office
from newsletter.web.visit import Visit


def record_of(office: Office, address: Address) -> dict[str, Any]:
    """Return all that is kept about a person, as plain values."""
    found = show_subscriber(office.database, office.keyring, address)
    person = found.subscriber if found else None
    chosen = read_preferences(office.database, person.id) if person else None
    return {
        "address": str(person.address if person else address),
        "first_name": person.first_name if person else "",
        "last_name": person.last_name if person else "",
        "fields": person.fields if person else {},
        "known_since": person and person.created_at.isoformat(timespec="seconds"),
        "paused_until": chosen and chosen.paused_until and chosen.paused_until.isoformat(timespec="seconds"),
        "name_beside_answers": kept_name(office.database, person.id) if person else "",
        "subscriptions": [
            {
                "list": subscription.list_name,
                "state": subscription.state,
                "since": subscription.changed_at.isoformat(timespec="seconds"),
                "history": [
                    {
                        "act": consent.act,
                        "at": consent.at.isoformat(timespec="seconds"),
                        "by": consent.origin,
                        "evidence": consent.evidence,
                    }
                    for consent in consents
                ],
            }
            for subscription, consents in (found.subscriptions if found else ())
        ],
        "answers": [
            {
                "issue": reply.slug,
                "received": reply.received_at.isoformat(timespec="seconds"),
                "state": reply.state,
                "text": reply.text,
            }
            for reply in replies_of(office.database, str(address))
        ],
    }


def erase_person(office: Office, visit: Visit, address: Address) -> None:
    """Delete all that is kept about a person: their answers first, then what names them."""
    for reply in replies_of(office.database, str(address)):
        try:
            withdraw(
                office.database,
                office.settings,
                reply.id,
                by="its writer",
                door="web",
                is_erased=True,
                now=visit.now,
            )
        except NewsletterError:  # there is nothing of it to take back
            continue
    erase(office.database, office.keyring, address, origin="web", now=visit.now)


def number_of(office: Office, address: Address) -> int | None:
    """Return the number of the person with this address."""
    return find_subscriber_id(office.database, address)
