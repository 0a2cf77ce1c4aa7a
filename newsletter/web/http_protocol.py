"""HTTP/1.1 protocol of the web server: idle connections are closed, and every response has the security headers."""

import asyncio
from contextlib import suppress
from functools import partial
from typing import ClassVar

import h11
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from newsletter.web.endpoint import RETRY_AFTER_SECONDS
from newsletter.web.middleware import security_headers

REQUEST_HEADER_SECONDS = 10.0
"""Time for the header of the first request to arrive."""
MAX_CONNECTIONS = 512
"""Connections at once; beyond them the server answers 503 with Retry-After."""


def make_protocol(*, is_secure: bool) -> type["GuardedProtocol"]:
    """Return the protocol class of a server that is reached by https, or not."""
    headers = security_headers(is_secure=is_secure)
    members = {"security_headers": headers, "busy_app": staticmethod(_busy_app(headers))}
    return type("GuardedProtocol", (GuardedProtocol,), members)


class GuardedProtocol(H11Protocol):
    """uvicorn's HTTP/1.1 protocol, except that a connection without a request is closed."""

    security_headers: ClassVar[list[tuple[bytes, bytes]]]
    """Carried even by the response to bytes that are no HTTP request."""
    busy_app: ASGIApp
    """Responds where there are too many connections."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.loop.call_later(REQUEST_HEADER_SECONDS, partial(self._close_if_idle, transport))
        if len(self.connections) > MAX_CONNECTIONS:
            self.app = self.busy_app

    def send_400_response(self, msg: str) -> None:
        """Respond to bytes that are no request, or that do not complete one; nobody else answers that one then."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close"), *self.security_headers]
        response = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
        with suppress(h11.LocalProtocolError):  # a response has begun, or HEAD allows no body
            for event in (response, h11.Data(data=msg.encode("ascii")), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _close_if_idle(self, transport: asyncio.Transport) -> None:
        cycle: object = self.cycle
        if cycle is None and not transport.is_closing():
            transport.close()


def _busy_app(headers: list[tuple[bytes, bytes]]) -> ASGIApp:
    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        response = PlainTextResponse("All connections are busy. Please try again in a moment.\n", 503)
        response.raw_headers += [
            (b"retry-after", str(RETRY_AFTER_SECONDS).encode()),
            (b"connection", b"close"),
            *headers,
        ]
        await response(scope, receive, send)

    return respond
