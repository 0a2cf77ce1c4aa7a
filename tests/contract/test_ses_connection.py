"""SES connection, byte by byte: which messages are accepted, uncertain, or certainly not accepted."""

import select
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from selectors import EVENT_READ, EVENT_WRITE

import pytest
import trustme

from newsletter.aws import AwsResponse
from newsletter.delivery.transports.base import Envelope, Receipt
from newsletter.delivery.transports.ses import SesConnection
from newsletter.errors import Deferred, SendingHalted, TransportError, Uncertain

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
ENVELOPE = Envelope(
    delivery_id=7,
    mailing_id=3,
    slug="x",
    sender="b@b.example",
    from_address="a@b.example",
    recipient="c@c.example",
)


@dataclass
class Source:
    """A source of messages for a connection, and the results that it reports."""

    messages: list[bytes] = field(default_factory=list)
    may_begin: bool = True
    begun: list[int] = field(default_factory=list)
    results: list[tuple[int, Receipt | BaseException | None]] = field(default_factory=list)

    def next_message(self) -> tuple[Envelope, bytes] | None:
        return (ENVELOPE, self.messages.pop(0)) if self.messages else None

    def begin(self, delivery_id: int) -> bool:
        self.begun.append(delivery_id)
        return self.may_begin

    def finish(self, delivery_id: int, result: Receipt | BaseException | None) -> None:
        self.results.append((delivery_id, result))


def read_result(answer: AwsResponse) -> Receipt | TransportError:
    return Receipt(reference=answer.body.decode())


def connection_on(connected: socket.socket) -> SesConnection:
    return SesConnection(connected, lambda _, message: (b"head", message), read_result, lambda: None)


def connected() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        here = socket.create_connection(listening.getsockname())
        server, _ = listening.accept()
    server.settimeout(10)
    return here, server


@pytest.fixture
def ends() -> Iterator[tuple[SesConnection, Source, socket.socket]]:
    """A connection, its source and the other end of its socket."""
    here, server = connected()
    connection, source = connection_on(here), Source()
    with server:
        yield connection, source, server
        connection.close(source, "the test has ended")


def advance(connection: SesConnection, source: Source) -> list[tuple[int, Receipt | BaseException | None]]:
    """Drive the connection as the event loop does until it has a result or is closed; return the results."""
    before = len(source.results)
    events = connection.advance(source, 0)
    while events and len(source.results) == before:
        reading, writing, _ = select.select(
            [connection] if events == EVENT_READ else [], [connection] if events == EVENT_WRITE else [], [], 10
        )
        assert reading or writing
        events = connection.advance(source, EVENT_READ if reading else EVENT_WRITE)
    return source.results[before:]


def is_closed(connection: SesConnection) -> bool:
    return connection.fileno() == -1


Ends = tuple[SesConnection, Source, socket.socket]


def test_a_response_is_the_result_and_the_connection_accepts_the_next_message(ends: Ends) -> None:
    connection, source, server = ends
    for _ in range(2):
        source.messages = [b"body", b"next"]
        assert connection.advance(source, 0) == EVENT_READ
        assert source.messages.pop() == b"next", "one request at a time"
        assert server.recv(100) == b"headbody"
        for octet in OK[:-1]:
            server.sendall(bytes([octet]))
        assert select.select([connection], [], [], 10)[0]
        assert connection.advance(source, EVENT_READ) == EVENT_READ
        assert not source.results
        server.sendall(OK[-1:])
        assert advance(connection, source) == [(7, Receipt(reference="hi"))]
        assert connection.is_idle
        source.results.clear()
    assert source.begun == [7, 7]


def test_a_connection_that_ends_with_its_response_is_closed(ends: Ends) -> None:
    connection, source, server = ends
    source.messages = [b"body"]
    connection.advance(source, 0)
    server.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi")
    assert advance(connection, source) == [(7, Receipt(reference="hi"))]
    assert is_closed(connection)


def test_a_message_that_was_not_handed_over_may_use_any_connection(ends: Ends) -> None:
    connection, source, server = ends
    source.messages, source.may_begin = [b"body"], False
    connection.advance(source, 0)
    assert source.results == [(7, None)]
    server.settimeout(0.05)
    with pytest.raises(TimeoutError):
        server.recv(1)


def test_a_partial_request_is_certainly_not_accepted(ends: Ends) -> None:
    connection, source, server = ends
    source.messages = [b"x" * 50_000_000]
    assert connection.advance(source, 0) == EVENT_WRITE
    assert not source.results
    assert server.recv(1000)
    server.close()
    ((number, result),) = advance(connection, source)
    assert number == 7
    assert isinstance(result, Deferred)


@pytest.mark.parametrize("octets", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", b"SSH-2.0\r\n\r\n"])
def test_a_request_without_a_complete_response_is_uncertain(ends: Ends, octets: bytes) -> None:
    connection, source, server = ends
    source.messages = [b"body"]
    connection.advance(source, 0)
    assert not source.results
    assert server.recv(100) == b"headbody"
    server.sendall(octets)
    server.close()
    ((_, result),) = advance(connection, source)
    assert isinstance(result, Uncertain)
    assert is_closed(connection)


@pytest.mark.parametrize("octets", [b"", OK])
def test_an_idle_connection_that_is_closed_or_receives_data_is_dropped(ends: Ends, octets: bytes) -> None:
    connection, source, server = ends
    server.sendall(octets)
    server.close()
    assert advance(connection, source) == []
    assert is_closed(connection)


def test_a_second_response_belongs_to_no_message(ends: Ends) -> None:
    connection, source, server = ends
    source.messages = [b"body"]
    connection.advance(source, 0)
    assert not source.results
    server.sendall(OK + OK)
    assert advance(connection, source) == [(7, Receipt(reference="hi"))]
    assert is_closed(connection)


def test_a_request_that_cannot_be_signed_is_not_started() -> None:
    def refuse(_: Envelope, __: bytes) -> tuple[bytes, ...]:
        raise SendingHalted("no keys")

    here, server = connected()
    source = Source(messages=[b"body"])
    with server:
        connection = SesConnection(here, refuse, read_result, lambda: None)
        assert connection.advance(source, 0) == EVENT_READ
        ((_, result),) = source.results
        assert isinstance(result, SendingHalted)
        assert not source.begun
        assert connection.is_idle
        connection.close(source, "the test has ended")


def test_a_large_request_goes_through_tls() -> None:
    authority = trustme.CA()
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(theirs)
    ours = ssl.create_default_context()
    authority.configure_trust(ours)
    size = 5_000_000
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with theirs.wrap_socket(listening.accept()[0], server_side=True) as server:
                received = 0
                while received < size + 4:
                    received += len(server.recv(65536))
                server.sendall(OK)
                server.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        secured = ours.wrap_socket(socket.create_connection(listening.getsockname()), server_hostname="localhost")
        connection, source = connection_on(secured), Source(messages=[b"x" * size])
        assert advance(connection, source) == [(7, Receipt(reference="hi"))]
        connection.close(source, "the test has ended")
        thread.join()
