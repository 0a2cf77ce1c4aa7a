"""The process that reads strangers' mail: one request after another, each within its time and its memory.

It ends itself when a request takes too long, by the kernel's timer, whatever it is in the middle of. It has no
secrets, opens nothing, and knows no more than what it is sent.
"""

import contextlib
import json
import resource
import signal
import sys
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO, Any

from newsletter.replies.extract import KnownText, extract
from newsletter.replies.parsing.headers import Headers, read_headers
from newsletter.replies.parsing.message import MAX_RAW_BYTES, Mail, read_mail
from newsletter.replies.sandbox import protocol as wire
from newsletter.replies.sandbox.frames import HEAD, lengths, pack

MEMORY = 256 * 1024 * 1024
"""Octets of memory, the interpreter's own included."""
_KEPT = 40
"""Letters whose words are kept at hand."""


@dataclass(slots=True)
class _Desk:
    """What is kept from one request to the next."""

    last: Mail = field(default_factory=lambda: Mail(headers=Headers(())))
    """The mail that was read last: it need not be sent back to be extracted."""
    known: dict[str, KnownText] = field(default_factory=dict)


def serve(inbox: IO[bytes], outbox: IO[bytes]) -> None:
    """Answer requests until the pipe is closed, within the limits of memory that are set first."""
    with contextlib.suppress(ValueError, OSError):  # where the system has no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    desk = _Desk()
    while head := inbox.read(HEAD):
        words, octets = lengths(head)
        request = json.loads(inbox.read(words))
        raw = inbox.read(octets)
        signal.setitimer(signal.ITIMER_PROF, float(request["seconds"]))
        answer = _answer(request, raw, desk)
        signal.setitimer(signal.ITIMER_PROF, 0)
        outbox.write(pack(answer))
        outbox.flush()


def _answer(request: dict[str, Any], raw: bytes, desk: _Desk) -> Any:
    what = request["what"]
    if what == "read":
        desk.last = read_mail(raw)
        return wire.of_mail(desk.last)
    if what == "heads":
        headers, _, _ = read_headers(raw[:MAX_RAW_BYTES].replace(b"\r\n", b"\n").lstrip(b"\n"))
        return wire.of_mail(Mail(headers=headers, is_cut=True))
    if what == "verify":
        from newsletter.replies.authentication import verify  # not needed to extract

        keys = {name: None if key is None else b64decode(key) for name, key in request["keys"].items()}
        found = verify(raw, wire.to_headers(request["headers"]), keys, datetime.fromisoformat(request["now"]))
        return [wire.of_signature(signature) for signature in found]
    if what == "letter":
        while len(desk.known) >= _KEPT:
            del desk.known[next(iter(desk.known))]
        desk.known[request["name"]] = KnownText.of(request["text"], request["html"])
        return None
    words = desk.known.get(request["letter"]) if request["letter"] else None
    if words is None and request["also"]:
        words = KnownText.of("")
    if words is not None:
        for text in request["also"]:
            words = words.also(text)
    if request["is_last"]:
        return wire.of_extraction(extract(desk.last.text, desk.last.html, words))
    return wire.of_extraction(extract(request["text"], request["html"], words))


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
