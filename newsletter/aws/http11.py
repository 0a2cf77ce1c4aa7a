"""Kept connections to one HTTPS server: a request goes out in one write, once, and its answer is read.

What goes wrong before the last byte has left is Deferred, for no server acts on a part; afterwards Uncertain.
"""

import select
import socket
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import unquote, urlsplit

from newsletter.aws.client import CONNECT_SECONDS, RESPONSE_TIMEOUT
from newsletter.errors import Deferred, SettingsError, Uncertain

IDLE_TIMEOUT = 15.0
"""A connection that lay idle for longer may just be being closed at the other end: it is opened anew."""
_MOST_HEAD = 65_536
_MOST_BODY = 10_000_000
_PIECE = 65_536
_SEND_BUFFER = 1_048_576
"""Octets: one message and its base64 fit, so that the write does not wait for the reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpResponse:
    """What a server answered."""

    status: int
    headers: dict[str, str]
    """By their names in lower case."""
    body: bytes


class HttpConnectionPool:
    """Connections to the server of one URL, as many as there are threads that ask at once."""

    def __init__(
        self,
        *,
        url: str,
        tls: ssl.SSLContext,
        proxy: str | None,
        answer_seconds: float = RESPONSE_TIMEOUT,
        idle_seconds: float = IDLE_TIMEOUT,
    ) -> None:
        """Connect to nobody yet; SettingsError for a proxy that is not known."""
        self._url = url
        self._answer_seconds = answer_seconds
        self._idle_seconds = idle_seconds
        self._there = urlsplit(url)
        self._tls = tls
        self._proxy = urlsplit(proxy if "://" in proxy else f"http://{proxy}") if proxy else None
        if self._proxy is not None and self._proxy.scheme != "http":
            raise SettingsError(f"{proxy}: the lean client knows no such proxy. Set [delivery.ses] client = 'boto3'")
        self._idle: list[_Connection] = []

    def ask(self, request: Sequence[bytes]) -> HttpResponse:
        """Send one request and return its answer; Deferred or Uncertain, and never a second time."""
        connection = self._take()
        try:
            try:
                connection.socket.sendall(b"".join(request))
            except OSError as error:
                raise Deferred(f"AWS: the connection broke before all was sent: {_reason(error)}") from error
            hearing = ResponseParser()
            try:
                while (answer := hearing.take(connection.socket.recv(_PIECE))) is None:
                    pass
            except (OSError, ValueError) as error:
                raise Uncertain(f"AWS: no answer after the request was sent: {_reason(error)}") from error
        except BaseException:
            connection.socket.close()
            raise
        if hearing.is_kept:
            connection.idle_since = time.monotonic()
            self._idle.append(connection)
        else:
            connection.socket.close()
        return answer

    def close(self) -> None:
        """Close the kept connections."""
        while self._idle:
            self._idle.pop().socket.close()

    def _take(self) -> "_Connection":
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return _Connection(self.connect())
            if connection.is_fresh(self._idle_seconds):
                return connection
            connection.socket.close()

    def connect(self) -> socket.socket:
        """Open one connection, which waits for an answer as long as it may take; Deferred where that fails."""
        host, port = str(self._there.hostname), self._there.port
        is_secure = self._there.scheme == "https"
        port = port or (443 if is_secure else 80)
        towards = (host, port)
        if self._proxy is not None:
            towards = (str(self._proxy.hostname), self._proxy.port or 8080)
        if is_secure:
            connection: HTTPConnection = HTTPSConnection(*towards, timeout=CONNECT_SECONDS, context=self._tls)
        else:
            connection = HTTPConnection(*towards, timeout=CONNECT_SECONDS)
        if self._proxy is not None:
            connection.set_tunnel(host, port, _proxy_headers(self._proxy.username, self._proxy.password))
        try:
            connection.connect()
            found: socket.socket = connection.sock
            found.settimeout(self._answer_seconds)
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            found.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        except (OSError, HTTPException) as error:
            connection.close()
            raise Deferred(f"AWS: {self._url} cannot be reached: {_reason(error)}") from error
        return found


class _Connection:
    """One open connection, and since when nobody has used it."""

    def __init__(self, found: socket.socket) -> None:
        self.socket = found
        self.idle_since = 0.0
        self._poll = select.poll()
        self._poll.register(found, select.POLLIN)

    def is_fresh(self, idle_seconds: float) -> bool:
        """Return whether the other end has most likely not closed it."""
        return time.monotonic() - self.idle_since < idle_seconds and not self._poll.poll(0)


class ResponseParser:
    """One answer as it comes in, piece by piece (RFC 9112)."""

    def __init__(self) -> None:
        self._octets = b""
        self._head: tuple[int, dict[str, str], str] | None = None
        self.is_kept = False
        """Once the answer is whole: whether the connection stays open."""

    def take(self, piece: bytes) -> HttpResponse | None:
        """Take what came, nothing when the server has closed; return the answer when it is whole.

        Raises ValueError for what is no HTTP, ConnectionResetError when it was closed before the end.
        """
        self._octets += piece
        while self._head is None:
            end = self._octets.find(b"\r\n\r\n")
            if end < 0:
                if len(self._octets) > _MOST_HEAD:
                    raise ValueError("an endless head")
                return self._more(piece)
            self._read_head(end)
        status, headers, version = self._head
        is_whole = True
        if "chunked" in headers.get("transfer-encoding", "").lower():
            found = _chunks(self._octets)
        elif "content-length" in headers:
            found = _exactly(self._octets, int(headers["content-length"]))
        else:
            found, is_whole = (None if piece else (self._octets, len(self._octets))), False
        if found is None:
            if len(self._octets) > _MOST_BODY:
                raise ValueError("an endless body")
            return self._more(piece) if is_whole else None
        body, used = found
        is_wanted = version != "HTTP/1.0" and headers.get("connection", "").lower() != "close"
        self.is_kept = is_whole and is_wanted and used == len(self._octets)
        return HttpResponse(status=status, headers=headers, body=body)

    def _more(self, piece: bytes) -> HttpResponse | None:
        """Return that more has to come, where it still can."""
        if not piece:
            raise ConnectionResetError("it was closed")
        return None

    def _read_head(self, end: int) -> None:
        first, *lines = self._octets[:end].decode("latin-1").split("\r\n")
        self._octets = self._octets[end + 4 :]
        version, _, rest = first.partition(" ")
        status = int(rest[:3])
        if not version.startswith("HTTP/1."):
            raise ValueError("no HTTP")
        if status >= 200:  # what is below announces another one
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            self._head = status, headers, version


def _exactly(octets: bytes, size: int) -> tuple[bytes, int] | None:
    """Return so many octets and their number, None as long as some are missing."""
    if not 0 <= size <= _MOST_BODY:
        raise ValueError(f"an answer of {size} octets")
    return (octets[:size], size) if len(octets) >= size else None


def _chunks(octets: bytes) -> tuple[bytes, int] | None:
    """Return a body in chunks (RFC 9112 section 7.1) and the octets it took, None if some are missing."""
    body, place = b"", 0
    while (end := octets.find(b"\r\n", place)) >= 0:
        size = int(octets[place:end].partition(b";")[0], 16)
        if size < 0 or len(body) + size > _MOST_BODY:
            raise ValueError(f"an answer of {size} octets")
        place = end + 2
        if not size:
            while (end := octets.find(b"\r\n", place)) > place:  # trailers, up to an empty line
                place = end + 2
            return (body, place + 2) if end == place else None
        if len(octets) < place + size + 2:
            return None
        body += octets[place : place + size]
        place += size + 2
    return None


def _proxy_headers(user: str | None, password: str | None) -> dict[str, str]:
    if user is None:
        return {}
    from base64 import b64encode

    word = b64encode(f"{unquote(user)}:{unquote(password or '')}".encode()).decode()
    return {"Proxy-Authorization": f"Basic {word}"}


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
