"""HTTP/1.1 client (RFC 9112) with kept connections to one server; each request is sent once, in one write.

An error before the last byte was sent is Deferred, for no server acts on part of a request; afterwards it is
Uncertain. h11 would parse a response thirteen times as slowly.
"""

import select
import socket
import ssl
import time
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import unquote, urlsplit

from newsletter.aws.client import CONNECT_TIMEOUT, RESPONSE_TIMEOUT
from newsletter.errors import Deferred, SettingsError, Uncertain, describe

IDLE_TIMEOUT = 15.0
"""Seconds after which the server may be about to close an idle connection, so that a new one is opened."""
_MAX_HEAD = 65_536
_MAX_BODY = 10_000_000
_READ_SIZE = 65_536
_SEND_BUFFER = 1_048_576
"""Bytes: one message and its base64 fit, so that the write does not wait for the reader."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsResponse:
    """A whole HTTP response."""

    status: int
    headers: dict[str, str]
    """By their names in lower case."""
    body: bytes


class HttpConnectionPool:
    """Kept connections to the server of one URL, as many as there are threads that send at once."""

    def __init__(
        self,
        *,
        url: str,
        tls: ssl.SSLContext,
        proxy: str | None,
        response_timeout: float = RESPONSE_TIMEOUT,
        idle_timeout: float = IDLE_TIMEOUT,
    ) -> None:
        """Open no connection yet; SettingsError for a proxy that is not supported."""
        self._url = url
        self._response_timeout = response_timeout
        self._idle_timeout = idle_timeout
        self._server = urlsplit(url)
        self._tls = tls
        self._proxy = urlsplit(proxy if "://" in proxy else f"http://{proxy}") if proxy else None
        if self._proxy is not None and self._proxy.scheme != "http":
            raise SettingsError(
                f"{proxy}: the lean client supports HTTP proxies only. Set client = 'boto3' in [delivery.ses]"
            )
        self._idle: list[_KeptConnection] = []

    def send(self, request: Sequence[bytes]) -> AwsResponse:
        """Send one request and return its response; Deferred or Uncertain, and never a second time."""
        connection = self._take()
        try:
            try:
                connection.socket.sendall(b"".join(request))
            except OSError as error:
                raise Deferred(
                    f"AWS: the connection was lost before the whole request was sent: {describe(error)}"
                ) from error
            parser = ResponseParser()
            try:
                while (response := parser.feed(connection.socket.recv(_READ_SIZE))) is None:
                    pass
            except (OSError, ValueError) as error:
                raise Uncertain(f"AWS: no answer after the request was sent: {describe(error)}") from error
        except BaseException:
            connection.socket.close()
            raise
        if parser.keeps_alive:
            connection.idle_since = time.monotonic()
            self._idle.append(connection)
        else:
            connection.socket.close()
        return response

    def close(self) -> None:
        """Close the kept connections."""
        while self._idle:
            self._idle.pop().socket.close()

    def _take(self) -> "_KeptConnection":
        """Return an idle connection that is fresh, else a new one."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return _KeptConnection(self.connect())
            if connection.is_fresh(self._idle_timeout):
                return connection
            connection.socket.close()

    def connect(self) -> socket.socket:
        """Open one connection, through the proxy if there is one; Deferred where that fails.

        The socket has the response timeout set.
        """
        host, port = str(self._server.hostname), self._server.port
        is_https = self._server.scheme == "https"
        port = port or (443 if is_https else 80)
        peer = (host, port)
        if self._proxy is not None:
            peer = (str(self._proxy.hostname), self._proxy.port or 8080)
        if is_https:
            connection: HTTPConnection = HTTPSConnection(*peer, timeout=CONNECT_TIMEOUT, context=self._tls)
        else:
            connection = HTTPConnection(*peer, timeout=CONNECT_TIMEOUT)
        if self._proxy is not None:
            connection.set_tunnel(host, port, _proxy_headers(self._proxy.username, self._proxy.password))
        try:
            connection.connect()
            opened: socket.socket = connection.sock
            opened.settimeout(self._response_timeout)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        except (OSError, HTTPException) as error:
            connection.close()
            raise Deferred(f"AWS: cannot connect to {self._url}: {describe(error)}") from error
        return opened


