"""A name server is asked within a time, and one that is silent is not asked for ever."""

import socket
from collections.abc import Iterator
from threading import Thread

import dns.message
import dns.rdatatype
import dns.rrset
import pytest

from newsletter.replies import DnsKeys
from newsletter.replies.authentication import LookupFailure
from newsletter.replies.authentication.dns_keys import MOST_FAILURES

NAME = "s1._domainkey.example.net"


@pytest.fixture
def server() -> Iterator[tuple[int, list[str]]]:
    """A real name server on a port of its own: it knows one name, and never answers for *.silent."""
    asked: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as door:
        door.bind(("127.0.0.1", 0))
        door.settimeout(0.2)
        stopped: list[bool] = []

        def serve() -> None:
            while not stopped:
                try:
                    packet, peer = door.recvfrom(4096)
                except TimeoutError:
                    continue
                question = dns.message.from_wire(packet)
                name = question.question[0].name.to_text()
                asked.append(name)
                if name.endswith("silent."):
                    continue
                answer = dns.message.make_response(question)
                if name == f"{NAME}.":
                    answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", '"v=DKIM1; " "p=abc"'))
                else:
                    answer.set_rcode(dns.rcode.NXDOMAIN)
                door.sendto(answer.to_wire(), peer)

        thread = Thread(target=serve)
        thread.start()
        yield door.getsockname()[1], asked
        stopped.append(True)
        thread.join()


def test_a_record_is_its_strings_joined_and_asked_for_once(server: tuple[int, list[str]]) -> None:
    port, asked = server
    keys = DnsKeys(nameservers=("127.0.0.1",), port=port)
    assert keys.txt(NAME) == keys.txt(NAME) == b"v=DKIM1; p=abc"
    assert keys.txt("s1._domainkey.example.org") is LookupFailure.NO_RECORD
    assert len(asked) == 2


def test_silence_ends_in_time_and_after_some_of_it_nobody_is_asked(server: tuple[int, list[str]]) -> None:
    port, asked = server
    keys = DnsKeys(patience=0.3, nameservers=("127.0.0.1",), port=port)
    for number in range(20):
        assert keys.txt(f"{number}.silent") is LookupFailure.TRY_AGAIN
    assert len(set(asked)) == MOST_FAILURES
