"""HTTP/1.1 client against a server that answers as a test scripts it, byte for byte."""

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
def pool_for(
    server: Server, tls: ssl.SSLContext | None = None, response_timeout: float = 5.0
) -> Iterator[HttpConnectionPool]:
    pool = HttpConnectionPool(
        url=server.url, tls=tls or ssl.create_default_context(), proxy=None, response_timeout=response_timeout
    )
    try:
        yield pool
    finally:
        pool.close()
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
def test_a_response_is_parsed_in_whatever_pieces_it_comes_and_its_connection_is_kept(
    pieces: list[bytes], body: bytes
) -> None:
    server = Server(pieces, [OK])
    with pool_for(server) as pool:
        assert pool.send(REQUEST).body == body
        assert pool.send(REQUEST).body == b"hi"
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
    with pool_for(server) as pool:
        assert pool.send(REQUEST).body == b"hi"
        assert pool.send(REQUEST).body == b"hi"
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
def test_a_broken_response_is_uncertain_and_the_request_is_not_repeated(pieces: list[bytes]) -> None:
    server = Server(pieces, [OK])
    with pool_for(server) as pool:
        with pytest.raises(Uncertain):
            pool.send(REQUEST)
        assert len(server.requests) == 1
        assert pool.send(REQUEST).body == b"hi"


def test_no_response_in_time_is_uncertain() -> None:
    server = Server([])
    with pool_for(server, response_timeout=0.1) as pool, pytest.raises(Uncertain, match="timed out"):
        pool.send(REQUEST)


def test_a_request_that_was_not_sent_whole_may_be_retried() -> None:
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
    pool = HttpConnectionPool(url=url, tls=ssl.create_default_context(), proxy=None, response_timeout=0.2)
    with pytest.raises(Deferred, match="before the whole request was sent"):
        pool.send((b"x" * 100_000_000,))  # nobody reads it
    listening.close()


def test_a_kept_connection_that_was_closed_or_too_long_idle_is_replaced() -> None:
    server = Server([OK, b""], [OK], [OK])
    with pool_for(server) as pool:
        pool.send(REQUEST)
        pool._idle[0]._poll.poll(2000)
        pool.send(REQUEST)
        assert server.connections == 2
        pool._idle_timeout = 0.0
        pool._idle[0].socket.shutdown(socket.SHUT_WR)
        pool.send(REQUEST)
        assert server.connections == 3
    assert len(server.requests) == 3


def test_nothing_is_sent_to_a_server_whose_certificate_is_not_trusted() -> None:
    authority = trustme.CA()
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(server_side)
    client_side = ssl.create_default_context()
    server = Server([OK], [OK], tls=server_side)
    distrusting_pool = HttpConnectionPool(url=server.url, tls=ssl.create_default_context(), proxy=None)
    with pytest.raises(Deferred, match="certificate"):
        distrusting_pool.send(REQUEST)
    assert not server.requests
    authority.configure_trust(client_side)
    with pool_for(server, client_side) as pool:
        assert pool.send(REQUEST).body == b"hi"
        assert pool.send(REQUEST).body == b"hi"
    assert server.connections == 2


def test_a_proxy_gets_a_connect_request_with_its_password() -> None:
    proxy = Server([b"HTTP/1.1 200 Connected\r\n\r\n"], [OK])
    pool = HttpConnectionPool(
        url="http://ses.example:81/x",
        tls=ssl.create_default_context(),
        proxy=f"http://me:s%20t@127.0.0.1:{proxy.port}",
    )
    assert pool.send(REQUEST).body == b"hi"
    assert proxy.requests[0].startswith(b"CONNECT ses.example:81 HTTP/1.")
    assert b"Proxy-Authorization: Basic bWU6cyB0" in proxy.requests[0]
    pool.close()
    proxy.close()
    with pytest.raises(SettingsError, match="boto3"):
        HttpConnectionPool(url="https://x", tls=ssl.create_default_context(), proxy="https://proxy.example")


def test_a_server_that_cannot_be_reached_may_be_retried() -> None:
    pool = HttpConnectionPool(url="https://nowhere.invalid/x", tls=ssl.create_default_context(), proxy=None)
    with pytest.raises(Deferred, match=r"nowhere\.invalid"):
        pool.send(REQUEST)
