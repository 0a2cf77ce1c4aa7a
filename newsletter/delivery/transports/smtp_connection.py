"""One SMTP connection that is open and logged in: carries a dialogue's octets to and fro, waiting or not.

On a socket that waits, `write` and `read` wait; on one that does not, they do what is possible now.
"""

import socket
import time
from contextlib import suppress

from newsletter.delivery.transports.base import Envelope, Receipt, Settled
from newsletter.delivery.transports.nonblocking_socket import Plug
from newsletter.delivery.transports.smtp_protocol import Dialogue
from newsletter.errors import TransportError

FINAL_REPLY_SECONDS = 600
"""RFC 5321 section 4.5.3.2.6: giving up earlier makes duplicates (RFC 1047)."""
_IDLE_SECONDS = 60
"""A connection unused for longer is not trusted."""


class SmtpLine:
    """A connection and what is said on it; for one thread at a time."""

    def __init__(self, connection: socket.socket, dialogue: Dialogue, *, messages: int = 1000) -> None:
        """Take over a connection that waits as long as its timeout says, for so many messages at most."""
        self._plug = Plug(connection)
        self._dialogue = dialogue
        self._messages = messages
        self._timeout = connection.gettimeout() or 0.0
        self._since = time.monotonic()
        self.is_open = True

    def fileno(self) -> int:
        """Return what a selector waits on."""
        return self._plug.fileno()

    @property
    def has_room(self) -> bool:
        """Whether another message may be begun now."""
        return self.is_open and self._dialogue.has_room and self._dialogue.begun < self._messages

    @property
    def is_idle(self) -> bool:
        """Whether no message is under way."""
        return self._dialogue.is_idle

    @property
    def is_spent(self) -> bool:
        """Whether it has carried its share of messages, or was unused for too long, and should be closed."""
        return self.is_idle and (
            self._dialogue.begun >= self._messages or time.monotonic() - self._since > _IDLE_SECONDS
        )

    @property
    def awaited(self) -> int | None:
        """The delivery whose message the next hop waits for, if it does."""
        return self._dialogue.awaited

    @property
    def is_writing(self) -> bool:
        """Whether something is to be sent before anything can be heard."""
        return not self._plug.is_stuck and self._dialogue.has_outgoing

    @property
    def deadline(self) -> float:
        """The moment of the monotonic clock at which what is under way has taken too long."""
        return self._since + (FINAL_REPLY_SECONDS if self._dialogue.awaits_verdict else self._timeout)

    def never_wait(self) -> None:
        """Do from now on only what is possible at once."""
        self._plug.wait_at_most(0)

    def begin(self, envelope: Envelope, message: bytes) -> None:
        """Announce a message; SendingHalted when it is too large. What comes of it is returned later."""
        self._dialogue.begin(envelope, message)
        self._since = time.monotonic()

    def hand_over(self) -> None:
        """Let the message follow that is awaited: it may be taken from now on."""
        self._dialogue.hand_over()

    def write(self) -> list[Settled]:
        """Send what is to be sent; return what was settled by that, for a connection may be gone."""
        while self._dialogue.has_outgoing:
            try:
                count = self._plug.send(self._dialogue.outgoing())
            except OSError as error:
                return self.give_up(_words(error))
            if not count:
                return []
            self._dialogue.sent(count)
            self._since = time.monotonic()
        return []

    def read(self) -> list[Settled]:
        """Hear what the next hop says, and return what was settled by that."""
        try:
            octets = self._plug.receive()
        except OSError as error:
            return self.give_up(_words(error))
        if octets is None:
            return []
        if not octets:
            return self.give_up("the server closed the connection")
        self._since = time.monotonic()
        settled = self._dialogue.heard(octets)
        if self._dialogue.is_over:
            self.give_up("the connection ended")
        return settled

    def submit(self, envelope: Envelope, message: bytes) -> Receipt | TransportError | None:
        """Hand over one message and wait for what becomes of it; None when the connection had ended before."""
        if self._dialogue.begun and not self._is_silent():
            return None
        self.begin(envelope, message)
        while True:
            if self.awaited is not None:
                self.hand_over()
            settled = self.write()
            if not settled:
                if self._dialogue.awaits_verdict:
                    self._plug.wait_at_most(FINAL_REPLY_SECONDS)
                settled = self.read()
                if self.is_open:
                    self._plug.wait_at_most(self._timeout)
            for _, found in settled:
                return found

    def _is_silent(self) -> bool:
        """Whether the next hop has said nothing since it was last asked; else the line is closed."""
        self._plug.wait_at_most(0)
        self.read()
        if self.is_open:
            self._plug.wait_at_most(self._timeout)
        return self.is_open

    def give_up(self, reason: str) -> list[Settled]:
        """Close without a word; return what that means for the messages under way."""
        settled = self._dialogue.broken(reason)
        self.is_open = False
        self._plug.close()
        return settled

    def close(self) -> None:
        """Say goodbye, where that can be understood, without waiting for an answer."""
        if self.is_open and self.is_idle:
            with suppress(OSError):
                self._plug.send((memoryview(b"QUIT\r\n"),))
        self.give_up("it was closed here")


def _words(error: OSError) -> str:
    return str(error) or type(error).__name__
