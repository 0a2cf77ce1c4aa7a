"""uvicorn, configured for us: it logs nothing itself, shuts down cleanly, and leaves the exit code to the caller."""

import asyncio
import errno
import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from newsletter.errors import describe

_KEEP_ALIVE_SECONDS = 5
_MAX_HEADER_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Listening:
    """A server that accepts connections."""

    url: str
    """Where it listens."""


class UvicornServer(uvicorn.Server):
    """uvicorn's server, which shuts down cleanly at SIGINT and SIGTERM and does not raise them again."""

    def __init__(self, config: uvicorn.Config) -> None:
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
        super().__init__(config)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            yield
            self._captured_signals.clear()  # or uvicorn raises the signal again, and the process dies of it
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):  # a second signal must not interrupt the shutdown
                signal.signal(number, signal.SIG_IGN)


def make_config(app: ASGIApp, http: type[asyncio.Protocol], *, shutdown_seconds: int) -> uvicorn.Config:
    """Return the configuration of a server without logs, server header or proxy headers.

    `shutdown_seconds` is how long requests that have begun may take once the server is stopping.
    """
    return uvicorn.Config(
        app,
        http=http,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=shutdown_seconds,
        h11_max_incomplete_event_size=_MAX_HEADER_BYTES,
    )


def describe_bind_error(error: OSError, host: str, port: int) -> str:
    """Return why no socket can listen there, and what to do."""
    if error.errno == errno.EADDRINUSE:
        return f"another program listens at {host}:{port}. Stop it, or choose another port"
    if error.errno == errno.EACCES:
        return f"port {port} needs root. Choose one from 1024 on, behind a proxy"
    return f"cannot listen at {host}:{port}: {describe(error)}. Choose another host or port"
