"""Non-blocking socket: a connected socket, in clear or in TLS, that sends and receives as much as possible at once."""

import socket
import ssl
from collections.abc import Sequence
from contextlib import suppress

_WOULD_BLOCK = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_MAX_RECEIVE = 1 << 16
_TLS_RECORD = 1 << 14
"""Octets in one record of TLS at most (RFC 8446 section 5.1)."""


class NonblockingSocket:
    """Takes over a connected socket; its methods raise OSError where the connection is broken."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(0)
        self._connection = connection
        self._is_encrypted = isinstance(connection, ssl.SSLSocket)
        self.must_read_first = False
        """Whether TLS has to receive something before it can send."""

    def fileno(self) -> int:
        """Return the descriptor that a selector waits on."""
        return self._connection.fileno()

    def send(self, buffers: Sequence[memoryview]) -> int:
        """Send what the system takes now, uncopied where possible; return how many octets that was."""
        try:
            if not self._is_encrypted:
                return self._connection.sendmsg(buffers)
            first = buffers[0]
            return self._connection.send(first if len(first) >= _TLS_RECORD else b"".join(buffers))
        except _WOULD_BLOCK as error:
            self.must_read_first = isinstance(error, ssl.SSLWantReadError)
            return 0

    def receive(self) -> bytes | None:
        """Return what has come: b"" when the other end has closed, None when nothing has come."""
        self.must_read_first = False
        try:
            return self._connection.recv(_MAX_RECEIVE)
        except _WOULD_BLOCK:
            return None

    def close(self) -> None:
        """Close the connection at once."""
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)  # or closing waits for a thread that still reads
        with suppress(OSError):
            self._connection.close()
