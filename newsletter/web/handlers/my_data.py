"""My data: a person's own page behind a freshly emailed link: preferences, their complete record, its erasure."""

import json
from typing import Any

from starlette.responses import Response

from newsletter import app
from newsletter.address import Address
from newsletter.audience import read_preferences
from newsletter.audience.signup import SignupRequestKind
from newsletter.replies import find_display_name
from newsletter.web.context import WebContext
from newsletter.web.handlers.preferences import LinkHolder, apply_preferences, holder_of_own_link, render_preferences
from newsletter.web.handlers.signup import parse_address, record_request, refuse_form
from newsletter.web.info_pages import CHECK_INBOX, ERASED, GET_LINK, LINK_EXPIRED
from newsletter.web.request import WebRequest


def show_link_form(context: WebContext, _visit: WebRequest) -> Response:
    """Show the form that requests the link."""
    return context.templates.render("request_link", problem="", email="")


def request_link(context: WebContext, request: WebRequest) -> Response:
    """Record that a link is requested; the response is the same for every address."""
    if (refusal := refuse_form(context, request)) is not None:
        return refusal
    address = parse_address(request)
    if address is None:
        return context.templates.render(
            "request_link", status=422, problem="wrong_address", email=request.first("email")[:320]
        )
    record_request(context, request, SignupRequestKind.MY_DATA, address)
    return context.templates.message(CHECK_INBOX)


def show_my_page(context: WebContext, request: WebRequest) -> Response:
    """Show a person's own page; changes nothing."""
    holder = holder_of_own_link(context, request)
    return _gone(context, request) if holder is None else render_preferences(context, request, holder)


def save_my_page(context: WebContext, request: WebRequest) -> Response:
    """Save what a person chose on their own page."""
    holder = holder_of_own_link(context, request)
    return _gone(context, request) if holder is None else apply_preferences(context, request, holder)


def download_record(context: WebContext, request: WebRequest) -> Response:
    """Respond with everything that is kept about a person, as a JSON file."""
    holder = holder_of_own_link(context, request)
    if holder is None:
        return _gone(context, request)
    record = _record(context, holder.preferences.address)
    return Response(
        json.dumps(record, ensure_ascii=False, indent=2),
        headers={"Content-Disposition": 'attachment; filename="your-data.json"'},
        media_type="application/json",
    )


def show_erasure(context: WebContext, request: WebRequest) -> Response:
    """Ask whether everything shall be deleted; changes nothing."""
    holder = holder_of_own_link(context, request)
    if holder is None:
        return _gone(context, request)
    return context.templates.render("erase", language=_language(holder), token=request.token)


def erase_everything(context: WebContext, request: WebRequest) -> Response:
    """Delete everything that is kept about a person; the link is no longer valid afterwards."""
    holder = holder_of_own_link(context, request)
    if holder is None:
        return _gone(context, request)
    _erase(context, request, holder.preferences.address)
    return context.templates.message(ERASED, language=_language(holder), is_last=True)


def _language(holder: LinkHolder) -> str:
    return holder.preferences.language


def _gone(context: WebContext, request: WebRequest) -> Response:
    return context.templates.message(LINK_EXPIRED, status=404, next=f"{request.home}/link", next_label=GET_LINK)


def _record(context: WebContext, address: Address) -> dict[str, Any]:
    """Return everything that is kept about a person, as plain values.

    Nothing reveals this machine, nor other people whose replies came to the person's signed addresses.
    """
    whole = app.collect_personal_data(context.database, context.keyring, context.settings, address)
    data = app.personal_data_json(address, whole)
    data["raw_mails"] = len(whole.raw_mails)
    del data["replies_from_other_addresses"]
    subscriber_id = whole.subscriber_id
    preferences = read_preferences(context.database, subscriber_id) if subscriber_id else None
    return {
        **data,
        "paused_until": preferences
        and preferences.paused_until
        and preferences.paused_until.isoformat(timespec="seconds"),
        "name_beside_answers": find_display_name(context.database, subscriber_id) if subscriber_id else "",
    }


def _erase(context: WebContext, request: WebRequest, address: Address) -> None:
    """Delete everything that is kept about a person, in every package."""
    app.erase_person(context.database, context.keyring, context.settings, address, origin="web", now=request.now)
