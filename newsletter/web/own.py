"""One's own page, behind a link that was just mailed: choices, the whole record, and its erasure."""

import json

from starlette.responses import Response

from newsletter.audience import SignupRequestKind
from newsletter.web.choosing import Chooser, by_own_page, choices, chosen_so
from newsletter.web.info_pages import CHECK_INBOX, ERASED, GET_LINK, LINK_EXPIRED, PROBLEMS
from newsletter.web.office import Office
from newsletter.web.person import erase_person, record_of
from newsletter.web.signup import address_in, note_enquiry, refused
from newsletter.web.visit import Visit


def show_request(office: Office, _visit: Visit) -> Response:
    """Show the form that asks for the link."""
    return office.pages.page("link", problem="", problem_text="", email="")


def request_link(office: Office, visit: Visit) -> Response:
    """Note that a link is wanted; the answer is the same for every address."""
    if (refusal := refused(office, visit)) is not None:
        return refusal
    address = address_in(visit)
    if address is None:
        problem = office.pages.translations().gettext(PROBLEMS["wrong_address"])
        email = visit.first("email")[:320]
        return office.pages.page("link", status=422, problem="wrong_address", problem_text=problem, email=email)
    note_enquiry(office, visit, SignupRequestKind.MY_DATA, address)
    return office.pages.note(CHECK_INBOX)


def show_own_page(office: Office, visit: Visit) -> Response:
    """Show a person's own page; changes nothing."""
    chooser = by_own_page(office, visit)
    return _gone(office, visit) if chooser is None else choices(office, visit, chooser)


def change_own_page(office: Office, visit: Visit) -> Response:
    """Do what a person has chosen on their own page."""
    chooser = by_own_page(office, visit)
    return _gone(office, visit) if chooser is None else chosen_so(office, visit, chooser)


def give_record(office: Office, visit: Visit) -> Response:
    """Give a person all that is kept about them, as a file."""
    chooser = by_own_page(office, visit)
    if chooser is None:
        return _gone(office, visit)
    record = record_of(office, chooser.chosen.address)
    return Response(
        json.dumps(record, ensure_ascii=False, indent=2),
        headers={"Content-Disposition": 'attachment; filename="your-data.json"'},
        media_type="application/json",
    )


def show_erasure(office: Office, visit: Visit) -> Response:
    """Ask whether all of it shall be deleted; changes nothing."""
    chooser = by_own_page(office, visit)
    if chooser is None:
        return _gone(office, visit)
    return office.pages.page("erase", language=_language(chooser), token=visit.token)


def erase_all(office: Office, visit: Visit) -> Response:
    """Delete all that is kept about a person; the link is worth nothing afterwards."""
    chooser = by_own_page(office, visit)
    if chooser is None:
        return _gone(office, visit)
    erase_person(office, visit, chooser.chosen.address)
    return office.pages.note(ERASED, language=_language(chooser), is_last=True)


def _language(chooser: Chooser) -> str:
    return chooser.chosen.language


def _gone(office: Office, visit: Visit) -> Response:
    return office.pages.note(LINK_EXPIRED, status=404, next=f"{visit.home}/link", next_label=GET_LINK)
