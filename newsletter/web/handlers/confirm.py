"""Double opt-in confirmation: the link of the email shows a page, and only its button confirms.

Link scanners open every link of an email before its reader does; they must not confirm anything.
"""

from starlette.responses import Response

from newsletter.app import readers
from newsletter.web import consent_text
from newsletter.web.context import WebContext
from newsletter.web.info_pages import CONFIRMED, LINK_EXPIRED
from newsletter.web.rate_limit import anonymised_network
from newsletter.web.request import WebRequest
from newsletter.web.templates import mask_address


def show_confirmation(context: WebContext, request: WebRequest) -> Response:
    """Ask whether the address shall receive the lists; changes nothing."""
    signup = readers.signup.find_pending(context.publication, request.token, request.now)
    if signup is None:
        return _expired(context, request)
    titles = [context.settings.lists[name].title for name in signup.lists if name in context.settings.lists]
    address = mask_address(str(signup.address))
    return context.templates.render("confirm", language=signup.language, lists=titles, address=address)


def confirm(context: WebContext, request: WebRequest) -> Response:
    """Confirm the sign-up of the link; repeating it changes nothing."""
    signup = readers.signup.find_pending(context.publication, request.token, request.now)
    if signup is None:
        return _expired(context, request)
    is_confirmed = readers.signup.confirm(
        context.publication,
        request.token,
        network=anonymised_network(request.client),
        consent_text=consent_text.of_confirmation(context.templates, signup.language),
        now=request.now,
    )
    if not is_confirmed:
        return _expired(context, request)
    return context.templates.message(CONFIRMED, language=signup.language, is_last=True)


def _expired(context: WebContext, request: WebRequest) -> Response:
    return context.templates.message(LINK_EXPIRED, status=404, next=f"{request.home}/subscribe")
