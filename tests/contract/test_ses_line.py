"""A line to SES, octet by octet: what has been taken, may have been, or surely has not."""

import select
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
import trustme

from newsletter.aws import HttpResponse
from newsletter.delivery.transports.base import Envelope, Receipt, Settled
from newsletter.delivery.transports.ses_connection import SesLine
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


def judge(answer: HttpResponse) -> Receipt | TransportError:
    return Receipt(reference=answer.body.decode())


def line_on(connection: socket.socket) -> SesLine:
    return SesLine(connection, lambda _, message: (b"head", message), judge, lambda: None)


def connected() -> tuple[socket.socket, socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        here = socket.create_connection(listening.getsockname())
        there, _ = listening.accept()
    there.settimeout(10)
    return here, there


@pytest.fixture
def ends() -> Iterator[tuple[SesLine, socket.socket]]:
    """A line, and the other end of its connection."""
    here, there = connected()
    with there, closing(line_on(here)) as line:
        yield line, there


def begin(line: SesLine, message: bytes = b"body") -> None:
    line.begin(ENVELOPE, message)
    assert line.awaited == 7
    line.hand_over()
    assert line.awaited is None


def served(line: SesLine) -> list[Settled]:
    """Do as a switchboard does until something is settled, or the line has ended."""
    while line.is_open:
        wanted: tuple[list[SesLine], list[SesLine]] = ([], [line]) if line.is_writing else ([line], [])
        assert any(select.select(*wanted, [], 10))
        if settled := line.write() if line.is_writing else line.read():
            return settled
    return []


def test_an_answer_settles_it_and_the_line_takes_the_next(ends: tuple[SesLine, socket.socket]) -> None:
    line, there = ends
    for _ in range(2):
        begin(line)
        assert not line.has_room
        assert line.write() == []
        assert there.recv(100) == b"headbody"
        for octet in OK[:-1]:
            there.sendall(bytes([octet]))
        assert select.select([line], [], [], 10)[0]
        assert line.read() == []
        there.sendall(OK[-1:])
        assert served(line) == [(7, Receipt(reference="hi"))]
        assert line.has_room


def test_a_line_that_ends_with_its_answer_is_closed(ends: tuple[SesLine, socket.socket]) -> None:
    line, there = ends
    begin(line)
    there.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi")
    assert served(line) == [(7, Receipt(reference="hi"))]
    assert not line.is_open


def test_what_was_not_handed_over_may_go_to_any_line(ends: tuple[SesLine, socket.socket]) -> None:
    line, _ = ends
    line.begin(ENVELOPE, b"body")
    assert line.give_up("stopped") == [(7, None)]


def test_a_part_of_a_request_is_surely_not_taken(ends: tuple[SesLine, socket.socket]) -> None:
    line, there = ends
    begin(line, b"x" * 50_000_000)
    assert line.write() == []
    assert there.recv(1000)
    there.close()
    ((number, found),) = served(line)
    assert number == 7
    assert isinstance(found, Deferred)


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi", b"SSH-2.0\r\n\r\n"])
def test_a_request_without_a_whole_answer_is_in_doubt(ends: tuple[SesLine, socket.socket], said: bytes) -> None:
    line, there = ends
    begin(line)
    assert line.write() == []
    assert there.recv(100) == b"headbody"
    there.sendall(said)
    there.close()
    ((_, found),) = served(line)
    assert isinstance(found, Uncertain)
    assert not line.is_open


@pytest.mark.parametrize("said", [b"", OK])
def test_an_idle_line_that_is_closed_or_says_something_is_given_up(
    ends: tuple[SesLine, socket.socket], said: bytes
) -> None:
    line, there = ends
    there.sendall(said)
    there.close()
    assert served(line) == []
    assert not line.is_open


def test_a_second_answer_is_nobodys(ends: tuple[SesLine, socket.socket]) -> None:
    line, there = ends
    begin(line)
    assert line.write() == []
    there.sendall(OK + OK)
    assert served(line) == [(7, Receipt(reference="hi"))]
    assert not line.is_open


def test_a_request_that_cannot_be_signed_is_not_begun() -> None:
    def refuse(_: Envelope, __: bytes) -> tuple[bytes, ...]:
        raise SendingHalted("no keys")

    here, there = connected()
    with there, closing(SesLine(here, refuse, judge, lambda: None)) as line:
        with pytest.raises(SendingHalted):
            line.begin(ENVELOPE, b"body")
        assert line.has_room


def test_a_large_request_goes_through_tls() -> None:
    authority = trustme.CA()
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(theirs)
    ours = ssl.create_default_context()
    authority.configure_trust(ours)
    size = 5_000_000
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with theirs.wrap_socket(listening.accept()[0], server_side=True) as there:
                came = 0
                while came < size + 4:
                    came += len(there.recv(65536))
                there.sendall(OK)
                there.recv(1)

        thread = threading.Thread(target=serve)
        thread.start()
        connection = ours.wrap_socket(socket.create_connection(listening.getsockname()), server_hostname="localhost")
        with closing(line_on(connection)) as line:
            begin(line, b"x" * size)
            assert served(line) == [(7, Receipt(reference="hi"))]
        thread.join()
