"""The smallest HTTP/1.1 server that AWS's clients need: a thread a connection, and little done for each request.

A benchmark of senders runs on the machine that it shares with this one, and should not measure this one.
"""

import socket
import socketserver
import struct
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

_PIECE = 262_144
_MOST_HEAD = 65_536
_STAMPED = 35
"""Linux's SO_TIMESTAMPNS, and what its notes are called; Python has no name for it."""
_MOMENT = struct.Struct("@qq")
_NOTES = socket.CMSG_SPACE(_MOMENT.size)
_WORDS = {200: "OK"}
CONNECTION_CLOSED = None
"""What is answered where nothing is to be said, and the connection closed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
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
class Reply:
    """What is answered."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    kind: str = "application/json"


class Listener(socketserver.ThreadingTCPServer):
    """Listens on this machine only, and answers each request by `answer`."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, answer: Callable[[Request], Reply | None]) -> None:
        super().__init__(("127.0.0.1", port), _Conversation)
        self.answer = answer
        self.closing = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of a client that was killed, and everything of a fault of ours."""
        if not isinstance(sys.exception(), ConnectionError) and not self.closing.is_set():
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def start(self) -> None:
        """Listen in a thread of its own."""
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        """Listen no longer; whoever waits inside `answer` can see it by `closing`."""
        self.closing.set()
        self.shutdown()
        self.server_close()


class _Conversation(socketserver.BaseRequestHandler):
    """One connection."""

    server: Listener
    request: socket.socket

    def handle(self) -> None:
        """Answer request after request until either end closes."""
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if sys.platform == "linux":  # elsewhere the moment of reading has to do
            with suppress(OSError):
                self.request.setsockopt(socket.SOL_SOCKET, _STAMPED, 1)
        left = b""
        while (found := _read(self.request, left)) is not None:
            asked, left = found
            reply = self.server.answer(asked)
            if reply is CONNECTION_CLOSED:
                return
            self.request.sendall(_written(reply))
            if asked.headers.get("connection", "").lower() == "close":
                return


def _read(connection: socket.socket, octets: bytes) -> tuple[Request, bytes] | None:
    """Return the next request and what was read beyond it; None when the client has closed."""
    at = time.monotonic()
    while (end := octets.find(b"\r\n\r\n")) < 0:
        piece, notes, *_ = connection.recvmsg(_PIECE, _NOTES)
        at = _came_at(notes)
        if not piece or len(octets) > _MOST_HEAD:
            return None
        octets += piece
    first, *lines = octets[:end].decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    method, _, rest = first.partition(" ")
    path, _, query = rest.partition(" ")[0].partition("?")
    size = int(headers.get("content-length", "0"))
    pieces, missing = [octets[end + 4 :]], size - (len(octets) - end - 4)
    if missing > 0 and headers.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    while missing > 0:
        piece = connection.recv(min(_PIECE, missing))
        if not piece:
            return None
        pieces.append(piece)
        missing -= len(piece)
    whole = b"".join(pieces)
    asked = Request(method=method, path=path, query=query, headers=headers, body=whole[:size], at=at)
    return asked, whole[size:]


def _came_at(notes: Sequence[tuple[int, int, bytes]]) -> float:
    """Return when the system got what was read: this process may have been busy with other things since."""
    now = time.monotonic()
    for level, kind, octets in notes:
        if level == socket.SOL_SOCKET and kind == _STAMPED and len(octets) >= _MOMENT.size:
            seconds, nanoseconds = _MOMENT.unpack_from(octets)
            return now - max(0.0, time.time() - float(seconds) - float(nanoseconds) / 1e9)
    return now


def _written(reply: Reply) -> bytes:
    more = "".join(f"{name}: {value}\r\n" for name, value in reply.headers.items())
    head = (
        f"HTTP/1.1 {reply.status} {_WORDS.get(reply.status, 'Fault')}\r\nContent-Type: {reply.kind}\r\n"
        f"Content-Length: {len(reply.body)}\r\n{more}\r\n"
    )
    return head.encode("latin-1") + reply.body
