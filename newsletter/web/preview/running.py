"""Running the preview: serves this machine alone until it is told to end."""

import errno
import socket
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from newsletter.errors import NewsletterError
from newsletter.web.preview.app import hosts_of, make_app
from newsletter.web.preview.bench import Bench, watching
from newsletter.web.preview.galley import Review
from newsletter.web.uvicorn_settings import Server, quiet, why_not_there

_HOST = "127.0.0.1"
_USUAL_PORT = 8025


@dataclass(frozen=True, slots=True)
class Open:
    """A preview that can be looked at."""

    url: str


def serve_preview(root: Path, slug: str, review: Review, *, port: int | None) -> Generator[Open]:
    """Serve the preview of a publication until SIGINT or SIGTERM; yields once it can be looked at.

    `slug` is the issue of its first page; the newest, drafts too, where it is empty. Without a port it is the
    usual one, or any where that is taken. NewsletterError when the port cannot be had.
    """
    bench = Bench(root, review)
    with _listen(port) as listening, watching(bench):
        url = f"http://{_HOST}:{listening.getsockname()[1]}/"
        yield Open(url)
        config = quiet(make_app(bench, hosts_of(url), slug), H11Protocol, last_seconds=2)
        _Server(config, bench).run(sockets=[listening])


class _Server(Server):
    """Lets those who wait for changes go when it is to end."""

    def __init__(self, config: uvicorn.Config, bench: Bench) -> None:
        super().__init__(config)
        self._bench = bench

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End at the first signal."""
        self._bench.is_closing = True
        super().handle_exit(sig, frame)


def _listen(port: int | None) -> socket.socket:
    try:
        return socket.create_server((_HOST, _USUAL_PORT if port is None else port), backlog=64)
    except OSError as error:
        if port is None and error.errno == errno.EADDRINUSE:
            return socket.create_server((_HOST, 0), backlog=64)
        raise NewsletterError(f"--port {port}: {why_not_there(error, _HOST, port or _USUAL_PORT)}") from error
