"""The shield around every answer: headers that keep browsers strict, a log without tokens, faults as pages.

What is shown on these pages concerns one person, so nothing is kept by anybody, no page may be framed, and no
address of a page is told to another site.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter.errors import NewsletterError, TemporaryError
from newsletter.web.callers import client_of
from newsletter.web.info_pages import BUSY, NOT_FOUND, SERVER_ERROR, TOO_OFTEN
from newsletter.web.office import Office
from newsletter.web.visit import TooLarge, TooSlow, Visit, read_body, read_fields

log = logging.getLogger("newsletter.web")

Handler = Callable[[Office, Visit], Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class Swift:
    """A handler that may have nothing to do but wait: that costs no thread, so that many can."""

    begin: Callable[[Office, Visit], "Future[None] | None"]
    """Returns what is waited for, or None where this is for `otherwise`."""
    end: Handler
    otherwise: Handler


BUSY_SECONDS = 5
"""After how long somebody is asked to come back while the database is busy."""

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), browsing-topics=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}


def strict_headers(*, is_secure: bool) -> list[tuple[bytes, bytes]]:
    """Return what every answer carries, whoever gives it."""
    secure = {"Strict-Transport-Security": "max-age=31536000"} if is_secure else {}
    return [(name.lower().encode(), text.encode()) for name, text in {**_HEADERS, **secure}.items()]


class Shield:
    """The outermost layer of the application."""

    def __init__(self, app: ASGIApp, home: str, *, is_secure: bool) -> None:
        """`home` is the path of `[web] url`, which a proxy may have left before ours or not."""
        self._app = app
        self._home = home
        self._headers = strict_headers(is_secure=is_secure)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun, status = time.monotonic(), 0
        path = f"/{'/'.join(filter(None, scope['path'].split('/')))}"  # slashes too many are served, not redirected
        if self._home and path.startswith(f"{self._home}/"):
            path = path[len(self._home) :]
        scope = {**scope, "path": path}

        async def shielded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                own = message.setdefault("headers", [])
                told = {name.lower() for name, _ in own}
                own += [(name, text) for name, text in self._headers if name not in told]
            await send(message)

        await self._app(scope, receive, shielded)
        milliseconds = round((time.monotonic() - begun) * 1000)
        log.info("%s %s %s %dms", scope["method"][:10], scope.get("way", "-"), status or "-", milliseconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A handler for machines that send no form: it gets the body as it came, up to `most_bytes`."""

    handler: Handler
    most_bytes: int = 256 * 1024


Served = Handler | Swift | Hook


def endpoint(office: Office, path: str, handlers: dict[str, Served]) -> Callable[[Request], Awaitable[Response]]:
    """Return what serves one path: each method by its handler, HEAD as GET, faults as pages."""

    async def serve(request: Request) -> Response:
        request.scope["way"] = path  # what is logged: never the token
        method = "GET" if request.method == "HEAD" else request.method
        handler = handlers.get(method)
        if handler is None:
            return office.pages.note(NOT_FOUND, status=405, headers={"Allow": ", ".join(handlers)})
        try:
            is_form = method == "POST" and not isinstance(handler, Hook)
            fields = await read_fields(request) if is_form else {}
            body = await read_body(request, handler.most_bytes) if isinstance(handler, Hook) else b""
        except TooLarge:
            return office.pages.note(TOO_OFTEN, status=413, headers={"Connection": "close"})
        except TooSlow:
            return office.pages.note(BUSY, status=408, headers={"Connection": "close"})
        peer = request.client.host if request.client else ""
        visit = Visit(
            method=method,
            is_head=request.method == "HEAD",
            home=office.pages.home,
            token=request.path_params.get("token", ""),
            follower=request.path_params.get("follower", ""),
            version=request.path_params.get("version", ""),
            query=dict(request.query_params),
            fields=fields,
            body=body,
            headers={name: text for name, text in request.headers.items() if name in _READ},
            client=client_of(peer, request.headers.get("x-forwarded-for", ""), office.settings.web.trusted_proxies),
            now=datetime.now(UTC),
        )
        if isinstance(handler, Swift):
            return await _swift(office, handler, visit)
        called = handler.handler if isinstance(handler, Hook) else handler
        return await run_in_threadpool(_answer, office, called, visit)

    return serve


async def _swift(office: Office, handler: Swift, visit: Visit) -> Response:
    begun = handler.begin(office, visit)
    if begun is None:
        return await run_in_threadpool(_answer, office, handler.otherwise, visit)
    try:
        await asyncio.wrap_future(begun)
    except Exception as error:
        failed = error

        def fail(_office: Office, _visit: Visit) -> Response:
            raise failed

        return _answer(office, fail, visit)
    return _answer(office, handler.end, visit)


_READ = frozenset(
    {
        *("accept", "accept-language", "origin", "sec-fetch-site", "user-agent", "sec-fetch-mode"),
        "authorization",
        *("purpose", "sec-purpose", "x-purpose", "x-moz", "dnt", "sec-gpc"),
    }
)


def _answer(office: Office, handler: Handler, visit: Visit) -> Response:
    try:
        return handler(office, visit)
    except (TemporaryError, TimeoutError) as error:
        log.warning("try later: %s", error)
        return busy(office)
    except NewsletterError as error:
        log.error("not done: %s", error)  # noqa: TRY400 - one line, as all errors of ours
        return busy(office)
    except Exception:  # the outermost loop: it is noted, and shown as a fault of ours
        log.exception("fault of ours")
        return office.pages.note(SERVER_ERROR, status=500)


def busy(office: Office) -> Response:
    """Return the page that asks to come back."""
    return office.pages.note(BUSY, status=503, headers={"Retry-After": str(BUSY_SECONDS)})


def missing(office: Office) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Return what shows that there is nothing at an address."""

    async def show(_request: Request, error: Exception) -> Response:
        return office.pages.note(NOT_FOUND, status=error.status_code if isinstance(error, HTTPException) else 404)

    return show
