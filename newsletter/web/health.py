"""Health: whether the door can do its work, for whoever watches it."""

from starlette.responses import JSONResponse, PlainTextResponse, Response

from newsletter.audience import is_database_readable
from newsletter.web.office import Office
from newsletter.web.visit import Visit


def show_health(office: Office, _visit: Visit) -> Response:
    """Say "ok" if the database answers; else the answer is 503."""
    is_database_readable(office.database)
    return JSONResponse({"status": "ok"})


def show_robots(_office: Office, _visit: Visit) -> Response:
    """Ask programs that read the web to stay away: nothing here is for them."""
    return PlainTextResponse("User-agent: *\nDisallow: /\n")
