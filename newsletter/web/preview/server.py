"""Preview server: serves this machine only, until SIGINT or SIGTERM."""

import errno
import socket
from collections.abc import Generator
from pathlib import Path
from types import FrameType

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from newsletter.errors import NewsletterError
from newsletter.web.preview.app import hosts_of, make_app
from newsletter.web.preview.live_snapshots import LiveSnapshots, watch_files
from newsletter.web.uvicorn_server import Listening, UvicornServer, describe_bind_error, make_config

_HOST = "127.0.0.1"
_DEFAULT_PORT = 8025


def serve_preview(root: Path, slug: str, *, port: int | None) -> Generator[Listening]:
    """Serve the preview of a publication until SIGINT or SIGTERM; yields once it listens.

    `slug` is the issue of its first page; the newest, drafts too, where it is empty. Without a port it is the
    default one, or any free one where that is in use. NewsletterError when it cannot listen there.
    """
    snapshots = LiveSnapshots(root)
    with _listen(port) as listener, watch_files(snapshots):
        url = f"http://{_HOST}:{listener.getsockname()[1]}/"
        yield Listening(url)
        config = make_config(make_app(snapshots, hosts_of(url), slug), H11Protocol, shutdown_seconds=2)
        _PreviewServer(config, snapshots).run(sockets=[listener])


class _PreviewServer(UvicornServer):
    """Ends the event streams of changes when it shuts down."""

    def __init__(self, config: uvicorn.Config, snapshots: LiveSnapshots) -> None:
        super().__init__(config)
        self._snapshots = snapshots

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Shut down at the first signal."""
        self._snapshots.is_closing = True
        super().handle_exit(sig, frame)


def _listen(port: int | None) -> socket.socket:
    try:
        return socket.create_server((_HOST, _DEFAULT_PORT if port is None else port), backlog=64)
    except OSError as error:
        if port is None and error.errno == errno.EADDRINUSE:
            return socket.create_server((_HOST, 0), backlog=64)
        raise NewsletterError(f"--port {port}: {describe_bind_error(error, _HOST, port or _DEFAULT_PORT)}") from error
