"""Web application: the route table, and the ASGI application made of it.

Prefixes of paths with a token come from the package that makes the link. A new path is one line in `ROUTES`;
providers that post raw bodies instead of forms are served by a `Webhook`.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp

from newsletter.delivery.message import CLICK_PATH, WEB_PATHS
from newsletter.replies import WRITER_PAGE_PATH
from newsletter.tokens import Purpose
from newsletter.web.context import WebContext
from newsletter.web.endpoint import AnyHandler, AwaitedHandler, endpoint, not_found
from newsletter.web.handlers import (
    click,
    comment,
    confirm,
    monitoring,
    my_data,
    preferences,
    signup,
    static_files,
    unsubscribe,
    view_online,
)
from newsletter.web.handlers.webhooks import WEBHOOKS
from newsletter.web.middleware import SecurityHeaders

ROUTES: dict[str, dict[str, AnyHandler]] = {
    "/": {"GET": signup.show_form},
    "/subscribe": {"GET": signup.show_form, "POST": signup.sign_up, "OPTIONS": signup.allow_script},
    "/subscribe/challenge": {"GET": signup.give_challenge, "OPTIONS": signup.allow_script},
    WEB_PATHS[Purpose.CONFIRM] + "{token}": {"GET": confirm.show_confirmation, "POST": confirm.confirm},
    WEB_PATHS[Purpose.UNSUBSCRIBE] + "{token}": {
        "GET": unsubscribe.show_unsubscribe,
        "POST": AwaitedHandler(
            start=unsubscribe.start_one_click,
            finish=unsubscribe.confirm_one_click,
            fallback=unsubscribe.unsubscribe,
        ),
    },
    WEB_PATHS[Purpose.PREFERENCES] + "{token}": {
        "GET": preferences.show_preferences,
        "POST": preferences.save_preferences,
    },
    WEB_PATHS[Purpose.VIEW] + "{token}": {"GET": view_online.show_email},
    WEB_PATHS[Purpose.MY_DATA] + "{token}": {"GET": my_data.show_my_page, "POST": my_data.save_my_page},
    WEB_PATHS[Purpose.MY_DATA] + "{token}/data": {"GET": my_data.download_record},
    WEB_PATHS[Purpose.MY_DATA] + "{token}/erase": {"GET": my_data.show_erasure, "POST": my_data.erase_everything},
    WRITER_PAGE_PATH + "{token}": {"GET": comment.show_comment, "POST": comment.change_comment},
    CLICK_PATH + "{token}": {"GET": click.follow_link},
    CLICK_PATH + "{token}/{follower}": {"GET": click.follow_link},
    "/link": {"GET": my_data.show_link_form, "POST": my_data.request_link},
    "/embed.js": {"GET": static_files.show_embed_script},
    "/files/{version}/{token}": {"GET": static_files.show_file},
    **WEBHOOKS,
    "/healthz": {"GET": monitoring.show_health},
    "/metrics": {"GET": monitoring.show_metrics},
    "/robots.txt": {"GET": monitoring.show_robots},
}
"""Each path, and the handler of each method; HEAD is served as GET."""

_METHODS = ["GET", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"]


def make_app(context: WebContext, routes: Mapping[str, dict[str, AnyHandler]] = ROUTES) -> ASGIApp:
    """Return the ASGI application that serves every route."""
    show_missing = not_found(context)
    served = [Route(path, endpoint(context, path, handlers), methods=_METHODS) for path, handlers in routes.items()]
    app = Starlette(routes=served, exception_handlers={404: show_missing, 405: show_missing})
    app.router.redirect_slashes = False  # RFC 8058 section 3.2: a POST is never redirected
    url = context.settings.web.url or ""
    return SecurityHeaders(app, urlsplit(url).path.rstrip("/"), is_secure=url.startswith("https:"))
