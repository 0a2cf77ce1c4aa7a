"""Fetches one thing from the web, with limits on bytes, time and redirects; sends nothing that tells who asks."""

import socket
import ssl
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any
from urllib.parse import urljoin

from urllib3 import HTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from newsletter import __version__
from newsletter.link_cards.address_guard import FetchError, Lookup, Target, aim

_REDIRECTS = 5
_PIECE = 64 * 1024
_MOVED = {301, 302, 303, 307, 308}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server answered."""

    url: str
    """Where it was found, after all redirects."""
    content_type: str
    """Without parameters, in lower case; "" if none was said."""
    charset: str
    content: bytes


class HttpClient:
    """The web as it may be fetched from."""

    def __init__(
        self, *, allowed: Collection[str] = (), seconds: float = 20, lookup: Lookup = socket.getaddrinfo
    ) -> None:
        """`allowed` are hosts of one's own network; nothing takes longer than `seconds`, redirects included."""
        self._allowed = frozenset(host.lower() for host in allowed)
        self._seconds = seconds
        self._lookup = lookup

    def get(self, url: str, *, most: int, accept: str, may_be_cut: bool = False) -> Answer:
        """Return what lies at `url`; NotFetched says why not.

        Of more than `most` bytes the beginning is returned if it `may_be_cut`. Each redirect is judged anew.
        """
        deadline = time.monotonic() + self._seconds
        for _step in range(_REDIRECTS + 1):
            target = aim(url, allowed=self._allowed, lookup=self._lookup)
            with _answered(target, accept, deadline) as response:
                moved = response.headers.get("Location") if response.status in _MOVED else None
                if moved is None:
                    return _read(response, target, deadline, most=most, may_be_cut=may_be_cut)
            url = _moved(url, moved)
        raise FetchError(f"{target.host} redirects more than {_REDIRECTS} times")


def _moved(url: str, location: str) -> str:
    """Return where a redirect leads; many servers write UTF-8 where a header has only bytes."""
    with suppress(UnicodeError):
        location = location.encode("latin-1").decode()
    try:
        return urljoin(url, location.strip().replace(" ", "%20")).partition("#")[0]
    except ValueError as error:
        raise FetchError(f"{url[:60]} redirects to what is no address") from error


class _Plain(HTTPConnection):
    """A connection to the address that was judged; all else about it goes by the host's name."""

    def __init__(self, target: Target, watch: "_Watch", **options: Any) -> None:
        super().__init__(target.host, target.port, **options)
        self._target, self._watch = target, watch

    def _new_conn(self) -> socket.socket:
        return self._watch.connected(self._target)


class _Encrypted(HTTPSConnection):
    """The same, encrypted, with a certificate for the host's name."""

    def __init__(self, target: Target, watch: "_Watch", **options: Any) -> None:
        super().__init__(target.host, target.port, ssl_context=ssl.create_default_context(), **options)
        self._target, self._watch = target, watch

    def _new_conn(self) -> socket.socket:
        return self._watch.connected(self._target)


@contextmanager
def _answered(target: Target, accept: str, deadline: float) -> Iterator[HTTPResponse]:
    """Ask, and hang up at the deadline, however slowly an answer drips."""
    left = max(deadline - time.monotonic(), 0.1)
    watch = _Watch(left)
    kind = _Encrypted if target.scheme == "https" else _Plain
    connection = kind(target, watch, timeout=left)
    try:
        with watch:
            connection.connect()
            headers = {
                "User-Agent": f"newsletter/{__version__} (link cards)",
                "Accept": accept,
                "Accept-Encoding": "gzip, deflate",
            }
            connection.request("GET", target.path, headers=headers, preload_content=False)
            with closing(connection.getresponse()) as response:  # which holds the socket open by itself
                yield response
    except (HTTPError, HTTPException, OSError, ValueError) as error:
        if isinstance(error, FetchError):
            raise
        if watch.is_over or isinstance(error, TimeoutError) or time.monotonic() >= deadline:
            raise FetchError(f"{target.host} takes too long") from error
        why = " ".join(str(getattr(error, "strerror", None) or error).split())
        raise FetchError(f"{target.host} cannot be fetched from: {why[:120]}") from error
    finally:
        connection.close()


class _Watch:
    """Hangs up a connection when its time is over, whatever it is doing then."""

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._seconds = seconds
        self._line: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._hang_up)
        self._timer.daemon = True

    def __enter__(self) -> "_Watch":
        self._timer.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._timer.cancel()
        if self._line is not None:
            self._line.close()

    def connected(self, target: Target) -> socket.socket:
        """Connect to the address that was judged, and watch by a handle of our own."""
        made = socket.create_connection((target.address, target.port), self._seconds)
        self._line = made.dup()
        return made

    def _hang_up(self) -> None:
        self.is_over = True
        try:
            if self._line is not None:
                self._line.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def _read(response: HTTPResponse, target: Target, deadline: float, *, most: int, may_be_cut: bool) -> Answer:
    if response.status != 200:
        raise FetchError(f"{target.host} answered {response.status}{f' {response.reason}' if response.reason else ''}")
    content = bytearray()
    while len(content) <= most:
        if time.monotonic() >= deadline:
            raise FetchError(f"{target.host} takes too long")
        piece = response.read1(_PIECE)
        if not piece:
            break
        content += piece
    if time.monotonic() >= deadline:
        raise FetchError(f"{target.host} takes too long")
    if len(content) > most and not may_be_cut:
        raise FetchError(f"{target.host} sends more than {most / 2**20:g} MB")
    kind, _, parameters = response.headers.get("Content-Type", "").partition(";")
    _, _, charset = parameters.lower().partition("charset=")
    return Answer(
        url=target.url,
        content_type=kind.strip().lower(),
        charset=charset.partition(";")[0].strip(" \"'"),
        content=bytes(content[:most]),
    )
