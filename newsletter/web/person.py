"""A person's whole record, and its erasure: the one spot where the door asks for them."""

from typing import Any

from newsletter import app
from newsletter.address import Address
from newsletter.audience import find_subscriber_id, read_preferences
from newsletter.replies import find_display_name
from newsletter.web.office import Office
from newsletter.web.visit import Visit


def record_of(office: Office, address: Address) -> dict[str, Any]:
    """Return all that is kept about a person, as plain values.

    Nothing tells of this machine, nor of others, whose answers came to the person's signed addresses.
    """
    whole = app.collect_personal_data(office.database, office.keyring, office.settings, address)
    told = app.personal_data_json(address, whole)
    told["raw_mails"] = len(whole.raw_mails)
    del told["replies_from_other_addresses"]
    number = whole.subscriber_id
    chosen = read_preferences(office.database, number) if number else None
    return {
        **told,
        "paused_until": chosen and chosen.paused_until and chosen.paused_until.isoformat(timespec="seconds"),
        "name_beside_answers": find_display_name(office.database, number) if number else "",
    }


def erase_person(office: Office, visit: Visit, address: Address) -> None:
    """Delete all that is kept about a person, in every station."""
    app.erase_person(office.database, office.keyring, office.settings, address, origin="web", now=visit.now)


def number_of(office: Office, address: Address) -> int | None:
    """Return the number of the person with this address."""
    return find_subscriber_id(office.database, address)
