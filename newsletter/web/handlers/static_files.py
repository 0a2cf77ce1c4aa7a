"""Static files: the style sheet and the scripts of the web pages."""

from starlette.responses import Response

from newsletter.web.context import WebContext
from newsletter.web.info_pages import NOT_FOUND
from newsletter.web.request import WebRequest


def show_file(context: WebContext, request: WebRequest) -> Response:
    """Return a file by its name; cached for a year where the path has its current version."""
    response = context.templates.static_file(request.version, request.token)
    return response if response is not None else context.templates.message(NOT_FOUND, status=404)


def show_embed_script(context: WebContext, _request: WebRequest) -> Response:
    """Return the script that other sites embed."""
    response = context.templates.static_file("", "embed.js")
    assert response is not None
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
