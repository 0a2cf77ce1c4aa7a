"""A plug: a connected socket, in clear or in TLS, that carries octets to and fro as far as that goes at once."""

import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress

_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_AT_ONCE = 1 << 16
_RECORD = 1 << 14
"""Octets in one record of TLS at most (RFC 8446 section 5.1)."""


class Plug:
    """Makes nobody wait, but on a socket that was given a timeout; OSError where the connection is broken."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = connection
        self._is_encrypted = isinstance(connection, ssl.SSLSocket)
        self.is_stuck = False
        """Whether TLS has to hear something before it can send."""

    def fileno(self) -> int:
        """Return what a selector waits on."""
        return self._connection.fileno()

    def wait_at_most(self, seconds: float) -> None:
        """Wait so long from now on; 0 for not at all."""
        self._connection.settimeout(seconds)

    def send(self, pieces: Sequence[memoryview]) -> int:
        """Give the system what it takes, uncopied where it can be; return how many octets that was."""
        try:
            if not self._is_encrypted:
                return self._connection.sendmsg(pieces)
            first = pieces[0]
            return self._connection.send(first if len(first) >= _RECORD else b"".join(pieces))
        except _NOT_NOW as error:
            self.is_stuck = isinstance(error, ssl.SSLWantReadError)
            return 0

    def receive(self) -> bytes | None:
        """Return what has come, nothing when the other end has closed, None when nothing has come."""
        self.is_stuck = False
        try:
            return self._connection.recv(_AT_ONCE)
        except _NOT_NOW:
            return None

    def close(self) -> None:
        """Close without a word."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)  # or closing waits for a thread that still reads
        with suppress(OSError):
            self._connection.close()
