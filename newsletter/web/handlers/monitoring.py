"""Monitoring: health check, Prometheus metrics behind a bearer token, robots.txt.

The client's address cannot protect the metrics: behind a proxy on this machine every request comes from here.
"""

import hmac

from starlette.responses import JSONResponse, PlainTextResponse, Response

from newsletter.app import database, statistics
from newsletter.web.context import WebContext
from newsletter.web.info_pages import NOT_FOUND
from newsletter.web.request import WebRequest

_TYPE = "text/plain; version=0.0.4"
_SCHEME = "bearer "


def show_metrics(context: WebContext, request: WebRequest) -> Response:
    """Respond with metrics to a bearer of the token; 404 where no token is set."""
    token = context.settings.metrics_token
    if token is None:
        return context.templates.message(NOT_FOUND, status=404)
    authorization = request.headers.get("authorization", "")
    given = authorization[len(_SCHEME) :].strip() if authorization.lower().startswith(_SCHEME) else ""
    if not hmac.compare_digest(given.encode(), token.get_secret_value().encode()):
        return PlainTextResponse("a bearer token is required\n", 401, {"WWW-Authenticate": "Bearer"})

    def compute() -> str:
        return statistics.current_metrics(context.publication)

    return PlainTextResponse(context.metrics_cache.value(compute, request.now), media_type=_TYPE)


def show_health(context: WebContext, _request: WebRequest) -> Response:
    """Respond "ok" if the database can be read, else 503."""
    database.check_readable(context.publication)
    return JSONResponse({"status": "ok"})


def show_robots(_context: WebContext, _request: WebRequest) -> Response:
    """Exclude all crawlers: every page is for one person."""
    return PlainTextResponse("User-agent: *\nDisallow: /\n")
