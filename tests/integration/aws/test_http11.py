"""The lean client's connections, against a server that answers as it is told, byte for byte."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import trustme

from newsletter.aws.http11 import HttpConnectionPool
from newsletter.errors import Deferred, SettingsError, Uncertain

REQUEST = (b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n", b"hello")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


class Server:
    """Reads whole requests and answers with the next of its pieces; b"" closes, None closes before reading."""

    def __init__(self, *answers: list[bytes] | None, tls: ssl.SSLContext | None = None) -> None:
        self._answers = iter(answers)
        self._tls = tls
        self.connections = 0
        self.requests: list[bytes] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"{'https' if tls else 'http'}://localhost:{self._listening.getsockname()[1]}/x"
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            try:
                if self._tls is not None:
                    connection = self._tls.wrap_socket(connection, server_side=True)
                self._converse(connection)
            except OSError:
                pass
            connection.close()

    def _converse(self, connection: socket.socket) -> None:
        while True:
            octets = b""
            while not octets.endswith((b"hello", b"\r\n\r\n")) or octets.startswith(b"POST") * (
                not octets.endswith(b"hello")
            ):
                piece = connection.recv(65536)
                if not piece:
                    return
                octets += piece
            self.requests.append(octets)
            for piece in next(self._answers) or []:
                if not piece:
                    return
                connection.sendall(piece)

    def close(self) -> None:
        self._listening.close()


@contextmanager
def asking(
    server: Server, tls: ssl.SSLContext | None = None, answer_seconds: float = 5.0
) -> Iterator[HttpConnectionPool]:
    there = HttpConnectionPool(
        url=server.url, tls=tls or ssl.create_default_context(), proxy=None, answer_seconds=answer_seconds
    )
    try:
        yield there
    finally:
        there.close()
        server.close()


@pytest.mark.parametrize(
    ("pieces", "body"),
    [
        ([OK], b"hi"),
        ([bytes([octet]) for octet in OK], b"hi"),
        ([b"HTTP/1.1 100 Continue\r\n\r\n", OK], b"hi"),
        ([b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1;x=y\r\nd\r\n0\r\n\r\n"], b"abcd"),
        (
            [
                b"HTTP/1.1 200 OK\r\ntransfer-encoding: Chunked\r\n\r\nA\r\n0123",
                b"456789\r\n0\r\nTrailer: x\r\n\r\n",
            ],
            b"0123456789",
        ),
    ],
)
def test_an_answer_is_read_however_it_comes_and_its_connection_is_kept(pieces: list[bytes], body: bytes) -> None:
    server = Server(pieces, [OK])
    with asking(server) as there:
        assert there.ask(REQUEST).body == body
        assert there.ask(REQUEST).body == b"hi"
    assert server.connections == 1
    assert server.requests == [b"".join(REQUEST)] * 2


@pytest.mark.parametrize(
    "pieces",
    [
        [b"HTTP/1.1 200 OK\r\n\r\nhi", b""],
        [b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi", b""],
        [b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi", b""],
    ],
)
def test_a_connection_that_ends_is_not_kept(pieces: list[bytes]) -> None:
    server = Server(pieces, [OK])
    with asking(server) as there:
        assert there.ask(REQUEST).body == b"hi"
        assert there.ask(REQUEST).body == b"hi"
    assert server.connections == 2


@pytest.mark.parametrize(
    "pieces",
    [
        [b""],
        [b"HTTP/1.1 200", b""],
        [b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhi", b""],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"],
        [b"SSH-2.0-OpenSSH\r\n\r\n"],
        [b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"],
    ],
)
def test_what_is_broken_after_the_request_leaves_doubt_and_is_not_asked_again(pieces: list[bytes]) -> None:
    server = Server(pieces, [OK])
    with asking(server) as there:
        with pytest.raises(Uncertain):
            there.ask(REQUEST)
        assert len(server.requests) == 1
        assert there.ask(REQUEST).body == b"hi"


def test_silence_leaves_doubt() -> None:
    server = Server([])
    with asking(server, answer_seconds=0.1) as there, pytest.raises(Uncertain, match="timed out"):
        there.ask(REQUEST)


def test_a_request_that_did_not_leave_whole_is_safe_to_try_again() -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
    there = HttpConnectionPool(url=url, tls=ssl.create_default_context(), proxy=None, answer_seconds=0.2)
    with pytest.raises(Deferred, match="before all was sent"):
        there.ask((b"x" * 100_000_000,))  # nobody reads it
    listening.close()


def test_a_kept_connection_that_was_closed_or_lay_idle_is_opened_anew() -> None:
    server = Server([OK, b""], [OK], [OK])
    with asking(server) as there:
        there.ask(REQUEST)
        there._idle[0]._poll.poll(2000)
        there.ask(REQUEST)
        assert server.connections == 2
        there._idle_seconds = 0.0
        there._idle[0].socket.shutdown(socket.SHUT_WR)
        there.ask(REQUEST)
        assert server.connections == 3
    assert len(server.requests) == 3


def test_tls_is_verified_and_a_certificate_that_is_not_trusted_sends_nothing() -> None:
    authority = trustme.CA()
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(server_side)
    client_side = ssl.create_default_context()
    server = Server([OK], [OK], tls=server_side)
    stranger = HttpConnectionPool(url=server.url, tls=ssl.create_default_context(), proxy=None)
    with pytest.raises(Deferred, match="certificate"):
        stranger.ask(REQUEST)
    assert not server.requests
    authority.configure_trust(client_side)
    with asking(server, client_side) as there:
        assert there.ask(REQUEST).body == b"hi"
        assert there.ask(REQUEST).body == b"hi"
    assert server.connections == 2


def test_a_proxy_is_asked_for_a_tunnel_with_its_password() -> None:
    proxy = Server([b"HTTP/1.1 200 Connected\r\n\r\n"], [OK])
    there = HttpConnectionPool(
        url="http://ses.example:81/x",
        tls=ssl.create_default_context(),
        proxy=f"http://me:s%20t@127.0.0.1:{proxy.port}",
    )
    assert there.ask(REQUEST).body == b"hi"
    assert proxy.requests[0].startswith(b"CONNECT ses.example:81 HTTP/1.")
    assert b"Proxy-Authorization: Basic bWU6cyB0" in proxy.requests[0]
    there.close()
    proxy.close()
    with pytest.raises(SettingsError, match="boto3"):
        HttpConnectionPool(url="https://x", tls=ssl.create_default_context(), proxy="https://proxy.example")


def test_a_server_that_is_not_there_is_safe_to_try_again() -> None:
    there = HttpConnectionPool(url="https://nowhere.invalid/x", tls=ssl.create_default_context(), proxy=None)
    with pytest.raises(Deferred, match=r"nowhere\.invalid"):
        there.ask(REQUEST)
