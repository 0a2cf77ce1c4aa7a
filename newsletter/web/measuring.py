"""Measuring: the numbers for Prometheus at `/metrics`, for whoever has the token; without one there is no page.

A caller's address is no guard: behind a proxy on this machine everybody comes from here.
"""

import hmac

from starlette.responses import PlainTextResponse, Response

from newsletter.monitoring import find_alarms, render_metrics
from newsletter.stats import gather_statistics
from newsletter.web.info_pages import NOT_FOUND
from newsletter.web.office import Office
from newsletter.web.visit import Visit

_TYPE = "text/plain; version=0.0.4"
_SCHEME = "bearer "


def show_metrics(office: Office, visit: Visit) -> Response:
    """Give the numbers to a bearer of the token."""
    token = office.settings.metrics_token
    if token is None:
        return office.pages.note(NOT_FOUND, status=404)
    told = visit.headers.get("authorization", "")
    given = told[len(_SCHEME) :].strip() if told.lower().startswith(_SCHEME) else ""
    if not hmac.compare_digest(given.encode(), token.get_secret_value().encode()):
        return PlainTextResponse("who are you?\n", 401, {"WWW-Authenticate": "Bearer"})

    def read() -> str:
        found = gather_statistics(office.database, now=visit.now)
        return render_metrics(found, find_alarms(office.database, office.settings, now=visit.now))

    return PlainTextResponse(office.meter.value(read, visit.now), media_type=_TYPE)