class _KeptConnection:
    """One open connection, and since when it has been idle."""

    def __init__(self, opened: socket.socket) -> None:
        self.socket = opened
        self.idle_since = 0.0
        self._poll = select.poll()
        self._poll.register(opened, select.POLLIN)

    def is_fresh(self, idle_timeout: float) -> bool:
        """Return whether the server has most likely not closed it."""
        return time.monotonic() - self.idle_since < idle_timeout and not self._poll.poll(0)


class ResponseParser:
    """Parses one response as it arrives, piece by piece (RFC 9112)."""

    def __init__(self) -> None:
        self._octets = b""
        self._head: tuple[int, dict[str, str], str] | None = None
        self.keeps_alive = False
        """Whether the connection stays open; known once the response is whole."""

    def feed(self, piece: bytes) -> AwsResponse | None:
        """Take what was received, b"" when the server has closed; return the response once it is whole.

        Raises ValueError for what is not HTTP, ConnectionResetError when it was closed before the end.
        """
        self._octets += piece
        while self._head is None:
            end = self._octets.find(b"\r\n\r\n")
            if end < 0:
                if len(self._octets) > _MAX_HEAD:
                    raise ValueError("the response's headers are too long")
                return self._incomplete(piece)
            self._parse_head(end)
        status, headers, version = self._head
        is_delimited = True
        if "chunked" in headers.get("transfer-encoding", "").lower():
            parsed = _chunked_body(self._octets)
        elif "content-length" in headers:
            parsed = _fixed_body(self._octets, int(headers["content-length"]))
        else:
            parsed, is_delimited = (None if piece else (self._octets, len(self._octets))), False
        if parsed is None:
            if len(self._octets) > _MAX_BODY:
                raise ValueError("the response's body is too long")
            return self._incomplete(piece) if is_delimited else None
        body, used = parsed
        is_keep_alive = version != "HTTP/1.0" and headers.get("connection", "").lower() != "close"
        self.keeps_alive = is_delimited and is_keep_alive and used == len(self._octets)
        return AwsResponse(status=status, headers=headers, body=body)

    def _incomplete(self, piece: bytes) -> AwsResponse | None:
        """Return None, for more has to come; ConnectionResetError if nothing can."""
        if not piece:
            raise ConnectionResetError("the connection was closed")
        return None

    def _parse_head(self, end: int) -> None:
        status_line, *lines = self._octets[:end].decode("latin-1").split("\r\n")
        self._octets = self._octets[end + 4 :]
        version, _, rest = status_line.partition(" ")
        status = int(rest[:3])
        if not version.startswith("HTTP/1."):
            raise ValueError("the response is not HTTP/1.1")
        if status >= 200:  # an interim response (1xx) precedes the final one
            headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
            self._head = status, headers, version


def _fixed_body(octets: bytes, size: int) -> tuple[bytes, int] | None:
    """Return a body of `size` bytes and that number, None as long as some are missing."""
    if not 0 <= size <= _MAX_BODY:
        raise ValueError(f"a response of {size} bytes")
    return (octets[:size], size) if len(octets) >= size else None


def _chunked_body(octets: bytes) -> tuple[bytes, int] | None:
    """Return a chunked body (RFC 9112 section 7.1) and the bytes it took, None if some are missing."""
    body, position = b"", 0
    while (end := octets.find(b"\r\n", position)) >= 0:
        size = int(octets[position:end].partition(b";")[0], 16)
        if size < 0 or len(body) + size > _MAX_BODY:
            raise ValueError(f"a response of {size} bytes")
        position = end + 2
        if not size:
            while (end := octets.find(b"\r\n", position)) > position:  # trailers, up to an empty line
                position = end + 2
            return (body, position + 2) if end == position else None
        if len(octets) < position + size + 2:
            return None
        body += octets[position : position + size]
        position += size + 2
    return None


def _proxy_headers(user: str | None, password: str | None) -> dict[str, str]:
    if user is None:
        return {}
    credentials = b64encode(f"{unquote(user)}:{unquote(password or '')}".encode()).decode()
    return {"Proxy-Authorization": f"Basic {credentials}"}
