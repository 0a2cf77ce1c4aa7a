"""Child process of the sandbox: executes one request after another, each within its limits of CPU time and memory.

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
from newsletter.replies.parsing.message import MAX_RAW_BYTES, ParsedMessage, parse_message
from newsletter.replies.sandbox import protocol

MEMORY = 256 * 1024 * 1024
"""Octets of memory, the interpreter's own included."""
_MAX_ISSUES = 40
"""Issues whose texts are kept."""


@dataclass(slots=True)
class _State:
    """What is kept from one request to the next."""

    last: ParsedMessage = field(default_factory=lambda: ParsedMessage(headers=Headers(())))
    """The message that was parsed last: it need not be sent back to be extracted."""
    issues: dict[str, KnownText] = field(default_factory=dict)
    """The texts of issues, by their hash."""


def serve(inbox: IO[bytes], outbox: IO[bytes]) -> None:
    """Answer requests until the pipe is closed, within the limit of memory that is set first."""
    with contextlib.suppress(ValueError, OSError):  # where the system has no such limit
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    state = _State()
    while head := inbox.read(protocol.HEAD):
        text, octets = protocol.frame_lengths(head)
        request = json.loads(inbox.read(text))
        raw = inbox.read(octets)
        signal.setitimer(signal.ITIMER_PROF, float(request["seconds"]))
        answer = _answer(request, raw, state)
        signal.setitimer(signal.ITIMER_PROF, 0)
        outbox.write(protocol.pack(answer))
        outbox.flush()


def _answer(request: dict[str, Any], raw: bytes, state: _State) -> Any:
    kind = request["kind"]
    if kind == "parse":
        state.last = parse_message(raw)
        return protocol.message_to_json(state.last)
    if kind == "parse headers":
        headers, _, _ = read_headers(raw[:MAX_RAW_BYTES].replace(b"\r\n", b"\n").lstrip(b"\n"))
        return protocol.message_to_json(ParsedMessage(headers=headers, is_cut=True))
    if kind == "verify":
        from newsletter.replies.authentication import verify_signatures  # not needed to extract

        keys = {name: None if key is None else b64decode(key) for name, key in request["keys"].items()}
        headers = protocol.headers_from_json(request["headers"])
        signatures = verify_signatures(raw, headers, keys, datetime.fromisoformat(request["now"]))
        return [protocol.signature_to_json(signature) for signature in signatures]
    if kind == "issue":
        while len(state.issues) >= _MAX_ISSUES:
            del state.issues[next(iter(state.issues))]
        state.issues[request["name"]] = KnownText.of(request["text"], request["html"])
        return None
    known = state.issues.get(request["issue"]) if request["issue"] else None
    if known is None and request["others"]:
        known = KnownText.of("")
    if known is not None:
        for text in request["others"]:
            known = known.also(text)
    if request["is_last"]:
        return protocol.extraction_to_json(extract(state.last.text, state.last.html, known))
    return protocol.extraction_to_json(extract(request["text"], request["html"], known))


if __name__ == "__main__":
    serve(sys.stdin.buffer, sys.stdout.buffer)
