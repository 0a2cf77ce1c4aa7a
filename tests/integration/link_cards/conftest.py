"""A small web on this machine, and an issue whose cards lead into it."""

import io
import socketserver
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from newsletter.content import read_issue
from newsletter.link_cards import CardResult, HttpClient, fill_cards
from newsletter.settings import Settings, read_settings

TOML = """
[publication]
title = "The Lantern"

[lists.sample]
title = "The Lantern"
from = "Ada <ada@lantern.example>"
list_id = "letters.lantern.example"
"""


@dataclass
class Page:
    """What one path of the server answers."""

    content: bytes = b""
    kind: str = "text/html; charset=utf-8"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    drip: float = 0
    """Seconds between one byte of the body and the next."""


@dataclass
class Site:
    """A server, what it answers, and what it was asked."""

    base: str = ""
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def page(self, path: str, head: str, **more: Any) -> str:
        """Put a page there and return its address."""
        html = f"<!doctype html><html><head>{head}</head><body><p>Hello</p></body></html>"
        self.pages[path] = Page(content=html.encode(more.pop("encoding", "utf-8")), **more)
        return f"{self.base}{path}"

    def picture(self, path: str, size: tuple[int, int] = (900, 500), **more: Any) -> str:
        """Put a JPEG there and return its address."""
        out = io.BytesIO()
        Image.new("RGB", size, "#963").save(out, "JPEG", **more)
        self.pages[path] = Page(content=out.getvalue(), kind="image/jpeg")
        return f"{self.base}{path}"


@pytest.fixture
def site() -> Iterator[Site]:
    """The web, at 127.0.0.1."""
    there = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            there.asked.append(self.path)
            there.headers.append(dict(self.headers))
            page = there.pages.get(self.path.partition("?")[0], Page(status=404, content=b"<p>no</p>"))
            self.send_response(page.status)
            if page.kind:
                self.send_header("Content-Type", page.kind)
            for name, value in page.headers.items():
                self.send_header(name, value)
            self.end_headers()
            try:
                if page.drip:
                    for byte in page.content:
                        self.wfile.write(bytes([byte]))
                        time.sleep(page.drip)
                else:
                    self.wfile.write(page.content)
            except OSError:
                pass

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def server_bind(self) -> None:
            socketserver.TCPServer.server_bind(self)
            self.server_name, self.server_port = "site", self.server_address[1]

        def handle_error(self, request: object, client_address: object) -> None:
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        there.base = f"http://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield there
        server.shutdown()


@dataclass(frozen=True)
class Desk:
    """Writes an issue and fills its cards."""

    root: Path

    @property
    def settings(self) -> Settings:
        return read_settings(self.root, {})

    @property
    def path(self) -> Path:
        return self.root / "issues" / "one" / "index.md"

    def write(self, body: str, front: str = "---\ntitle: One\n---\n") -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(f"{front}{body}".encode())

    def fill(self, body: str | None = None, *, seconds: float = 5, **how: Any) -> list[CardResult]:
        if body is not None:
            self.write(body)
        web = HttpClient(allowed=["127.0.0.1"], seconds=seconds)
        return list(fill_cards(self.settings, read_issue(self.settings, "one"), web, **how))

    @property
    def body(self) -> str:
        return self.path.read_bytes().decode().partition("---\ntitle: One\n---\n")[2]

    @property
    def pictures(self) -> list[str]:
        return sorted(path.name for path in self.path.parent.iterdir() if path.suffix != ".md")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "newsletter.toml").write_text(TOML, encoding="utf-8")
    return Desk(tmp_path)
