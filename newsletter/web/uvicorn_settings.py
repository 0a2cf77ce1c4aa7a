"""A web server of ours: uvicorn, which says nothing by itself, ends in order, and leaves the exit code to us."""

import asyncio
import errno
import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

_IDLE_SECONDS = 5
_MOST_HEAD = 16 * 1024
"""Bytes that the head of a request may have."""


class Server(uvicorn.Server):
    """uvicorn's server, which ends in order when told to by SIGINT or SIGTERM."""

    def __init__(self, config: uvicorn.Config) -> None:
        logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
        super().__init__(config)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        with super().capture_signals():
            yield
            self._captured_signals.clear()  # or it would be raised once more, and end us as if nobody listened
        if threading.current_thread() is threading.main_thread():
            for each in (signal.SIGINT, signal.SIGTERM):  # it ends: to be told once more must not keep it from it
                signal.signal(each, signal.SIG_IGN)


def quiet(app: ASGIApp, http: type[asyncio.Protocol], *, last_seconds: int) -> uvicorn.Config:
    """Return how an application is served without a word by the server itself.

    `last_seconds` is how long requests that have begun may take once it is to end.
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
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=last_seconds,
        h11_max_incomplete_event_size=_MOST_HEAD,
    )


def why_not_there(error: OSError, host: str, port: int) -> str:
    """Return why nobody can listen there, and what to do."""
    if error.errno == errno.EADDRINUSE:
        return f"another program listens at {host}:{port}. End it, or choose another port"
    if error.errno == errno.EACCES:
        return f"port {port} is for the system only. Choose one from 1024 on, behind a proxy"
    return f"cannot listen at {host}:{port}: {error.strerror or error}. Choose another host or port"
