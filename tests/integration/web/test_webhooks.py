"""Webhooks get the raw body within its limit; path prefixes; error pages."""

from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Scope

from newsletter.app import Publication
from newsletter.content import create_publication
from newsletter.database import open_database
from newsletter.errors import DatabaseBusy
from newsletter.settings import read_settings
from newsletter.tokens import Keyring
from newsletter.web.app import make_app
from newsletter.web.batch_unsubscribe import UnsubscribeBatcher
from newsletter.web.context import WebContext
from newsletter.web.endpoint import AnyHandler, Webhook
from newsletter.web.rate_limit import RateLimit, RateLimits
from newsletter.web.request import WebRequest
from newsletter.web.templates import PageTemplates
from tests.integration.web.asgi import serve


@pytest.fixture
def context(tmp_path: Path) -> WebContext:
    """A web context without background workers."""
    create_publication(tmp_path)
    settings = read_settings(tmp_path, {})
    web = settings.web.model_copy(update={"url": "https://example.org/letters"})
    settings = settings.model_copy(update={"web": web})
    publication = Publication(settings)
    database = open_database(f"sqlite:///{tmp_path / 'n.db'}")
    publication.__dict__.update(database=database, keyring=Keyring((b"k" * 32,)))
    return WebContext(
        publication=publication,
        templates=PageTemplates(settings, "/letters"),
        limits=RateLimits(all_forms=RateLimit(10, 60)),
        unsubscribes=UnsubscribeBatcher(lambda _: None),
        wake_signup_worker=lambda: None,
    )


def send_request(
    context: WebContext,
    ways: dict[str, dict[str, AnyHandler]] | None,
    path: str,
    body: bytes = b"",
    method: str = "POST",
) -> tuple[int, bytes]:
    """Call the ASGI application."""
    app = make_app(context, ways) if ways is not None else make_app(context)
    sent: list[Message] = []
    waiting: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
        "raw_path": path.encode(), "query_string": b"", "root_path": "", "scheme": "http",
        "headers": [(b"content-type", b"text/plain")], "client": ("127.0.0.1", 1), "server": ("x", 80),
    }  # fmt: skip
    serve(app, scope, receive, send)
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


def test_a_webhook_gets_the_raw_body(context: WebContext) -> None:
    got: list[bytes] = []

    def take(_office: WebContext, request: WebRequest) -> Response:
        got.append(request.body)
        return PlainTextResponse("ok")

    ways: dict[str, dict[str, AnyHandler]] = {"/hooks/events": {"POST": Webhook(handler=take, max_bytes=1000)}}
    assert send_request(context, ways, "/hooks/events", b'{"a": "\xc3\xa9&b=1"}')[0] == 200
    assert got == [b'{"a": "\xc3\xa9&b=1"}']
    assert send_request(context, ways, "/hooks/events", b"x" * 1001)[0] == 413
    assert len(got) == 1


@pytest.mark.parametrize("path", ["/subscribe", "/letters/subscribe"])
def test_a_path_prefix_may_be_stripped_by_the_proxy_or_not(context: WebContext, path: str) -> None:
    status, page = send_request(context, None, path, method="GET")
    assert status == 200
    assert b'action="/letters/subscribe"' in page


def test_errors_are_pages_and_a_busy_database_is_503(context: WebContext) -> None:
    def fail(_office: WebContext, _visit: WebRequest) -> Response:
        raise ZeroDivisionError

    def wait(_office: WebContext, _visit: WebRequest) -> Response:
        raise DatabaseBusy("busy")

    ways: dict[str, dict[str, AnyHandler]] = {"/fault": {"POST": fail}, "/busy": {"POST": wait}}
    status, page = send_request(context, ways, "/fault")
    assert status == 500
    assert b"ZeroDivisionError" not in page
    assert send_request(context, ways, "/busy")[0] == 503
