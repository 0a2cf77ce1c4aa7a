"""Hooks: what a machine sends reaches its handler as it came, within its limit; and a path before ours."""

import asyncio
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Scope

from newsletter.content import create_publication
from newsletter.database import open_database
from newsletter.errors import DatabaseBusy
from newsletter.settings import read_settings
from newsletter.tokens import Keyring
from newsletter.web.app import make_app
from newsletter.web.leavings import Leavings
from newsletter.web.limits import Limit
from newsletter.web.office import Limits, Office
from newsletter.web.pages import Pages
from newsletter.web.shield import Hook, Served
from newsletter.web.visit import Visit


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """An office nobody works in."""
    create_publication(tmp_path)
    settings = read_settings(tmp_path, {})
    web = settings.web.model_copy(update={"url": "https://example.org/letters"})
    settings = settings.model_copy(update={"web": web})
    return Office(
        settings=settings,
        database=open_database(f"sqlite:///{tmp_path / 'n.db'}"),
        keyring=Keyring((b"k" * 32,)),
        pages=Pages(settings, "/letters"),
        limits=Limits(all_forms=Limit(10, 60)),
        leavings=Leavings(lambda _: None),
        wake=lambda: None,
    )


def ask(
    office: Office, ways: dict[str, dict[str, Served]] | None, path: str, body: bytes = b"", method: str = "POST"
) -> tuple[int, bytes]:
    """Ask the application itself."""
    app = make_app(office, ways) if ways is not None else make_app(office)
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
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], b"".join(message.get("body", b"") for message in sent)


def test_a_hook_gets_the_body_as_it_came(office: Office) -> None:
    got: list[bytes] = []

    def take(_office: Office, visit: Visit) -> Response:
        got.append(visit.body)
        return PlainTextResponse("ok")

    ways: dict[str, dict[str, Served]] = {"/hooks/events": {"POST": Hook(handler=take, most_bytes=1000)}}
    assert ask(office, ways, "/hooks/events", b'{"a": "\xc3\xa9&b=1"}')[0] == 200
    assert got == [b'{"a": "\xc3\xa9&b=1"}']
    assert ask(office, ways, "/hooks/events", b"x" * 1001)[0] == 413
    assert len(got) == 1


@pytest.mark.parametrize("path", ["/subscribe", "/letters/subscribe"])
def test_a_path_before_ours_may_be_left_by_the_proxy_or_not(office: Office, path: str) -> None:
    status, page = ask(office, None, path, method="GET")
    assert status == 200
    assert b'action="/letters/subscribe"' in page


def test_faults_are_pages_and_a_busy_database_is_try_later(office: Office) -> None:
    def fail(_office: Office, _visit: Visit) -> Response:
        raise ZeroDivisionError

    def wait(_office: Office, _visit: Visit) -> Response:
        raise DatabaseBusy("busy")

    ways: dict[str, dict[str, Served]] = {"/fault": {"POST": fail}, "/busy": {"POST": wait}}
    status, page = ask(office, ways, "/fault")
    assert status == 500
    assert b"ZeroDivisionError" not in page
    assert ask(office, ways, "/busy")[0] == 503
