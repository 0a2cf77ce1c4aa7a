"""My data: a person's own page behind a freshly emailed link: preferences, their complete record, its erasure."""

import json

from starlette.responses import Response

from newsletter.app import readers
from newsletter.audience.signup import SignupRequestKind
from newsletter.web.context import WebContext
from newsletter.web.handlers.preferences import render_preferences, submit_preferences
from newsletter.web.handlers.signup import parse_address, record_request, refuse_form
from newsletter.web.info_pages import CHECK_INBOX, ERASED, GET_LINK, LINK_EXPIRED, PROBLEMS
from newsletter.web.request import WebRequest


def show_link_form(context: WebContext, _request: WebRequest) -> Response:
    """Show the form that requests the link."""
    return context.templates.render("request_link", problem="", problem_text="", email="")


def request_link(context: WebContext, request: WebRequest) -> Response:
    """Record that a link is requested; the response is the same for every address."""
    if (refusal := refuse_form(context, request)) is not None:
        return refusal
    address = parse_address(request)
    if address is None:
        problem = context.templates.translations().gettext(PROBLEMS["wrong_address"])
        email = request.first("email")[:320]
        return context.templates.render(
            "request_link", status=422, problem="wrong_address", problem_text=problem, email=email
        )
    record_request(context, request, SignupRequestKind.MY_DATA, address)
    return context.templates.message(CHECK_INBOX)


def show_my_page(context: WebContext, request: WebRequest) -> Response:
    """Show a person's own page; changes nothing."""
    holder = _holder(context, request)
    return _expired(context, request) if holder is None else render_preferences(context, request, holder)


def save_my_page(context: WebContext, request: WebRequest) -> Response:
    """Save what a person chose on their own page."""
    holder = _holder(context, request)
    return _expired(context, request) if holder is None else submit_preferences(context, request, holder)


def download_record(context: WebContext, request: WebRequest) -> Response:
    """Respond with everything that is stored about a person, as a JSON file."""
    holder = _holder(context, request)
    if holder is None:
        return _expired(context, request)
    record = readers.my_data.own_record(context.publication, holder.preferences.address)
    return Response(
        json.dumps(record, ensure_ascii=False, indent=2),
        headers={"Content-Disposition": 'attachment; filename="your-data.json"'},
        media_type="application/json",
    )


def show_erasure(context: WebContext, request: WebRequest) -> Response:
    """Ask whether everything shall be deleted; changes nothing."""
    holder = _holder(context, request)
    if holder is None:
        return _expired(context, request)
    return context.templates.render("erase", language=holder.preferences.language, token=request.token)


def erase_everything(context: WebContext, request: WebRequest) -> Response:
    """Delete everything that is stored about a person; the link is no longer valid afterwards."""
    holder = _holder(context, request)
    if holder is None:
        return _expired(context, request)
    readers.my_data.erase_everything(context.publication, holder.preferences.address, request.now)
    return context.templates.message(ERASED, language=holder.preferences.language, is_last=True)


def _holder(context: WebContext, request: WebRequest) -> "readers.preferences.LinkHolder | None":
    return readers.preferences.holder_of_own_link(context.publication, request.token, request.now)


def _expired(context: WebContext, request: WebRequest) -> Response:
    return context.templates.message(LINK_EXPIRED, status=404, next=f"{request.home}/link", next_label=GET_LINK)
