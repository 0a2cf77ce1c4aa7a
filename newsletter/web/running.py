"""Running the door: one process that serves until it is told to end, and then ends what it has begun."""

import asyncio
import errno
import logging
import socket
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import ClassVar
from urllib.parse import urlsplit

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from newsletter.audience import Leaving, end_subscriptions, ensure_lists
from newsletter.database import Database
from newsletter.delivery import find_addressees
from newsletter.errors import EditSettings
from newsletter.feedback import ClickCounter
from newsletter.finding import suggest
from newsletter.settings import Settings
from newsletter.tokens import Keyring
from newsletter.web import wording
from newsletter.web.app import make_app
from newsletter.web.clerk import Clerk
from newsletter.web.counting import Bookkeeper
from newsletter.web.leavings import Leavings, Word
from newsletter.web.limits import Limit
from newsletter.web.office import Limits, Office
from newsletter.web.pages import Pages
from newsletter.web.shield import strict_headers

HEAD_SECONDS = 10.0
"""How long the head of a first request may take to arrive."""
_IDLE_SECONDS = 5
_LAST_SECONDS = 20
"""How long requests that have begun may take once the door is closing."""
_MOST_AT_ONCE = 512


@dataclass(frozen=True, slots=True)
class Open:
    """A door that stands open."""

    url: str
    """Where it listens."""


@contextmanager
def _at_work(database: Database, keyring: Keyring, settings: Settings) -> Iterator[Office]:
    """Give an office whose clerk and writer work while the block runs."""

    def write(words: Sequence[Word]) -> None:
        known = find_addressees(database, [word.delivery_id for word in words])
        leavings = [
            Leaving(
                subscriber_id=addressee.subscriber_id,
                list_name=None if word.from_all else addressee.list_name,
                evidence=f"delivery {word.delivery_id}{', one click' if word.is_one_click else ''}",
                words=word.words,
                mail=wording.of_letter(word.delivery_id),
            )
            for word in words
            if (addressee := known.get(word.delivery_id)) is not None and addressee.subscriber_id is not None
        ]
        end_subscriptions(database, leavings, origin="web", now=datetime.now(UTC))

    clerk, writer = Clerk(), Leavings(write)
    clicks = ClickCounter() if settings.tracking.clicks == "aggregate" else None
    bookkeeper = Bookkeeper(database, clicks) if clicks is not None else None
    office = Office(
        settings=settings,
        database=database,
        keyring=keyring,
        pages=Pages(settings, urlsplit(settings.web.url or "").path.rstrip("/")),
        limits=Limits(all_forms=Limit(settings.web.attack_from, 60)),
        leavings=writer,
        wake=clerk.wake,
        clicks=clicks,
    )
    writer.start()
    clerk.start(office)
    if bookkeeper is not None:
        bookkeeper.start()
    try:
        yield office
    finally:
        clerk.stop()
        writer.stop()
        if bookkeeper is not None:
            bookkeeper.stop()


def serve(database: Database, keyring: Keyring, settings: Settings) -> Generator[Open]:
    """Serve the door until SIGINT or SIGTERM; yields once it stands open.

    Without `[web] url`, links lead to where it listens. EditSettings when it cannot open.
    """
    _refuse_unknown_lists(settings)
    listening = _listen(settings.web.host, settings.web.port)
    url = f"http://{_shown(settings.web.host)}:{listening.getsockname()[1]}"
    with listening:
        web = settings.web.model_copy(update={"url": settings.web.url or url})
        ensure_lists(database, settings.lists)
        with _at_work(database, keyring, settings.model_copy(update={"web": web})) as office:
            yield Open(url)
            logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
            config = uvicorn.Config(
                make_app(office),
                http=_protocol(is_secure=(web.url or "").startswith("https:")),
                ws="none",
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                limit_concurrency=_MOST_AT_ONCE,
                timeout_keep_alive=_IDLE_SECONDS,
                timeout_graceful_shutdown=_LAST_SECONDS,
                h11_max_incomplete_event_size=16 * 1024,
            )
            _Server(config).run(sockets=[listening])


class _Server(uvicorn.Server):
    """uvicorn's server, which ends in order when told to, and leaves the exit code to us."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            yield
            self._captured_signals.clear()  # or it would be raised once more, and end us as if nobody listened


class _Protocol(H11Protocol):
    """HTTP/1.1, but nobody may hold a connection without asking for something."""

    strict: ClassVar[list[tuple[bytes, bytes]]] = []
    """What even the answer to octets that are no request carries."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.loop.call_later(HEAD_SECONDS, partial(self._end_if_silent, transport))

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


def _protocol(*, is_secure: bool) -> type[_Protocol]:
    return type("Protocol", (_Protocol,), {"strict": strict_headers(is_secure=is_secure)})


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(2048)
    except OSError as error:
        listening.close()
        if error.errno == errno.EADDRINUSE:
            why = f"another program listens at {host}:{port}. End it, or choose another port"
        elif error.errno == errno.EACCES:
            why = f"port {port} is for the system only. Choose one from 1024 on, behind a proxy"
        else:
            why = f"cannot listen at '{host}': {error.strerror or error}"
        raise EditSettings(f"[web]: {why}") from error
    return listening


def _refuse_unknown_lists(settings: Settings) -> None:
    if not settings.lists:
        raise EditSettings("newsletter.toml: no list to subscribe to. Add [lists.NAME]")
    lists: Mapping[str, object] = settings.lists
    for name in settings.web.lists:
        if name not in lists:
            raise EditSettings(f"[web] lists: unknown list '{name}'. {suggest(name, settings.lists)}".rstrip())


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host
