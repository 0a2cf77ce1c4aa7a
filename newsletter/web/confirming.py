"""Confirming: the link of the mail shows a page, and only the button on it confirms.

Programs that look at every link of a mail before its reader does must not confirm anything.
"""

from starlette.responses import Response

from newsletter.audience import ConsentProof, SignupMailKind, SignupRequestKind, confirm_signup, find_signup_request
from newsletter.delivery import find_notice_about
from newsletter.tokens import Purpose
from newsletter.web import wording
from newsletter.web.callers import blurred_network
from newsletter.web.info_pages import CONFIRMED, LINK_EXPIRED
from newsletter.web.office import Office
from newsletter.web.pages import masked
from newsletter.web.visit import Visit


def show_confirmation(office: Office, visit: Visit) -> Response:
    """Ask whether the lists shall be sent to the address; changes nothing."""
    number = office.keyring.verify(Purpose.CONFIRM, visit.token)
    enquiry = number and find_signup_request(office.database, SignupRequestKind.SIGNUP, number, visit.now)
    if not enquiry:
        return _gone(office, visit)
    titles = [office.settings.lists[name].title for name in enquiry.lists if name in office.settings.lists]
    address = masked(str(enquiry.address))
    return office.pages.page("confirm", language=enquiry.language, lists=titles, address=address)


def confirm(office: Office, visit: Visit) -> Response:
    """Confirm what the link is for; a second time changes nothing."""
    number = office.keyring.verify(Purpose.CONFIRM, visit.token)
    enquiry = number and find_signup_request(office.database, SignupRequestKind.SIGNUP, number, visit.now)
    if not number or not enquiry:
        return _gone(office, visit)
    proof = ConsentProof(
        evidence=f"enquiry {number}, pressed from {blurred_network(visit.client)}",
        consent_text=wording.of_confirming(office.pages, enquiry.language),
        mail=wording.of_mail(find_notice_about(office.database, [SignupMailKind.CONFIRMATION.value], str(number))),
    )
    if not confirm_signup(office.database, office.keyring, number, proof=proof, now=visit.now):
        return _gone(office, visit)
    return office.pages.note(CONFIRMED, language=enquiry.language, is_last=True)


def _gone(office: Office, visit: Visit) -> Response:
    return office.pages.note(LINK_EXPIRED, status=404, next=f"{visit.home}/subscribe")
