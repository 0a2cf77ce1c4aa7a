"""The sandbox: asks a child process to parse and extract, and kills it when it takes too much time or memory.

A child serves many messages; one that dies takes only its own message along, and the next message gets a new child.
"""

import hashlib
import json
import os
import selectors
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, TypeVar, cast

from newsletter.replies.extract import Extraction, SentText
from newsletter.replies.parsing.headers import Headers
from newsletter.replies.parsing.message import MAX_RAW_BYTES, ParsedMessage
from newsletter.replies.sandbox import protocol
from newsletter.replies.sandbox.fork import Fork, can_fork

if TYPE_CHECKING:
    from newsletter.replies.authentication import DkimSignature

_Read = TypeVar("_Read")
SECONDS = 1.0
"""CPU time for one request."""
_CHILD = (sys.executable, "-P", "-m", "newsletter.replies.sandbox.child")
_ISSUE_SECONDS = 10.0
"""CPU time for the author's own issue, which may be long."""
_WALL_SECONDS = 30.0
"""Time by the clock for an answer, on a busy machine."""
_MAX_ANSWER = 64 * 1024 * 1024
_ENVIRONMENT = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "SYSTEMROOT", "COVERAGE_PROCESS_START")
"""Environment variables that a child gets: none holds a secret."""


class UnreadableMessage(Exception):
    """A message could not be parsed or extracted within the limits of time and memory."""


class Sandbox:
    """One child process at a time, started when it is first needed; close it when the mailbox is read."""

    def __init__(
        self, seconds: float | None = None, command: Sequence[str] = _CHILD, *, is_forked: bool = False
    ) -> None:
        """Start nothing yet; each request gets `seconds` of CPU time, by default SECONDS.

        With `is_forked` the child is made by forking this process, where that can be done. It begins at once and can
        read what this process could, so that is for processes without secrets.
        """
        self._seconds = SECONDS if seconds is None else seconds
        self._command = command
        self._is_forked = is_forked
        self._child: subprocess.Popen[bytes] | Fork | None = None
        self._issues: set[str] = set()
        self._last: ParsedMessage | None = None

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def parse(self, raw: bytes) -> ParsedMessage:
        """Parse one message; its header fields alone if that is all that can be parsed."""
        raw = raw[: MAX_RAW_BYTES + 1]
        with suppress(UnreadableMessage):
            return self.parse_whole(raw)
        with suppress(UnreadableMessage):
            return self._request(protocol.message_from_json, {"kind": "parse headers"}, raw)
        return ParsedMessage(headers=Headers(()), is_cut=True)

    def parse_whole(self, raw: bytes) -> ParsedMessage:
        """Parse one message, or raise UnreadableMessage."""
        self._last = self._request(protocol.message_from_json, {"kind": "parse"}, raw[: MAX_RAW_BYTES + 1])
        return self._last

    def extract(self, message: ParsedMessage, sent: SentText | None = None) -> Extraction:
        """Extract what a message's sender wrote, or raise UnreadableMessage; `sent` is what it may quote."""
        if not self._is_alive():
            self.close()  # a new child knows no issue yet
        sent = sent or SentText()
        is_last = message is self._last and self._is_alive()
        issue = self._send_issue(sent.issue) if sent.issue else ""
        request = {
            "kind": "extract",
            "is_last": is_last,
            "text": "" if is_last else message.text,
            "html": "" if is_last else message.html,
            "issue": issue,
            "others": list(sent.others),
        }
        return self._request(protocol.extraction_from_json, request)

    def _send_issue(self, issue: tuple[str, str]) -> str:
        """Send an issue's text and HTML unless the child has it, and return the name it has there."""
        name = hashlib.sha256("\0".join(issue).encode(errors="surrogatepass")).hexdigest()
        if name not in self._issues:
            request = {"kind": "issue", "name": name, "text": issue[0], "html": issue[1]}
            self._request(lambda answer: answer, request, seconds=_ISSUE_SECONDS)
            self._issues.add(name)
        return name

    def verify(
        self, raw: bytes, headers: Headers, keys: Mapping[str, bytes | None], now: datetime
    ) -> tuple["DkimSignature", ...]:
        """Verify a message's DKIM signatures; none if that takes too long."""
        if not headers.all_written("dkim-signature"):
            return ()
        request: dict[str, Any] = {
            "kind": "verify",
            "headers": protocol.headers_to_json(headers),
            "keys": {name: None if key is None else b64encode(key).decode() for name, key in keys.items()},
            "now": now.isoformat(),
        }
        try:
            return self._request(
                lambda signatures: tuple(map(protocol.signature_from_json, signatures)), request, raw, seconds=3.0
            )
        except UnreadableMessage:
            return ()

    def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        self._issues.clear()
        self._last = None
        if child is not None:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                with suppress(OSError):
                    cast("IO[bytes]", pipe).close()

    def _request(
        self,
        read: Callable[[Any], _Read],
        request: dict[str, Any],
        octets: bytes = b"",
        *,
        seconds: float | None = None,
    ) -> _Read:
        """Return what `read` makes of the child's answer; without one UnreadableMessage, and the child is gone."""
        try:
            frame = protocol.pack({**request, "seconds": seconds or self._seconds}, octets)
            return read(json.loads(self._exchange(frame)))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            self.close()
            raise UnreadableMessage("it cannot be read within its limits of time and memory") from error
        except BaseException:
            self.close()
            raise

    def _exchange(self, frame: bytes) -> bytes:
        child = self._started()
        end = time.monotonic() + _WALL_SECONDS
        left = memoryview(frame)
        answer = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(cast("IO[bytes]", child.stdin), selectors.EVENT_WRITE)
            selector.register(cast("IO[bytes]", child.stdout), selectors.EVENT_READ)
            while not _is_complete(answer):
                ready = selector.select(max(0.0, end - time.monotonic()))
                if not ready:
                    raise TimeoutError("no answer in time")
                for key, _ in ready:
                    if key.fileobj is child.stdin:
                        left = left[os.write(key.fd, left[:65_536]) :]
                        if not left:
                            selector.unregister(key.fileobj)
                        continue
                    piece = os.read(key.fd, 1 << 20)
                    answer += piece
                    if not piece or len(answer) > _MAX_ANSWER:
                        raise BrokenPipeError("the child has ended" if not piece else "an endless answer")
        return bytes(answer[protocol.HEAD :])

    def _is_alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def _started(self) -> "subprocess.Popen[bytes] | Fork":
        if self._child is not None and self._is_alive():
            return self._child
        self.close()
        if self._is_forked and can_fork():
            self._child = Fork()
        else:
            self._child = subprocess.Popen(  # noqa: S603 - our own interpreter, and a module of ours
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env={name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
                start_new_session=True,
            )
        return self._child


def _is_complete(answer: bytearray) -> bool:
    head = bytes(answer[: protocol.HEAD])
    return len(head) == protocol.HEAD and len(answer) >= protocol.HEAD + sum(protocol.frame_lengths(head))
