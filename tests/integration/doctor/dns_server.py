"""A real name server on this machine, which answers what a test published, over UDP and TCP."""

import socketserver
import struct
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset

Zone = Mapping[tuple[str, str], Sequence[str]]
"""Records as DNS writes them, by name and kind; a TXT is its text."""


def answer(zone: Zone, wire: bytes) -> bytes:
    asked = dns.message.from_wire(wire)
    said = dns.message.make_response(asked)
    said.flags |= dns.flags.AA
    question = asked.question[0]
    name = question.name.to_text(omit_final_dot=True).lower()
    kind = dns.rdatatype.to_text(question.rdtype)
    found = zone.get((name, kind), ())
    if kind == "TXT":
        found = [_quoted(text) for text in found]
    if found:
        said.answer.append(dns.rrset.from_text(question.name, 60, dns.rdataclass.IN, kind, *found))
    elif not any(known == name for known, _ in zone):
        said.set_rcode(dns.rcode.NXDOMAIN)
    return said.to_wire(max_size=65000)


def _quoted(text: str) -> str:
    pieces = [text[start : start + 255] for start in range(0, len(text), 255)] or [""]
    return " ".join('"' + piece.replace('"', '\\"') + '"' for piece in pieces)


@contextmanager
def serving(zone: Zone, *, is_silent: bool = False) -> Iterator[str]:
    """Serve a zone; yields ADDRESS:PORT. A silent server takes questions and answers none."""

    class Udp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            octets, line = self.request
            if not is_silent:
                said = answer(zone, octets)
                if len(said) > 1232:
                    cut = dns.message.from_wire(said)
                    cut.answer.clear()
                    cut.flags |= dns.flags.TC
                    said = cut.to_wire()
                line.sendto(said, self.client_address)

    class Tcp(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            length = self.rfile.read(2)
            if len(length) == 2 and not is_silent:
                said = answer(zone, self.rfile.read(struct.unpack("!H", length)[0]))
                self.wfile.write(struct.pack("!H", len(said)) + said)

    udp, tcp = _listening_alike(Udp, Tcp)
    with udp, tcp:
        servers: list[Any] = [udp, tcp]
        threads = [threading.Thread(target=each.serve_forever, kwargs={"poll_interval": 0.05}) for each in servers]
        for thread in threads:
            thread.start()
        try:
            yield f"127.0.0.1:{udp.server_address[1]}"
        finally:
            for each in servers:
                each.shutdown()
            for thread in threads:
                thread.join()


def _listening_alike(
    udp: type[socketserver.BaseRequestHandler], tcp: type[socketserver.BaseRequestHandler]
) -> tuple[socketserver.ThreadingUDPServer, socketserver.ThreadingTCPServer]:
    """Listen at a port that is free for both, which a free one need not be."""
    while True:
        first = socketserver.ThreadingUDPServer(("127.0.0.1", 0), udp)
        try:
            return first, socketserver.ThreadingTCPServer(("127.0.0.1", first.server_address[1]), tcp)
        except OSError:
            first.server_close()
