"""Minimal HTTP/1.1 server for AWS's clients, with as little work for each request as possible.

A benchmark of senders shares the machine with this server and must not measure it. So one thread serves every
connection, and only a request whose response may take time gets a thread of its own.
"""

import selectors
import socket
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field

_READ_SIZE = 262_144
_MAX_HEAD = 65_536
_BACKLOG = 128
_SO_TIMESTAMPNS = 35
"""Linux's socket option, and the type of its ancillary messages; Python has no name for it."""
_TIMESPEC = struct.Struct("@qq")
_ANCILLARY_SIZE = socket.CMSG_SPACE(_TIMESPEC.size)
_REASONS = {200: "OK"}
CLOSE_CONNECTION = None
"""Instead of a response: close the connection without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRequest:
    """One HTTP request."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    """By their names in lower case."""
    body: bytes
    received_at: float
    """By the monotonic clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiResponse:
    """One HTTP response."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"


class HttpServer:
    """Listens on the loopback address, and answers each request by calling `answer`."""

    def __init__(
        self,
        port: int,
        answer: Callable[[ApiRequest], ApiResponse | None],
        may_block: Callable[[ApiRequest], bool],
    ) -> None:
        """`may_block` says whether answering a request may wait: for a disk, a queue, an injected fault."""
        self._socket = socket.create_server(("127.0.0.1", port), backlog=_BACKLOG)
        self._stopped, self._stop = socket.socketpair()
        self._answer = answer
        self._may_block = may_block
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.closing = threading.Event()
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def start(self) -> None:
        """Serve from a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening, and close every connection on which no request is being answered."""
        self.closing.set()
        self._stop.close()
        self._thread.join()

    def _serve(self) -> None:
        connections: dict[int, _Connection] = {}
        with closing(self._stopped), closing(self._socket), selectors.DefaultSelector() as selector:
            for listener in (self._socket, self._stopped):
                selector.register(listener, selectors.EVENT_READ)
            while not self.closing.is_set():
                for key, _ in selector.select():
                    if key.fileobj is self._socket:
                        with suppress(OSError):  # it was closed already, or no descriptor is free
                            connection = _Connection(self._socket.accept()[0])
                            connections[connection.socket.fileno()] = connection
                            selector.register(connection.socket, selectors.EVENT_READ)
                    elif (ready := connections.get(key.fd)) is not None and not self._advance(ready):
                        del connections[key.fd]
                        selector.unregister(key.fd)
            for connection in connections.values():
                connection.socket.close()

    def _advance(self, connection: "_Connection") -> bool:
        """Read what was received and answer; return False when this thread no longer serves the connection."""
        try:
            connection.receive()
            while (request := connection.next_request()) is not None:
                if self._may_block(request):
                    thread = threading.Thread(target=self._serve_alone, args=(connection, request), daemon=True)
                    thread.start()
                    return False
                self._respond(connection, request)
        except ConnectionError:
            connection.socket.close()
            return False
        except Exception:  # of one request; the others are served
            self._log_error()
            connection.socket.close()
            return False
        return True

    def _serve_alone(self, connection: "_Connection", request: ApiRequest | None) -> None:
        """Answer one connection's requests until either end closes it."""
        with closing(connection.socket):
            try:
                while True:
                    while request is None:
                        connection.receive()
                        request = connection.next_request()
                    self._respond(connection, request)
                    request = connection.next_request()
            except ConnectionError:
                return
            except Exception:
                self._log_error()

    def _respond(self, connection: "_Connection", request: ApiRequest) -> None:
        response = self._answer(request)
        if response is CLOSE_CONNECTION:
            raise ConnectionAbortedError
        connection.socket.sendall(_serialise(response))
        if request.headers.get("connection", "").lower() == "close":
            raise ConnectionAbortedError

    def _log_error(self) -> None:
        """Print the traceback of an error of ours, unless everything is being closed."""
        if not self.closing.is_set():
            traceback.print_exc()


class _Connection:
    """One connection, and what was received of its next request."""

    def __init__(self, accepted: socket.socket) -> None:
        self.socket = accepted
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if sys.platform == "linux":  # elsewhere the time of reading has to do
            with suppress(OSError):
                accepted.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._octets = bytearray()
        self._head: _Head | None = None
        self._received_at = time.monotonic()

    def receive(self) -> None:
        """Wait for more and read it; ConnectionError when the client has closed, or its head is too long."""
        piece, ancillary, *_ = self.socket.recvmsg(_READ_SIZE, _ANCILLARY_SIZE)
        if not piece or (self._head is None and len(self._octets) > _MAX_HEAD):
            raise ConnectionAbortedError
        if self._head is None:
            self._received_at = _received_at(ancillary)
        self._octets += piece

    def next_request(self) -> ApiRequest | None:
        """Return the next request that was received whole; None when more has to come."""
        if self._head is None and (end := self._octets.find(b"\r\n\r\n")) >= 0:
            self._head = _parse_head(self._octets[:end].decode("latin-1"))
            del self._octets[: end + 4]
            is_body_missing = len(self._octets) < self._head.content_length
            if is_body_missing and self._head.headers.get("expect", "").lower() == "100-continue":
                self.socket.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        head = self._head
        if head is None or len(self._octets) < head.content_length:
            return None
        body = bytes(self._octets[: head.content_length])
        del self._octets[: head.content_length]
        self._head = None
        return ApiRequest(
            method=head.method,
            path=head.path,
            query=head.query,
            headers=head.headers,
            body=body,
            received_at=self._received_at,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """The request line and the headers of a request."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    content_length: int


def _parse_head(text: str) -> _Head:
    request_line, *lines = text.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    method, _, rest = request_line.partition(" ")
    path, _, query = rest.partition(" ")[0].partition("?")
    content_length = int(headers.get("content-length", "0"))
    return _Head(method=method, path=path, query=query, headers=headers, content_length=content_length)


def _received_at(ancillary: Sequence[tuple[int, int, bytes]]) -> float:
    """Return when the kernel received what was read: this process may have been busy with other things since."""
    now = time.monotonic()
    for level, kind, octets in ancillary:
        if level == socket.SOL_SOCKET and kind == _SO_TIMESTAMPNS and len(octets) >= _TIMESPEC.size:
            seconds, nanoseconds = _TIMESPEC.unpack_from(octets)
            return now - max(0.0, time.time() - float(seconds) - float(nanoseconds) / 1e9)
    return now


def _serialise(response: ApiResponse) -> bytes:
    extra = "".join(f"{name}: {value}\r\n" for name, value in response.headers.items())
    head = (
        f"HTTP/1.1 {response.status} {_REASONS.get(response.status, 'Error')}\r\n"
        f"Content-Type: {response.content_type}\r\nContent-Length: {len(response.body)}\r\n{extra}\r\n"
    )
    return head.encode("latin-1") + response.body
