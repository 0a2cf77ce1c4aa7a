"""The reader: asks a child process to read, and kills it when it takes too long, or too much.

A child serves many mails; one that dies takes only its own mail along, and the next mail gets a new one.
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

from newsletter.replies.extract import Extraction
from newsletter.replies.parsing.headers import Headers
from newsletter.replies.parsing.message import MAX_RAW_BYTES, Mail
from newsletter.replies.sandbox import protocol as wire
from newsletter.replies.sandbox.fork import Fork, can_fork
from newsletter.replies.sandbox.frames import HEAD, lengths, pack

if TYPE_CHECKING:
    from newsletter.replies.authentication import DkimSignature

_Read = TypeVar("_Read")
SECONDS = 1.0
"""CPU time for one step of reading one mail."""
_CHILD = (sys.executable, "-P", "-m", "newsletter.replies.sandbox.child")
_LETTER_SECONDS = 10.0
"""For the author's own letter, which may be long."""
_WALL_SECONDS = 30.0
"""For an answer, on a machine that has other things to do."""
_LONGEST_ANSWER = 64 * 1024 * 1024
_PASSED_ON = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "SYSTEMROOT", "COVERAGE_PROCESS_START")
"""What of the environment a child may know: no secret is in it."""


class UnreadableMessage(Exception):
    """A mail could not be read within its limits."""


class Sandbox:
    """One child at a time, started when it is first needed; close it when the mailbox is through."""

    def __init__(
        self, seconds: float | None = None, command: Sequence[str] = _CHILD, *, is_forked: bool = False
    ) -> None:
        """Start nothing yet; `seconds` of CPU time are given to each step, by default SECONDS.

        A sandbox that `is_forked` makes its child by forking this process, where that can be done: it reads what
        this one could, so it is for processes without secrets, and it begins at once.
        """
        self._seconds = SECONDS if seconds is None else seconds
        self._command = command
        self._is_brief = is_forked
        self._child: subprocess.Popen[bytes] | Fork | None = None
        self._letters: set[str] = set()
        self._last: Mail | None = None

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.close()

    def parse(self, raw: bytes) -> Mail:
        """Read one mail; its header fields alone if that is all that can be read."""
        raw = raw[: MAX_RAW_BYTES + 1]
        with suppress(UnreadableMessage):
            return self.parse_whole(raw)
        with suppress(UnreadableMessage):
            return self._asked(wire.to_mail, {"what": "heads"}, raw)
        return Mail(headers=Headers(()), is_cut=True)

    def parse_whole(self, raw: bytes) -> Mail:
        """Read one mail, or raise Unreadable."""
        self._last = self._asked(wire.to_mail, {"what": "read"}, raw[: MAX_RAW_BYTES + 1])
        return self._last

    def extract(self, mail: Mail, *, words: tuple[str, str] | None = None, also: Sequence[str] = ()) -> Extraction:
        """Extract what a mail's sender wrote; `words` are the text and HTML of the letter it answers.

        `also` are other texts of ours that it may quote, with or without a letter.
        """
        if not self._is_alive():
            self.close()  # a new child knows no letter yet
        letter = hashlib.sha256("\0".join(words).encode(errors="surrogatepass")).hexdigest() if words else ""
        if words and letter not in self._letters:
            named = {"what": "letter", "name": letter, "text": words[0], "html": words[1]}
            self._asked(lambda answer: answer, named, seconds=_LETTER_SECONDS)
            self._letters.add(letter)
        is_last = mail is self._last and self._is_alive()
        asked = {
            "what": "extract",
            "is_last": is_last,
            "text": "" if is_last else mail.text,
            "html": "" if is_last else mail.html,
            "letter": letter,
            "also": list(also),
        }
        return self._asked(wire.to_extraction, asked)

    def verify(
        self, raw: bytes, headers: Headers, keys: Mapping[str, bytes | None], now: datetime
    ) -> tuple["DkimSignature", ...]:
        """Verify a mail's signatures; none if that takes too long."""
        if not headers.all_written("dkim-signature"):
            return ()
        asked: dict[str, Any] = {
            "what": "verify",
            "headers": wire.of_headers(headers),
            "keys": {name: None if key is None else b64encode(key).decode() for name, key in keys.items()},
            "now": now.isoformat(),
        }
        try:
            return self._asked(lambda found: tuple(map(wire.to_signature, found)), asked, raw, seconds=3.0)
        except UnreadableMessage:
            return ()

    def close(self) -> None:
        """End the child."""
        child, self._child = self._child, None
        self._letters.clear()
        self._last = None
        if child is not None:
            child.kill()
            child.wait()
            for pipe in (child.stdin, child.stdout):
                with suppress(OSError):
                    cast("IO[bytes]", pipe).close()

    def _asked(
        self,
        read: Callable[[Any], _Read],
        request: dict[str, Any],
        octets: bytes = b"",
        *,
        seconds: float | None = None,
    ) -> _Read:
        """Return what `read` makes of the child's answer; without one Unreadable, and the child is gone."""
        try:
            frame = pack({**request, "seconds": seconds or self._seconds}, octets)
            return read(json.loads(self._exchanged(frame)))
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            self.close()
            raise UnreadableMessage("it cannot be read within its limits of time and memory") from error
        except BaseException:
            self.close()
            raise

    def _exchanged(self, frame: bytes) -> bytes:
        child = self._started()
        end = time.monotonic() + _WALL_SECONDS
        left = memoryview(frame)
        got = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(cast("IO[bytes]", child.stdin), selectors.EVENT_WRITE)
            selector.register(cast("IO[bytes]", child.stdout), selectors.EVENT_READ)
            while len(got) < HEAD or len(got) < HEAD + sum(lengths(bytes(got[:HEAD]))):
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
                    got += piece
                    if not piece or len(got) > _LONGEST_ANSWER:
                        raise BrokenPipeError("the child has ended" if not piece else "an endless answer")
        return bytes(got[HEAD:])

    def _is_alive(self) -> bool:
        return self._child is not None and self._child.poll() is None

    def _started(self) -> "subprocess.Popen[bytes] | Fork":
        if self._child is not None and self._is_alive():
            return self._child
        self.close()
        if self._is_brief and can_fork():
            self._child = Fork()
        else:
            self._child = subprocess.Popen(  # noqa: S603 - our own interpreter, and a module of ours
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                bufsize=0,
                env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
                start_new_session=True,
            )
        return self._child
