"""One SMTP connection after its greeting: messages handed over one by one, the point of no return known.

A message counts as handed over only with the last byte of its final CRLF.CRLF. A connection lost before
that byte was given to the system has certainly not delivered it (RFC 5321 section 4.1.1.4); one lost
afterwards leaves doubt. With PIPELINING (RFC 2920) a message takes two round trips.
"""

import socket
from contextlib import suppress
from typing import BinaryIO

from newsletter.delivery.transports.smtp_replies import judge
from newsletter.errors import Deferred, Halted, Refused, TransportError, Uncertain

FINAL_REPLY_SECONDS = 600
"""RFC 5321 section 4.5.3.2.6: giving up earlier makes duplicates (RFC 1047)."""

_MAX_LINE = 8192
_MAX_LINES = 100


class Lost(Exception):
    """The connection ended while nothing of the message had been handed over for good."""


class Session:
    """An open connection that has said EHLO and logged in; for one thread at a time."""

    def __init__(self, connection: socket.socket, reader: BinaryIO, features: dict[str, str], place: str) -> None:
        self._connection = connection
        self._reader = reader
        self._place = place
        self._timeout = connection.gettimeout()
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._is_pipelining = "pipelining" in features
        size = features.get("size", "").strip()
        self._limit = int(size) if size.isdecimal() else 0
        self._has_size = "size" in features
        self.begun = 0
        """How many messages it was asked to take."""
        self.is_open = True

    def submit(self, sender: str, recipient: str, message: bytes) -> str:
        """Hand over one message and return what the server said of it.

        Raises Lost when the connection turned out to be gone, or at its end after earlier messages; and the
        transport's errors.
        """
        if self._limit and len(message) > self._limit:
            raise Refused(f"{self._place} takes {self._limit:,} bytes at most; this letter has {len(message):,}")
        size = f" SIZE={len(message)}" if self._has_size else ""
        commands = (f"MAIL FROM:<{sender}>{size}\r\n", f"RCPT TO:<{recipient}>\r\n", "DATA\r\n")
        self.begun += 1
        fault = self._open_data(tuple(command.encode("ascii") for command in commands))
        if fault is not None:
            raise fault
        code, text = self._hand_over(message)
        if code // 100 == 2:
            return text
        if code // 100 in {4, 5}:
            raise self._judged("the letter", code, text)
        self.abandon()
        raise Uncertain(f"{self._place}: the letter was answered {code} {text}, which says neither yes nor no")

    def close(self) -> None:
        """Say goodbye without waiting for an answer."""
        if self.is_open:
            with suppress(OSError):
                self._connection.sendall(b"QUIT\r\n")
        self.abandon()

    def abandon(self) -> None:
        """Close without a word."""
        self.is_open = False
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)  # or closing waits for a thread that still reads
        with suppress(OSError):
            self._reader.close()
        with suppress(OSError):
            self._connection.close()

    def _open_data(self, commands: tuple[bytes, ...]) -> TransportError | None:
        """Send the envelope; return the fault for which nothing may follow, else the server awaits the message."""
        replies: list[tuple[int, str]] = []
        if self._is_pipelining:
            self._send(b"".join(commands))
        for command in commands:
            if not self._is_pipelining:
                self._send(command)
            replies.append(self._reply())
            if replies[-1][0] == 421 and self.begun > 1:  # it takes no more on this connection
                raise Lost(f"421 {replies[-1][1]}")
            if not self.is_open or (not self._is_pipelining and replies[-1][0] // 100 not in {2, 3}):
                break
        (mail_code, mail_text), *rest = replies
        faults: list[TransportError | None] = [
            self._judged(stage, code, text)
            for stage, (code, text) in zip(("the recipient", "the letter"), rest, strict=False)
            if code // 100 not in {2, 3}
        ]
        if mail_code // 100 != 2:
            faults.insert(0, self._judged_sender(mail_code, mail_text))
        is_awaiting = len(replies) == len(commands) and replies[-1][0] == 354
        if not faults and is_awaiting:
            return None
        self._recover(has_recipient=len(replies) > 1 and replies[1][0] // 100 == 2, is_awaiting=is_awaiting)
        return faults[0] if faults else self._judged("the letter", *replies[-1])

    def _recover(self, *, has_recipient: bool, is_awaiting: bool) -> None:
        """Make the connection ready for another message, or close it; nothing was handed over."""
        if is_awaiting and has_recipient:  # ending the message would deliver it, empty
            self.abandon()
        with suppress(Lost):
            if is_awaiting and self.is_open:  # RFC 2920 section 3.1: end a message that has no recipient
                self._send(b".\r\n")
                self._reply()
            if self.is_open:
                self._send(b"RSET\r\n")
                self._reply()

    def _hand_over(self, message: bytes) -> tuple[int, str]:
        octets = message.replace(b"\r\n.", b"\r\n..") + b".\r\n"
        try:
            view = memoryview(octets)
            while view:
                view = view[self._connection.send(view) :]
        except OSError as error:  # the last byte was never given to the system
            self.abandon()
            raise Deferred(f"{self._place}: the connection broke before the letter's end: {error}") from error
        try:
            self._connection.settimeout(FINAL_REPLY_SECONDS)
            reply = self._reply()
            if self.is_open:
                self._connection.settimeout(self._timeout)
        except (Lost, OSError) as error:
            self.abandon()
            raise Uncertain(f"{self._place}: no answer after the letter was handed over: {error}") from error
        return reply

    def _send(self, octets: bytes) -> None:
        try:
            self._connection.sendall(octets)
        except OSError as error:
            self.abandon()
            raise Lost(str(error)) from error

    def _reply(self) -> tuple[int, str]:
        """Read one reply of one or more lines (RFC 5321 section 4.2.1); the connection is closed after a 421."""
        lines = [self._line()]
        while lines[-1][3:4] == "-" and len(lines) < _MAX_LINES:
            lines.append(self._line())
        code, separator = lines[-1][:3], lines[-1][3:4]
        if not (len(code) == 3 and code.isascii() and code.isdecimal() and separator in {"", " "}):
            self.abandon()  # what follows could be taken for an answer to something else
            raise Lost(f"not an SMTP reply: '{lines[-1][:60]}'")
        if code == "421":
            self.abandon()
        return int(code), " ".join(line[4:] for line in lines if line[4:])[:300]

    def _line(self) -> str:
        try:
            octets = self._reader.readline(_MAX_LINE)
        except OSError as error:
            self.abandon()
            raise Lost(str(error) or "no answer in time") from error
        if not octets.endswith(b"\n"):
            self.abandon()
            raise Lost("the server closed the connection")
        return octets.decode("utf-8", "replace").rstrip()

    def _judged(self, stage: str, code: int, text: str) -> TransportError:
        return judge(f"{self._place}: {stage} was answered {code} {text}", code, text)

    def _judged_sender(self, code: int, text: str) -> TransportError:
        error = self._judged("the sender", code, text)
        if code == 552:  # RFC 1870 section 6.1: too large, whoever sends it
            return error
        return Halted(f"{error}. Check the list's 'from' and [replies]") if isinstance(error, Refused) else error
