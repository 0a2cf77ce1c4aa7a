"""Leaving: the unsubscribe link of a letter, for people and for mailbox providers (RFC 8058).

A POST always gets the same answer, whatever its token is worth: unknown, used, forged or good. There is no
cookie, no redirect, and GET and HEAD change nothing. Nobody is answered before it is written.
"""

from datetime import timedelta

from starlette.responses import PlainTextResponse, Response

from newsletter.audience import Leaving, read_preferences, take_back_leaving
from newsletter.delivery import WEB_PATHS, Addressee, find_addressee
from newsletter.tokens import Purpose
from newsletter.web.office import Office
from newsletter.web.pages import masked
from newsletter.web.visit import Visit

_REGRET = timedelta(hours=24)
"""How long the link of a letter, which others may hold too, also takes a leaving back."""
_PATIENCE = 30.0


def show_leaving(office: Office, visit: Visit) -> Response:
    """Ask whether the list shall end, and show what else can be chosen."""
    addressee = _addressee(office, visit)
    if addressee is None or addressee.subscriber_id is None:
        return office.pages.page(
            "leave", title=office.settings.publication.title, address="", several=False, choices=""
        )
    known = read_preferences(office.database, addressee.subscriber_id)
    chosen = office.settings.lists.get(addressee.list_name)
    return office.pages.page(
        "leave",
        language=known.language if known else "",
        title=chosen.title if chosen else office.settings.publication.title,
        address=masked(str(known.address)) if known else "",
        several=len(office.settings.lists) > 1,
        choices=WEB_PATHS[Purpose.PREFERENCES] + office.keyring.sign(Purpose.PREFERENCES, addressee.delivery_id),
    )


def leave(office: Office, visit: Visit) -> Response:
    """End the subscription, or all of them where the reader said so, at once."""
    is_one_click = visit.first("List-Unsubscribe").strip().lower() == "one-click"
    act = "" if is_one_click else visit.first("act")
    addressee = _addressee(office, visit)
    if act == "again":
        if addressee is not None and addressee.subscriber_id is not None:
            take_back_leaving(
                office.database,
                addressee.subscriber_id,
                addressee.list_name,
                since=visit.now - _REGRET,
                now=visit.now,
            )
        return office.pages.note("back", is_last=True)
    if addressee is not None and addressee.subscriber_id is not None:
        leaving = Leaving(
            subscriber_id=addressee.subscriber_id,
            list_name=None if act == "all" else addressee.list_name,
            evidence=f"delivery {addressee.delivery_id}{', one click' if is_one_click else ''}",
        )
        office.leavings.add(leaving).result(_PATIENCE)
    if is_one_click:
        return PlainTextResponse("You are unsubscribed.\n")
    return office.pages.page("left", can_undo=act != "all")


def _addressee(office: Office, visit: Visit) -> Addressee | None:
    number = office.keyring.read(Purpose.UNSUBSCRIBE, visit.token)
    return find_addressee(office.database, number) if number else None
