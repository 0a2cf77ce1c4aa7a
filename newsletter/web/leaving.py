"""Leaving: the unsubscribe link of a letter, for people and for mailbox providers (RFC 8058).

A POST always gets the same answer, whatever its token is worth: unknown, used, forged or good. There is no
cookie, no redirect, and GET and HEAD change nothing. Nobody is answered before it is written.
"""

from concurrent.futures import Future
from datetime import timedelta

from starlette.responses import PlainTextResponse, Response

from newsletter.audience import ConsentProof, read_preferences, undo_unsubscribe
from newsletter.delivery import WEB_PATHS, Addressee, find_addressee
from newsletter.tokens import Purpose
from newsletter.web import wording
from newsletter.web.info_pages import SUBSCRIBED_AGAIN
from newsletter.web.leavings import Word
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


def one_click(office: Office, visit: Visit) -> "Future[None] | None":
    """End the subscription as a mailbox provider asks (RFC 8058); None where a person does."""
    if visit.first("List-Unsubscribe").strip().lower() != "one-click":
        return None
    return _written(office, visit, from_all=False, is_one_click=True)


def thank_provider(_office: Office, _visit: Visit) -> Response:
    """Say what is the same for every token."""
    return PlainTextResponse("You are unsubscribed.\n")


def leave(office: Office, visit: Visit) -> Response:
    """End the subscription, or all of them where the reader said so; or take that back."""
    act = visit.first("act")
    if act == "again":
        addressee = _addressee(office, visit)
        if addressee is not None and addressee.subscriber_id is not None:
            undo_unsubscribe(
                office.database,
                addressee.subscriber_id,
                addressee.list_name,
                since=visit.now - _REGRET,
                proof=ConsentProof(
                    evidence="taken back",
                    consent_text=wording.of_return(office.pages, _language(office, addressee.subscriber_id)),
                    mail=wording.of_letter(addressee.delivery_id),
                ),
                now=visit.now,
            )
        return office.pages.note(SUBSCRIBED_AGAIN, is_last=True)
    _written(office, visit, from_all=act == "all", is_one_click=False).result(_PATIENCE)
    return office.pages.page("left", can_undo=act != "all")


def _written(office: Office, visit: Visit, *, from_all: bool, is_one_click: bool) -> "Future[None]":
    number = office.keyring.verify(Purpose.UNSUBSCRIBE, visit.token)
    if not number:
        done: Future[None] = Future()
        done.set_result(None)
        return done
    words = "" if is_one_click else _words(office, visit, from_all=from_all)
    return office.leavings.add(Word(delivery_id=number, from_all=from_all, is_one_click=is_one_click, words=words))


def _words(office: Office, visit: Visit, *, from_all: bool) -> str:
    addressee = _addressee(office, visit)
    number = addressee.subscriber_id if addressee else None
    chosen = office.settings.lists.get(addressee.list_name) if addressee else None
    title = chosen.title if chosen else office.settings.publication.title
    return wording.of_leaving(office.pages, _language(office, number), title, from_all=from_all)


def _language(office: Office, subscriber_id: int | None) -> str:
    known = read_preferences(office.database, subscriber_id) if subscriber_id is not None else None
    return known.language if known else ""


def _addressee(office: Office, visit: Visit) -> Addressee | None:
    number = office.keyring.verify(Purpose.UNSUBSCRIBE, visit.token)
    return find_addressee(office.database, number) if number else None
