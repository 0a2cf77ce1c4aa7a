"""Unsubscribe: the link of an email, for people and, by one click, for mailbox providers (RFC 8058).

A POST gets the same response whatever its token is worth: unknown, used, forged or valid. There is no cookie and no
redirect, and GET and HEAD change nothing. No response is sent before the change is committed.
"""

from concurrent.futures import Future
from datetime import timedelta

from starlette.responses import PlainTextResponse, Response

from newsletter.audience import ConsentProof, read_preferences, undo_unsubscribe
from newsletter.delivery import WEB_PATHS, Addressee, find_addressee
from newsletter.tokens import Purpose
from newsletter.web import consent_text
from newsletter.web.batch_unsubscribe import UnsubscribeRequest
from newsletter.web.context import WebContext
from newsletter.web.info_pages import SUBSCRIBED_AGAIN
from newsletter.web.request import WebRequest
from newsletter.web.templates import mask_address

_UNDO_PERIOD = timedelta(hours=24)
"""How long the link of an email, which others may hold too, can also undo an unsubscribe."""
_COMMIT_SECONDS = 30.0


def show_unsubscribe(context: WebContext, request: WebRequest) -> Response:
    """Ask whether to unsubscribe, and link to the preferences; changes nothing."""
    addressee = _addressee(context, request)
    if addressee is None or addressee.subscriber_id is None:
        return context.templates.render(
            "unsubscribe", title=context.settings.publication.title, address="", several=False, preferences=""
        )
    known = read_preferences(context.database, addressee.subscriber_id)
    chosen = context.settings.lists.get(addressee.list_name)
    return context.templates.render(
        "unsubscribe",
        language=known.language if known else "",
        title=chosen.title if chosen else context.settings.publication.title,
        address=mask_address(str(known.address)) if known else "",
        several=len(context.settings.lists) > 1,
        preferences=WEB_PATHS[Purpose.PREFERENCES] + context.keyring.sign(Purpose.PREFERENCES, addressee.delivery_id),
    )


def start_one_click(context: WebContext, request: WebRequest) -> "Future[None] | None":
    """Unsubscribe at a mailbox provider's request (RFC 8058); None where a person sent the form."""
    if request.first("List-Unsubscribe").strip().lower() != "one-click":
        return None
    return _submit(context, request, from_all=False, is_one_click=True)


def confirm_one_click(_office: WebContext, _visit: WebRequest) -> Response:
    """Respond to a mailbox provider, identically for every token."""
    return PlainTextResponse("You are unsubscribed.\n")


def unsubscribe(context: WebContext, request: WebRequest) -> Response:
    """Unsubscribe from the list, or from all lists if the reader chose that; or undo it."""
    act = request.first("act")
    if act == "again":
        addressee = _addressee(context, request)
        if addressee is not None and addressee.subscriber_id is not None:
            undo_unsubscribe(
                context.database,
                addressee.subscriber_id,
                addressee.list_name,
                since=request.now - _UNDO_PERIOD,
                proof=ConsentProof(
                    evidence="taken back",
                    consent_text=consent_text.of_resubscribe(
                        context.templates, _language(context, addressee.subscriber_id)
                    ),
                    mail=consent_text.of_email(addressee.delivery_id),
                ),
                now=request.now,
            )
        return context.templates.message(SUBSCRIBED_AGAIN, is_last=True)
    _submit(context, request, from_all=act == "all", is_one_click=False).result(_COMMIT_SECONDS)
    return context.templates.render("unsubscribed", can_undo=act != "all")


def _submit(context: WebContext, request: WebRequest, *, from_all: bool, is_one_click: bool) -> "Future[None]":
    number = context.keyring.verify(Purpose.UNSUBSCRIBE, request.token)
    if not number:
        done: Future[None] = Future()
        done.set_result(None)
        return done
    text = "" if is_one_click else _page_text(context, request, from_all=from_all)
    return context.unsubscribes.submit(
        UnsubscribeRequest(delivery_id=number, from_all=from_all, is_one_click=is_one_click, text=text)
    )


def _page_text(context: WebContext, request: WebRequest, *, from_all: bool) -> str:
    addressee = _addressee(context, request)
    number = addressee.subscriber_id if addressee else None
    chosen = context.settings.lists.get(addressee.list_name) if addressee else None
    title = chosen.title if chosen else context.settings.publication.title
    return consent_text.of_unsubscribe(context.templates, _language(context, number), title, from_all=from_all)


def _language(context: WebContext, subscriber_id: int | None) -> str:
    known = read_preferences(context.database, subscriber_id) if subscriber_id is not None else None
    return known.language if known else ""


def _addressee(context: WebContext, request: WebRequest) -> Addressee | None:
    number = context.keyring.verify(Purpose.UNSUBSCRIBE, request.token)
    return find_addressee(context.database, number) if number else None
