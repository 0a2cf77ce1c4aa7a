"""Endpoints: from an HTTP request to a handler's response.

A request is read whole, within limits of size and time, before its handler is called in a thread pool. Whatever
goes wrong is shown as a page: 405, 408, 413, 500 and, where trying again helps, 503 with Retry-After.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from newsletter.errors import NewsletterError, TemporaryError
from newsletter.web.context import WebContext
from newsletter.web.info_pages import BUSY, NOT_FOUND, SERVER_ERROR, TOO_OFTEN
from newsletter.web.rate_limit import client_address
from newsletter.web.request import TooLarge, TooSlow, WebRequest, read_body, read_fields

log = logging.getLogger("newsletter.web")

RETRY_AFTER_SECONDS = 5
"""Retry-After while the database is busy."""

Handler = Callable[[WebContext, WebRequest], Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class AwaitedHandler:
    """A handler that only waits for a future: waiting occupies no thread, so many requests can."""

    start: Callable[[WebContext, WebRequest], "Future[None] | None"]
    """Returns the future to await, or None where `fallback` shall serve the request."""
    finish: Handler
    fallback: Handler


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A handler for programs that post no form: it gets the raw body, of at most `max_bytes`."""

    handler: Handler
    max_bytes: int = 256 * 1024


AnyHandler = Handler | AwaitedHandler | Webhook

_HEADERS_READ = frozenset(
    {
        *("accept", "accept-language", "origin", "sec-fetch-site", "user-agent", "sec-fetch-mode"),
        "authorization",
        *("purpose", "sec-purpose", "x-purpose", "x-moz", "dnt", "sec-gpc"),
    }
)


def endpoint(
    context: WebContext, path: str, handlers: dict[str, AnyHandler]
) -> Callable[[Request], Awaitable[Response]]:
    """Return the endpoint of one path: each method by its handler, HEAD as GET, errors as pages."""

    async def serve(http_request: Request) -> Response:
        http_request.scope["route"] = path  # what is logged: never the token
        method = "GET" if http_request.method == "HEAD" else http_request.method
        handler = handlers.get(method)
        if handler is None:
            return context.templates.message(NOT_FOUND, status=405, headers={"Allow": ", ".join(handlers)})
        try:
            is_form = method == "POST" and not isinstance(handler, Webhook)
            fields = await read_fields(http_request) if is_form else {}
            body = await read_body(http_request, handler.max_bytes) if isinstance(handler, Webhook) else b""
        except TooLarge:
            return context.templates.message(TOO_OFTEN, status=413, headers={"Connection": "close"})
        except TooSlow:
            return context.templates.message(BUSY, status=408, headers={"Connection": "close"})
        peer = http_request.client.host if http_request.client else ""
        forwarded = http_request.headers.get("x-forwarded-for", "")
        request = WebRequest(
            method=method,
            is_head=http_request.method == "HEAD",
            home=context.templates.home,
            token=http_request.path_params.get("token", ""),
            follower=http_request.path_params.get("follower", ""),
            version=http_request.path_params.get("version", ""),
            query=dict(http_request.query_params),
            fields=fields,
            body=body,
            headers={name: text for name, text in http_request.headers.items() if name in _HEADERS_READ},
            client=client_address(peer, forwarded, context.settings.web.trusted_proxies),
            now=datetime.now(UTC),
        )
        if isinstance(handler, AwaitedHandler):
            return await _await(context, handler, request)
        called = handler.handler if isinstance(handler, Webhook) else handler
        return await run_in_threadpool(_respond, context, called, request)

    return serve


async def _await(context: WebContext, handler: AwaitedHandler, request: WebRequest) -> Response:
    pending = handler.start(context, request)
    if pending is None:
        return await run_in_threadpool(_respond, context, handler.fallback, request)
    try:
        await asyncio.wrap_future(pending)
    except Exception as error:
        failed = error

        def fail(_context: WebContext, _request: WebRequest) -> Response:
            raise failed

        return _respond(context, fail, request)
    return _respond(context, handler.finish, request)


def _respond(context: WebContext, handler: Handler, request: WebRequest) -> Response:
    try:
        return handler(context, request)
    except (TemporaryError, TimeoutError) as error:
        log.warning("request deferred: %s", error)
        return _busy(context)
    except NewsletterError as error:
        log.error("request failed: %s", error)  # noqa: TRY400 - one line, as all errors of ours
        return _busy(context)
    except Exception:  # the outermost loop: it is recorded, and shown as a fault of ours
        log.exception("fault in a request handler")
        return context.templates.message(SERVER_ERROR, status=500)


def _busy(context: WebContext) -> Response:
    return context.templates.message(BUSY, status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


def not_found(context: WebContext) -> Callable[[Request, Exception], Awaitable[Response]]:
    """Return the exception handler that shows the page of 404 and 405."""

    async def show(_request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 404
        return context.templates.message(NOT_FOUND, status=status)

    return show
