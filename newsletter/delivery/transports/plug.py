"""A plug: a connected socket, in clear or in TLS, that makes nobody wait."""

import socket
import ssl
from contextlib import suppress

_NOT_NOW = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
_AT_ONCE = 1 << 16


class Plug:
    """Carries octets as far as that goes at once; its methods raise OSError where the connection is broken."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.setblocking(False)
        self._connection = connection
        self.is_stuck = False
        """Whether TLS has to hear something before it can send."""

    def fileno(self) -> int:
        """Return what a selector waits on."""
        return self._connection.fileno()

    def send(self, octets: memoryview) -> int:
        """Give the system what it takes; return how many octets that was."""
        try:
            return self._connection.send(octets)
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
            self._connection.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            self._connection.close()
