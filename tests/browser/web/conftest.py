"""Fixtures: a web server with two lists that were mailed, and the path of every page."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from newsletter.tokens import Purpose
from tests.acceptance.publication_folder import PublicationFolder
from tests.acceptance.web_server import RunningWebServer, run_web_server
from tests.integration.web.conftest import WEEKLY, token


class _Blog(BaseHTTPRequestHandler):
    """Another site, whose every page embeds the sign-up form."""

    web_server_url = ""

    def do_GET(self) -> None:
        script = f'<script src="{self.web_server_url}/embed.js" data-list="weekly" data-language="de" async></script>'
        body = f"<!DOCTYPE html><h1>A blog</h1>{script}".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture(scope="session")
def blog() -> Iterator[int]:
    """The port of another site; it is allowed as 127.0.0.1 and foreign as localhost."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Blog) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, blog: int) -> Iterator[RunningWebServer]:
    """A web server that is under attack from twenty forms a minute on."""
    publication = PublicationFolder(tmp_path_factory.mktemp("server"))
    publication.run_ok("init", ".")
    publication.change_settings("[delivery]", WEEKLY)
    publication.change_settings('url = "https://lamplighter.example"\n', "")
    publication.run_ok("send")
    publication.change_settings(
        "[web]", '[tracking]\nclicks = "consented"\n\n[web]'
    )  # now, so that the emails contain no counted links
    with run_web_server(publication, settings=f'sites = ["http://127.0.0.1:{blog}"]\n') as server:
        _Blog.web_server_url = server.url
        yield server


@pytest.fixture(scope="session")
def places(server: RunningWebServer) -> dict[str, str]:
    """The path of each kind of page."""
    server.post_form("/subscribe", [("email", "pages@example.org"), ("list", "sample"), ("list", "weekly")])
    server.post_form("/link", {"email": "ada@example.org"})
    own = server.link_to("ada@example.org", "own")
    return {
        "subscribe": "/subscribe",
        "arabic": "/subscribe?language=ar",
        "german": "/subscribe?language=de",
        "confirm": server.link_to("pages@example.org"),
        "leave": f"/u/{token(server, Purpose.UNSUBSCRIBE, 2)}",
        "choices": f"/preferences/{token(server, Purpose.PREFERENCES, 3)}",
        "own": own,
        "erase": f"{own}/erase",
        "link": "/link",
        "gone": f"/confirm/{'a' * 29}",
        "missing": "/nothing/here",
        "view": f"/view/{token(server, Purpose.VIEW, 2)}",
    }
