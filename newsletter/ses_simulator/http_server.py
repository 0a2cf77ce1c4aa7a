"""The smallest HTTP/1.1 server that AWS's clients need, with little done for each request.

A benchmark of senders runs on the machine that it shares with this one, and should not measure this one: so one
thread serves every connection, and only one that is to be kept waiting gets a thread of its own.
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

_PIECE = 262_144
_MOST_HEAD = 65_536
_BACKLOG = 128
_STAMPED = 35
"""Linux's SO_TIMESTAMPNS, and what its notes are called; Python has no name for it."""
_MOMENT = struct.Struct("@qq")
_NOTES = socket.CMSG_SPACE(_MOMENT.size)
_WORDS = {200: "OK"}
CONNECTION_CLOSED = None
"""What is answered where nothing is to be said, and the connection closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiRequest:
    """One request as it was read."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    """By their names in lower case."""
    body: bytes
    at: float
    """When it came, by the monotonic clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiResponse:
    """What is answered."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "application/json"


class HttpServer:
    """Listens on this machine only, and answers each request by `answer`."""

    def __init__(
        self, port: int, answer: Callable[[ApiRequest], ApiResponse | None], takes_time: Callable[[ApiRequest], bool]
    ) -> None:
        """`takes_time` tells whether answering may wait: for a disk, a queue, a fault that was ordered."""
        self._socket = socket.create_server(("127.0.0.1", port), backlog=_BACKLOG)
        self._ended, self._end = socket.socketpair()
        self._answer = answer
        self._takes_time = takes_time
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self.closing = threading.Event()
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def start(self) -> None:
        """Listen in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Listen no longer, and close every connection that nobody waits at."""
        self.closing.set()
        self._end.close()
        self._thread.join()

    def _serve(self) -> None:
        talks: dict[int, _Connection] = {}
        with closing(self._ended), closing(self._socket), selectors.DefaultSelector() as selector:
            for ear in (self._socket, self._ended):
                selector.register(ear, selectors.EVENT_READ)
            while not self.closing.is_set():
                for ready, _ in selector.select():
                    if ready.fileobj is self._socket:
                        with suppress(OSError):  # it has gone already, or there is no room for it now
                            talk = _Connection(self._socket.accept()[0])
                            talks[talk.connection.fileno()] = talk
                            selector.register(talk.connection, selectors.EVENT_READ)
                    elif (mine := talks.get(ready.fd)) is not None and not self._go_on(mine):
                        del talks[ready.fd]
                        selector.unregister(ready.fd)
            for talk in talks.values():
                talk.connection.close()

    def _go_on(self, talk: "_Connection") -> bool:
        """Take in what has come; return False when the connection is not this thread's any more."""
        try:
            talk.take_in()
            while (http_request := talk.next_request()) is not None:
                if self._takes_time(http_request):
                    threading.Thread(target=self._serve_alone, args=(talk, http_request), daemon=True).start()
                    return False
                self._reply(talk, http_request)
        except ConnectionError:
            talk.connection.close()
            return False
        except Exception:  # of one request; the others are served
            self._complain()
            talk.connection.close()
            return False
        return True

    def _serve_alone(self, talk: "_Connection", http_request: ApiRequest | None) -> None:
        """Answer request after request of one connection until either end closes it."""
        with closing(talk.connection):
            try:
                while True:
                    while http_request is None:
                        talk.take_in()
                        http_request = talk.next_request()
                    self._reply(talk, http_request)
                    http_request = talk.next_request()
            except ConnectionError:
                return
            except Exception:
                self._complain()

    def _reply(self, talk: "_Connection", http_request: ApiRequest) -> None:
        reply = self._answer(http_request)
        if reply is CONNECTION_CLOSED:
            raise ConnectionAbortedError
        talk.connection.sendall(_written(reply))
        if http_request.headers.get("connection", "").lower() == "close":
            raise ConnectionAbortedError

    def _complain(self) -> None:
        """Say everything of a fault of ours, unless it is that all is being closed."""
        if not self.closing.is_set():
            traceback.print_exc()


class _Connection:
    """One connection, and what has come of its next request."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if sys.platform == "linux":  # elsewhere the moment of reading has to do
            with suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, _STAMPED, 1)
        self._octets = bytearray()
        self._head: _Head | None = None
        self._at = time.monotonic()

    def take_in(self) -> None:
        """Wait for more, and take it; ConnectionError when the client has closed, or says too much."""
        piece, notes, *_ = self.connection.recvmsg(_PIECE, _NOTES)
        if not piece or (self._head is None and len(self._octets) > _MOST_HEAD):
            raise ConnectionAbortedError
        if self._head is None:
            self._at = _came_at(notes)
        self._octets += piece

    def next_request(self) -> ApiRequest | None:
        """Return the next request that is there as a whole; None when more has to come."""
        if self._head is None and (end := self._octets.find(b"\r\n\r\n")) >= 0:
            self._head = _read_head(self._octets[:end].decode("latin-1"))
            del self._octets[: end + 4]
            is_body_missing = len(self._octets) < self._head.size
            if is_body_missing and self._head.headers.get("expect", "").lower() == "100-continue":
                self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        head = self._head
        if head is None or len(self._octets) < head.size:
            return None
        body = bytes(self._octets[: head.size])
        del self._octets[: head.size]
        self._head = None
        return ApiRequest(
            method=head.method, path=head.path, query=head.query, headers=head.headers, body=body, at=self._at
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Head:
    """The first line and the header fields of a request."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    size: int
    """Of the body, in bytes."""


def _read_head(text: str) -> _Head:
    first, *lines = text.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    method, _, rest = first.partition(" ")
    path, _, query = rest.partition(" ")[0].partition("?")
    size = int(headers.get("content-length", "0"))
    return _Head(method=method, path=path, query=query, headers=headers, size=size)


def _came_at(notes: Sequence[tuple[int, int, bytes]]) -> float:
    """Return when the system got what was read: this process may have been busy with other things since."""
    now = time.monotonic()
    for level, kind, octets in notes:
        if level == socket.SOL_SOCKET and kind == _STAMPED and len(octets) >= _MOMENT.size:
            seconds, nanoseconds = _MOMENT.unpack_from(octets)
            return now - max(0.0, time.time() - float(seconds) - float(nanoseconds) / 1e9)
    return now


def _written(reply: ApiResponse) -> bytes:
    more = "".join(f"{name}: {value}\r\n" for name, value in reply.headers.items())
    head = (
        f"HTTP/1.1 {reply.status} {_WORDS.get(reply.status, 'Fault')}\r\nContent-Type: {reply.kind}\r\n"
        f"Content-Length: {len(reply.body)}\r\n{more}\r\n"
    )
    return head.encode("latin-1") + reply.body
