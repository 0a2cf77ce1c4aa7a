"""The application: every path of the door and who serves it.

Paths with a token belong to the station that makes the link. Whoever adds a way adds a line to `WAYS`; machines
that send no form, such as a provider of events, are served by a `Hook`.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.routing import Route
from starlette.types import ASGIApp

from newsletter.delivery import CLICK_PATH, WEB_PATHS
from newsletter.replies import WRITER_PAGE_PATH
from newsletter.tokens import Purpose
from newsletter.web import (
    choosing,
    comments,
    confirming,
    counting,
    files,
    health,
    leaving,
    measuring,
    own,
    signup,
    viewing,
)
from newsletter.web.hooks import HOOKS
from newsletter.web.office import Office
from newsletter.web.shield import Served, Shield, Swift, endpoint, missing

WAYS: dict[str, dict[str, Served]] = {
    "/": {"GET": signup.show_form},
    "/subscribe": {"GET": signup.show_form, "POST": signup.sign_up, "OPTIONS": signup.allow_script},
    "/subscribe/task": {"GET": signup.give_task, "OPTIONS": signup.allow_script},
    WEB_PATHS[Purpose.CONFIRM] + "{token}": {"GET": confirming.show_confirmation, "POST": confirming.confirm},
    WEB_PATHS[Purpose.UNSUBSCRIBE] + "{token}": {
        "GET": leaving.show_leaving,
        "POST": Swift(begin=leaving.one_click, end=leaving.thank_provider, otherwise=leaving.leave),
    },
    WEB_PATHS[Purpose.PREFERENCES] + "{token}": {"GET": choosing.show_choices, "POST": choosing.choose},
    WEB_PATHS[Purpose.VIEW] + "{token}": {"GET": viewing.show_letter},
    WEB_PATHS[Purpose.MY_DATA] + "{token}": {"GET": own.show_own_page, "POST": own.change_own_page},
    WEB_PATHS[Purpose.MY_DATA] + "{token}/data": {"GET": own.give_record},
    WEB_PATHS[Purpose.MY_DATA] + "{token}/erase": {"GET": own.show_erasure, "POST": own.erase_all},
    WRITER_PAGE_PATH + "{token}": {"GET": comments.show_comment, "POST": comments.change_comment},
    CLICK_PATH + "{token}": {"GET": counting.follow_link},
    CLICK_PATH + "{token}/{follower}": {"GET": counting.follow_link},
    "/link": {"GET": own.show_request, "POST": own.request_link},
    "/embed.js": {"GET": files.show_script},
    "/files/{version}/{token}": {"GET": files.show_file},
    **HOOKS,
    "/healthz": {"GET": health.show_health},
    "/metrics": {"GET": measuring.show_metrics},
    "/robots.txt": {"GET": health.show_robots},
}
"""Each path, and what serves each method; HEAD is served as GET."""

_METHODS = ["GET", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"]


def make_app(office: Office, ways: Mapping[str, dict[str, Served]] = WAYS) -> ASGIApp:
    """Return the application that serves every way of the door."""
    show = missing(office)
    routes = [Route(path, endpoint(office, path, served), methods=_METHODS) for path, served in ways.items()]
    app = Starlette(routes=routes, exception_handlers={404: show, 405: show})
    app.router.redirect_slashes = False  # RFC 8058 section 3.2: a POST is never redirected
    url = office.settings.web.url or ""
    return Shield(app, urlsplit(url).path.rstrip("/"), is_secure=url.startswith("https:"))
