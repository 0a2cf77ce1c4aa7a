"""One kept connection to SES that makes nobody wait: a signed SendEmail goes out, and its answer is heard.

What goes wrong before the last octet has left is Deferred, for SES acts on no part of a request; then Uncertain.
"""

import socket
import time
from collections.abc import Callable, Sequence

from newsletter.aws import IDLE_TIMEOUT, RESPONSE_TIMEOUT, HttpResponse, ResponseParser
from newsletter.delivery.transports.base import Envelope, Receipt, Settled
from newsletter.delivery.transports.nonblocking_socket import Plug
from newsletter.errors import Deferred, TransportError, Uncertain

Write = Callable[[Envelope, bytes], Sequence[bytes]]
"""Makes the request of a message, in pieces; SendingHalted where that cannot be done."""
Judge = Callable[[HttpResponse], Receipt | TransportError]


class SesLine:
    """A connection and the request that is under way on it; for one thread at a time."""

    def __init__(self, connection: socket.socket, write: Write, judge: Judge, leave: Callable[[], None]) -> None:
        """Take over a connection; `leave` is called when a request is about to go, and may wait for its moment."""
        self._plug = Plug(connection)
        self._plug.wait_at_most(0)
        self._write = write
        self._judge = judge
        self._leave = leave
        self._delivery: int | None = None
        self._request: Sequence[bytes] = ()
        self._outgoing = memoryview(b"")
        self._is_handed_over = False
        self._parser = ResponseParser()
        self._since = time.monotonic()
        self.is_open = True

    def fileno(self) -> int:
        """Return what a selector waits on."""
        return self._plug.fileno()

    @property
    def has_room(self) -> bool:
        """Whether another message may be begun now."""
        return self.is_open and self._delivery is None

    @property
    def is_idle(self) -> bool:
        """Whether no message is under way."""
        return self._delivery is None

    @property
    def is_spent(self) -> bool:
        """Whether it was unused for so long that the other end may just be closing it."""
        return self.is_idle and time.monotonic() - self._since > IDLE_TIMEOUT

    @property
    def awaited(self) -> int | None:
        """The delivery whose request is ready, if there is one."""
        return None if self._is_handed_over else self._delivery

    @property
    def is_writing(self) -> bool:
        """Whether something is to be sent before anything can be heard."""
        return bool(self._outgoing) and not self._plug.is_stuck

    @property
    def deadline(self) -> float:
        """The moment of the monotonic clock at which what is under way has taken too long."""
        return self._since + RESPONSE_TIMEOUT

    def begin(self, envelope: Envelope, message: bytes) -> None:
        """Make a message's request ready; SendingHalted where it cannot be signed."""
        self._request = self._write(envelope, message)
        self._delivery = envelope.delivery_id
        self._since = time.monotonic()

    def hand_over(self) -> None:
        """Let the awaited request follow, at its moment: its message may be taken from now on."""
        self._leave()
        self._outgoing, self._request = memoryview(b"".join(self._request)), ()
        self._is_handed_over = True
        self._since = time.monotonic()

    def write(self) -> list[Settled]:
        """Send what can be sent now."""
        try:
            while self.is_writing and (count := self._plug.send((self._outgoing,))):
                self._outgoing = self._outgoing[count:]
                self._since = time.monotonic()
        except OSError as error:
            return self.give_up(_words(error))
        return []

    def read(self) -> list[Settled]:
        """Hear what has come; whatever nobody asked for ends the connection."""
        try:
            octets = self._plug.receive()
            if octets is None:
                return []
            if self._delivery is None or not self._is_handed_over or self._outgoing:
                return self.give_up("it was closed" if not octets else "it answered unasked")
            answer = self._parser.feed(octets)
        except (OSError, ValueError) as error:
            return self.give_up(_words(error))
        self._since = time.monotonic()
        if answer is None:
            return []
        settled: list[Settled] = [(self._delivery, self._judge(answer))]
        is_kept = self._parser.keeps_alive
        self._delivery, self._is_handed_over, self._parser = None, False, ResponseParser()
        if not is_kept:
            self.close()
        return settled

    def give_up(self, reason: str) -> list[Settled]:
        """Close without a word, and say what that means for the message under way."""
        delivery, self._delivery = self._delivery, None
        self.close()
        if delivery is None:
            return []
        if not self._is_handed_over:
            return [(delivery, None)]
        if self._outgoing:
            return [(delivery, Deferred(f"AWS: the connection broke before all was sent: {reason}"))]
        return [(delivery, Uncertain(f"AWS: no answer after the request was sent: {reason}"))]

    def close(self) -> None:
        """Close it; HTTP knows no goodbye."""
        self.is_open = False
        self._plug.close()


def _words(error: OSError | ValueError) -> str:
    return " ".join(str(error).split()) or type(error).__name__
