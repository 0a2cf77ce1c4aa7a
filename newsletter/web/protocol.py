"""HTTP/1.1 at the door: whoever asks for nothing is let go, and whatever answers carries the strict headers."""

import asyncio
from contextlib import suppress
from functools import partial
from typing import ClassVar

import h11
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from newsletter.web.shield import BUSY_SECONDS, strict_headers

HEAD_SECONDS = 10.0
"""How long the head of a first request may take to arrive."""
MOST_AT_ONCE = 512
"""Connections; whoever comes beyond them is asked to come back."""


def protocol(*, is_secure: bool) -> type["Protocol"]:
    """Return the protocol of a door that is reached by https, or not."""
    strict = strict_headers(is_secure=is_secure)
    return type("Protocol", (Protocol,), {"strict": strict, "full": staticmethod(_full(strict))})


class Protocol(H11Protocol):
    """HTTP/1.1, but nobody may hold a connection without asking for something."""

    strict: ClassVar[list[tuple[bytes, bytes]]]
    """What even the answer to octets that are no request carries."""
    full: ASGIApp
    """Answers where there are too many connections."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.loop.call_later(HEAD_SECONDS, partial(self._end_if_silent, transport))
        if len(self.connections) > MOST_AT_ONCE:
            self.app = self.full

    def send_400_response(self, msg: str) -> None:
        """Say that these octets are no request, or end no request that had begun: then nobody else answers it."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close"), *self.strict]
        answer = h11.Response(status_code=400, headers=headers, reason=b"Bad Request")
        with suppress(h11.LocalProtocolError):  # an answer has begun, or HEAD wants none of it
            for event in (answer, h11.Data(data=msg.encode("ascii")), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    def _end_if_silent(self, transport: asyncio.Transport) -> None:
        asked: object = self.cycle
        if asked is None and not transport.is_closing():
            transport.close()


def _full(strict: list[tuple[bytes, bytes]]) -> ASGIApp:
    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        response = PlainTextResponse("Too many visitors at once. Please come back in a moment.\n", 503)
        response.raw_headers += [(b"retry-after", str(BUSY_SECONDS).encode()), (b"connection", b"close"), *strict]
        await response(scope, receive, send)

    return answer
