"""Requests to the ASGI application without a socket and without background workers."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter.app import Publication
from newsletter.content import create_publication
from newsletter.database import open_database, upgrade
from newsletter.feedback import ClickCounter
from newsletter.settings import read_settings
from newsletter.tokens import Keyring
from newsletter.web.app import make_app
from newsletter.web.batch_unsubscribe import UnsubscribeBatcher
from newsletter.web.context import WebContext
from newsletter.web.rate_limit import RateLimit, RateLimits
from newsletter.web.templates import PageTemplates


@dataclass(frozen=True)
class Response:
    """The status, headers and text of an HTTP response."""

    status: int
    headers: Mapping[str, str]
    text: str


def make_context(folder: Path, clicks: ClickCounter | None = None, **settings: Any) -> WebContext:
    """Create a sample publication in `folder` and return its web context, without background workers."""
    create_publication(folder)
    results = read_settings(folder, {}).model_copy(update=settings)
    database = open_database(f"sqlite:///{folder / 'n.db'}")
    upgrade(database)
    publication = Publication(results)
    publication.__dict__.update(database=database, keyring=Keyring((b"k" * 32,)))
    return WebContext(
        publication=publication,
        templates=PageTemplates(results, ""),
        limits=RateLimits(all_forms=RateLimit(10, 60)),
        unsubscribes=UnsubscribeBatcher(lambda _: None),
        wake_signup_worker=lambda: None,
        clicks=clicks,
    )


def serve(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Let an application serve one request, in a thread: the main one may hold the event loop of a browser's driver."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, app(scope, receive, send)).result()


def send_request(
    context: WebContext, path: str, method: str = "GET", client: str = "198.51.100.7", **result: str
) -> Response:
    """Call the ASGI application; keyword arguments are headers."""
    app = make_app(context)
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
        "raw_path": path.encode(), "query_string": b"", "root_path": "", "scheme": "http",
        "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in result.items()],
        "client": (client, 1), "server": ("x", 80),
    }  # fmt: skip
    serve(app, scope, receive, send)
    start = next(message for message in sent if message["type"] == "http.response.start")
    body = b"".join(message.get("body", b"") for message in sent)
    return Response(start["status"], {name.decode(): value.decode() for name, value in start["headers"]}, body.decode())
