"""My data: everything that is stored about a reader, for themselves, and its erasure."""

from datetime import datetime
from typing import Any

from newsletter import audience
from newsletter.address import Address
from newsletter.app.publication import Publication
from newsletter.app.readers import personal_data
from newsletter.replies import find_display_name


def own_record(publication: Publication, address: Address) -> dict[str, Any]:
    """Return everything that is stored about a person, as plain values.

    Nothing reveals this machine, nor other people whose replies came to the person's signed addresses.
    """
    stored = personal_data.collect_personal_data(
        publication.database, publication.keyring, publication.settings, address
    )
    data = personal_data.personal_data_json(address, stored)
    data["raw_mails"] = len(stored.raw_mails)
    del data["replies_from_other_addresses"]
    subscriber_id = stored.subscriber_id
    preferences = audience.read_preferences(publication.database, subscriber_id) if subscriber_id else None
    paused_until = preferences.paused_until if preferences else None
    return {
        **data,
        "paused_until": paused_until and paused_until.isoformat(timespec="seconds"),
        "name_beside_answers": find_display_name(publication.database, subscriber_id) if subscriber_id else "",
    }


def erase_everything(publication: Publication, address: Address, now: datetime) -> None:
    """Erase a person in every package, at their own request."""
    personal_data.erase_person(
        publication.database, publication.keyring, publication.settings, address, origin="web", now=now
    )
