"""HTTP client: fetches one URL with limits on bytes, time and redirects; sends nothing that identifies the author."""

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
from newsletter.errors import describe
from newsletter.link_cards.address_guard import FetchError, Resolver, Target, resolve_target

_MAX_REDIRECTS = 5
_CHUNK_BYTES = 64 * 1024
_REDIRECT_STATUSES = {301, 302, 303, 307, 308}


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedResource:
    """A successful response."""

    url: str
    """The URL after all redirects."""
    content_type: str
    """Without parameters, in lower case; "" if there is none."""
    charset: str
    content: bytes


class HttpClient:
    """A client that connects only to public addresses, and to hosts that the author allows."""

    def __init__(
        self, *, allowed: Collection[str] = (), seconds: float = 20, getaddrinfo: Resolver = socket.getaddrinfo
    ) -> None:
        """`allowed` are private hosts that may be fetched from; `seconds` limits a request including redirects."""
        self._allowed = frozenset(host.lower() for host in allowed)
        self._seconds = seconds
        self._getaddrinfo = getaddrinfo

    def get(self, url: str, *, max_bytes: int, accept: str, may_be_truncated: bool = False) -> FetchedResource:
        """Return the response for `url`; FetchError says why there is none.

        If there are more than `max_bytes`, the beginning is returned if it `may_be_truncated`. The target of each
        redirect is checked like any other.
        """
        deadline = time.monotonic() + self._seconds
        for _step in range(_MAX_REDIRECTS + 1):
            target = resolve_target(url, allowed=self._allowed, getaddrinfo=self._getaddrinfo)
            with _open(target, accept, deadline) as response:
                location = response.headers.get("Location") if response.status in _REDIRECT_STATUSES else None
                if location is None:
                    return _read(response, target, deadline, max_bytes=max_bytes, may_be_truncated=may_be_truncated)
            url = _redirected(url, location)
        raise FetchError(f"{target.host} redirects more than {_MAX_REDIRECTS} times")


def _redirected(url: str, location: str) -> str:
    """Return the URL of a redirect; many servers send it in UTF-8."""
    with suppress(UnicodeError):
        location = location.encode("latin-1").decode()
    try:
        return urljoin(url, location.strip().replace(" ", "%20")).partition("#")[0]
    except ValueError as error:
        raise FetchError(f"{url[:60]} redirects to an invalid URL") from error


class _HttpConnection(HTTPConnection):
    """A connection to the checked address; everything else uses the host name."""

    def __init__(self, target: Target, watchdog: "_Watchdog", **options: Any) -> None:
        super().__init__(target.host, target.port, **options)
        self._target, self._watchdog = target, watchdog

    def _new_conn(self) -> socket.socket:
        return self._watchdog.connect(self._target)


class _HttpsConnection(HTTPSConnection):
    """The same over TLS, with a certificate for the host name."""

    def __init__(self, target: Target, watchdog: "_Watchdog", **options: Any) -> None:
        super().__init__(target.host, target.port, ssl_context=ssl.create_default_context(), **options)
        self._target, self._watchdog = target, watchdog

    def _new_conn(self) -> socket.socket:
        return self._watchdog.connect(self._target)


@contextmanager
def _open(target: Target, accept: str, deadline: float) -> Iterator[HTTPResponse]:
    """Send a request and yield the response; the connection is closed at the deadline, however slowly data arrives."""
    remaining = max(deadline - time.monotonic(), 0.1)
    watchdog = _Watchdog(remaining)
    connection_class = _HttpsConnection if target.scheme == "https" else _HttpConnection
    connection = connection_class(target, watchdog, timeout=remaining)
    try:
        with watchdog:
            connection.connect()
            headers = {
                "User-Agent": f"newsletter/{__version__} (link cards)",
                "Accept": accept,
                "Accept-Encoding": "gzip, deflate",
            }
            connection.request("GET", target.path, headers=headers, preload_content=False)
            with closing(connection.getresponse()) as response:  # the response keeps the socket open
                yield response
    except (HTTPError, HTTPException, OSError, ValueError) as error:
        if isinstance(error, FetchError):
            raise
        if watchdog.is_expired or isinstance(error, TimeoutError) or time.monotonic() >= deadline:
            raise FetchError(f"{target.host} takes too long to answer") from error
        raise FetchError(f"{target.host} cannot be fetched from: {describe(error, 120)}") from error
    finally:
        connection.close()


class _Watchdog:
    """Shuts down a connection when its time is over, whatever it is doing."""

    def __init__(self, seconds: float) -> None:
        self.is_expired = False
        self._seconds = seconds
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._shut_down)
        self._timer.daemon = True

    def __enter__(self) -> "_Watchdog":
        self._timer.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._timer.cancel()
        if self._socket is not None:
            self._socket.close()

    def connect(self, target: Target) -> socket.socket:
        """Connect to the checked address, and keep a duplicate of the socket to shut it down."""
        connected = socket.create_connection((target.address, target.port), self._seconds)
        self._socket = connected.dup()
        return connected

    def _shut_down(self) -> None:
        self.is_expired = True
        try:
            if self._socket is not None:
                self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def _read(
    response: HTTPResponse, target: Target, deadline: float, *, max_bytes: int, may_be_truncated: bool
) -> FetchedResource:
    if response.status != 200:
        raise FetchError(f"{target.host} answered {response.status}{f' {response.reason}' if response.reason else ''}")
    content = bytearray()
    while len(content) <= max_bytes:
        if time.monotonic() >= deadline:
            raise FetchError(f"{target.host} takes too long to answer")
        chunk = response.read1(_CHUNK_BYTES)
        if not chunk:
            break
        content += chunk
    if time.monotonic() >= deadline:
        raise FetchError(f"{target.host} takes too long to answer")
    if len(content) > max_bytes and not may_be_truncated:
        raise FetchError(f"{target.host} sends more than {max_bytes / 2**20:g} MB")
    content_type, _, parameters = response.headers.get("Content-Type", "").partition(";")
    _, _, charset = parameters.lower().partition("charset=")
    return FetchedResource(
        url=target.url,
        content_type=content_type.strip().lower(),
        charset=charset.partition(";")[0].strip(" \"'"),
        content=bytes(content[:max_bytes]),
    )
