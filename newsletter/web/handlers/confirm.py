"""Double opt-in confirmation: the link of the email shows a page, and only its button confirms.

Link scanners open every link of an email before its reader does; they must not confirm anything.
"""

from starlette.responses import Response

from newsletter.audience import ConsentProof
from newsletter.audience.signup import SignupMailKind, SignupRequestKind, confirm_signup, find_signup_request
from newsletter.delivery import find_notice_about
from newsletter.tokens import Purpose
from newsletter.web import consent_text
from newsletter.web.context import WebContext
from newsletter.web.info_pages import CONFIRMED, LINK_EXPIRED
from newsletter.web.rate_limit import anonymised_network
from newsletter.web.request import WebRequest
from newsletter.web.templates import mask_address


def show_confirmation(context: WebContext, request: WebRequest) -> Response:
    """Ask whether the address shall receive the lists; changes nothing."""
    number = context.keyring.verify(Purpose.CONFIRM, request.token)
    enquiry = number and find_signup_request(context.database, SignupRequestKind.SIGNUP, number, request.now)
    if not enquiry:
        return _gone(context, request)
    titles = [context.settings.lists[name].title for name in enquiry.lists if name in context.settings.lists]
    address = mask_address(str(enquiry.address))
    return context.templates.render("confirm", language=enquiry.language, lists=titles, address=address)


def confirm(context: WebContext, request: WebRequest) -> Response:
    """Confirm the sign-up request of the link; repeating it changes nothing."""
    number = context.keyring.verify(Purpose.CONFIRM, request.token)
    enquiry = number and find_signup_request(context.database, SignupRequestKind.SIGNUP, number, request.now)
    if not number or not enquiry:
        return _gone(context, request)
    proof = ConsentProof(
        evidence=f"enquiry {number}, pressed from {anonymised_network(request.client)}",
        consent_text=consent_text.of_confirmation(context.templates, enquiry.language),
        mail=consent_text.of_mail(
            find_notice_about(context.database, [SignupMailKind.CONFIRMATION.value], str(number))
        ),
    )
    if not confirm_signup(context.database, context.keyring, number, proof=proof, now=request.now):
        return _gone(context, request)
    return context.templates.message(CONFIRMED, language=enquiry.language, is_last=True)


def _gone(context: WebContext, request: WebRequest) -> Response:
    return context.templates.message(LINK_EXPIRED, status=404, next=f"{request.home}/subscribe")
