"""Viewing: a letter as a page, without anything that is one reader's own."""

from starlette.responses import Response

from newsletter.delivery import find_delivery
from newsletter.tokens import Purpose
from newsletter.web.info_pages import LINK_EXPIRED
from newsletter.web.office import Office
from newsletter.web.visit import Visit

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https: http: data:; form-action 'none'; "
    "frame-ancestors 'none'; base-uri 'none'; sandbox allow-popups allow-top-navigation-by-user-activation"
)
"""A letter's styles stand in its elements; scripts, forms and everything else are shut out by the sandbox."""


def show_letter(office: Office, visit: Visit) -> Response:
    """Show the letter that a delivery carried, as anybody may read it."""
    number = office.keyring.verify(Purpose.VIEW, visit.token)
    delivery = find_delivery(office.database, number) if number else None
    if delivery is None:
        return office.pages.note(LINK_EXPIRED, status=404)
    return Response(delivery.edition.web, headers={"Content-Security-Policy": _POLICY}, media_type="text/html")
