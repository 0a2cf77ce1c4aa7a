"""Unsubscribe: the link of an email, for people and, by one click, for mailbox providers (RFC 8058).

A POST gets the same response whatever its token is worth: unknown, used, forged or valid. There is no cookie and no
redirect, and GET and HEAD change nothing. No response is sent before the change is committed.
"""

from concurrent.futures import Future

from starlette.responses import PlainTextResponse, Response

from newsletter.app import readers
from newsletter.delivery.message import WEB_PATHS
from newsletter.tokens import Purpose
from newsletter.web import consent_text
from newsletter.web.context import WebContext
from newsletter.web.info_pages import SUBSCRIBED_AGAIN
from newsletter.web.request import WebRequest
from newsletter.web.templates import mask_address

_COMMIT_SECONDS = 30.0


def show_unsubscribe(context: WebContext, request: WebRequest) -> Response:
    """Ask whether to unsubscribe, and link to the preferences; changes nothing."""
    recipient = readers.unsubscribe.find_recipient(context.publication, request.token)
    if recipient is None or recipient.subscriber_id is None:
        title = context.settings.publication.title
        return context.templates.render("unsubscribe", title=title, address="", several=False, preferences="")
    reader = readers.unsubscribe.recipient_preferences(context.publication, recipient)
    mailing_list = context.settings.lists.get(recipient.list_name)
    return context.templates.render(
        "unsubscribe",
        language=reader.language if reader else "",
        title=mailing_list.title if mailing_list else context.settings.publication.title,
        address=mask_address(str(reader.address)) if reader else "",
        several=len(context.settings.lists) > 1,
        preferences=WEB_PATHS[Purpose.PREFERENCES] + context.keyring.sign(Purpose.PREFERENCES, recipient.delivery_id),
    )


def start_one_click(context: WebContext, request: WebRequest) -> "Future[None] | None":
    """Unsubscribe at a mailbox provider's request (RFC 8058); None where a person sent the form."""
    if request.first("List-Unsubscribe").strip().lower() != "one-click":
        return None
    return _submit(context, request, from_all=False, is_one_click=True)


def confirm_one_click(_context: WebContext, _request: WebRequest) -> Response:
    """Respond to a mailbox provider, identically for every token."""
    return PlainTextResponse("You are unsubscribed.\n")


def unsubscribe(context: WebContext, request: WebRequest) -> Response:
    """Unsubscribe from the list, or from all lists if the reader chose that; or undo it."""
    action = request.first("act")
    if action == "again":
        recipient = readers.unsubscribe.find_recipient(context.publication, request.token)
        if recipient is not None:
            reader = readers.unsubscribe.recipient_preferences(context.publication, recipient)
            text = consent_text.of_resubscribe(context.templates, reader.language if reader else "")
            readers.unsubscribe.undo_unsubscribe(context.publication, recipient, consent_text=text, now=request.now)
        return context.templates.message(SUBSCRIBED_AGAIN, is_last=True)
    _submit(context, request, from_all=action == "all", is_one_click=False).result(_COMMIT_SECONDS)
    return context.templates.render("unsubscribed", can_undo=action != "all")


def _submit(context: WebContext, request: WebRequest, *, from_all: bool, is_one_click: bool) -> "Future[None]":
    number = context.keyring.verify(Purpose.UNSUBSCRIBE, request.token)
    if not number:
        done: Future[None] = Future()
        done.set_result(None)
        return done
    text = "" if is_one_click else _page_text(context, request, from_all=from_all)
    return context.unsubscribes.submit(
        readers.unsubscribe.UnsubscribeRequest(
            delivery_id=number, from_all=from_all, is_one_click=is_one_click, text=text
        )
    )


def _page_text(context: WebContext, request: WebRequest, *, from_all: bool) -> str:
    recipient = readers.unsubscribe.find_recipient(context.publication, request.token)
    reader = readers.unsubscribe.recipient_preferences(context.publication, recipient)
    mailing_list = context.settings.lists.get(recipient.list_name) if recipient else None
    title = mailing_list.title if mailing_list else context.settings.publication.title
    language = reader.language if reader else ""
    return consent_text.of_unsubscribe(context.templates, language, title, from_all=from_all)
