"""View online: an email as a web page, without anything that belongs to one reader."""

from starlette.responses import Response

from newsletter.app import readers
from newsletter.web.context import WebContext
from newsletter.web.info_pages import LINK_EXPIRED
from newsletter.web.request import WebRequest

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https: http: data:; form-action 'none'; "
    "frame-ancestors 'none'; base-uri 'none'; sandbox allow-popups allow-top-navigation-by-user-activation"
)
"""An email's styles are inline; the sandbox blocks scripts, forms and everything else."""


def show_email(context: WebContext, request: WebRequest) -> Response:
    """Show the issue that a delivery carried, in its web version."""
    html = readers.links.web_version(context.publication, request.token)
    if html is None:
        return context.templates.message(LINK_EXPIRED, status=404)
    return Response(html, headers={"Content-Security-Policy": _POLICY}, media_type="text/html")
