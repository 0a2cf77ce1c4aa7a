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

from newsletter.aws.client import ANSWER_SECONDS, CONNECT_SECONDS
from newsletter.errors import Deferred, EditSettings, Uncertain

IDLE_SECONDS = 15.0
"""A connection that lay idle for longer may just be being closed at the other end: it is opened anew."""
_MOST_HEAD = 65_536
_MOST_BODY = 10_000_000
_PIECE = 65_536
_SEND_BUFFER = 1_048_576
"""Octets: one message and its base64 fit, so that the write does not wait for the reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server answered."""

    status: int
    headers: dict[str, str]
    """By their names in lower case."""
    body: bytes


class Wire:
    """Connections to the server of one URL, as many as there are threads that ask at once."""

    def __init__(
        self,
        *,
        url: str,
        tls: ssl.SSLContext,
        proxy: str | None,
        answer_seconds: float = ANSWER_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        """Connect to nobody yet; EditSettings for a proxy that is not known."""
        self._url = url
        self._answer_seconds = answer_seconds
        self._idle_seconds = idle_seconds
        self._there = urlsplit(url)
        self._tls = tls
        self._proxy = urlsplit(proxy if "://" in proxy else f"http://{proxy}") if proxy else None
        if self._proxy is not None and self._proxy.scheme != "http":
            raise EditSettings(
                f"{proxy}: the lean client knows no such proxy. Set [delivery.ses] client = 'boto3'"
            )
        self._idle: list[_Connection] = []

    def ask(self, request: Sequence[bytes]) -> Answer:
        """Send one request and return its answer; Deferred or Uncertain, and never a second time."""
        connection = self._take()
        try:
            try:
                connection.socket.sendall(b"".join(request))
            except OSError as error:
                raise Deferred(f"AWS: the connection broke before all was sent: {_reason(error)}") from error
            try:
                answer, is_kept = _read(connection.socket)
            except (OSError, ValueError) as error:
                raise Uncertain(f"AWS: no answer after the request was sent: {_reason(error)}") from error
        except BaseException:
            connection.socket.close()
            raise
        if is_kept:
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
                return _Connection(self._connect())
            if connection.is_fresh(self._idle_seconds):
                return connection
            connection.socket.close()

    def _connect(self) -> socket.socket:
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


def _read(found: socket.socket) -> tuple[Answer, bool]:
    """Return the answer, and whether the connection stays open; ValueError for what is no HTTP."""
    octets = b""
    while True:
        while (end := octets.find(b"\r\n\r\n")) < 0:
            octets += _more(found)
            if len(octets) > _MOST_HEAD:
                raise ValueError("an endless head")
        first, *lines = octets[:end].decode("latin-1").split("\r\n")
        octets = octets[end + 4 :]
        version, _, rest = first.partition(" ")
        status = int(rest[:3])
        if not version.startswith("HTTP/1."):
            raise ValueError("no HTTP")
        if status >= 200:  # what is below announces another one
            break
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    is_kept = version != "HTTP/1.0" and headers.get("connection", "").lower() != "close"
    if "chunked" in headers.get("transfer-encoding", "").lower():
        body = _read_chunks(found, octets)
    elif "content-length" in headers:
        body = _read_exactly(found, octets, int(headers["content-length"]))[0]
    else:
        body, is_kept = _read_all(found, octets), False
    return Answer(status=status, headers=headers, body=body), is_kept


def _read_exactly(found: socket.socket, octets: bytes, size: int) -> tuple[bytes, bytes]:
    """Return so many octets, and what was read beyond them."""
    if not 0 <= size <= _MOST_BODY:
        raise ValueError(f"an answer of {size} octets")
    while len(octets) < size:
        octets += _more(found)
    return octets[:size], octets[size:]


def _read_chunks(found: socket.socket, octets: bytes) -> bytes:
    """Return a body that comes in chunks (RFC 9112 section 7.1)."""
    body = b""
    while True:
        while (end := octets.find(b"\r\n")) < 0:
            octets += _more(found)
        size = int(octets[:end].partition(b";")[0], 16)
        piece, octets = _read_exactly(found, octets[end + 2 :], size + 2)
        if not size:
            while piece != b"\r\n":  # trailers, up to an empty line
                while (end := (piece + octets).find(b"\r\n")) < 0:
                    octets += _more(found)
                piece, octets = _read_exactly(found, (piece + octets)[end + 2 :], 2)
            return body
        body += piece[:size]
        if len(body) > _MOST_BODY:
            raise ValueError("an endless body")


def _read_all(found: socket.socket, octets: bytes) -> bytes:
    while piece := found.recv(_PIECE):
        octets += piece
        if len(octets) > _MOST_BODY:
            raise ValueError("an endless body")
    return octets


def _more(found: socket.socket) -> bytes:
    octets = found.recv(_PIECE)
    if not octets:
        raise ConnectionResetError("it was closed")
    return octets


def _proxy_headers(user: str | None, password: str | None) -> dict[str, str]:
    if user is None:
        return {}
    from base64 import b64encode

    word = b64encode(f"{unquote(user)}:{unquote(password or '')}".encode()).decode()
    return {"Proxy-Authorization": f"Basic {word}"}


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
