"""A running `newsletter serve`, and an HTTP client of it."""

import http.client
import json
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlencode, urlsplit

from tests.acceptance.publication_folder import TIMEOUT, PublicationFolder

ONE_CLICK = b"List-Unsubscribe=One-Click"
MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
    "multipart/form-data; boundary=x",
)


@dataclass(frozen=True)
class Response:
    """The status, headers and text of an HTTP response."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


@dataclass(frozen=True)
class RunningWebServer:
    """A running web server; each request comes from a client address of its own unless a header names one."""

    url: str
    publication: PublicationFolder
    process: "subprocess.Popen[str]"
    log: list[str]
    """The lines of its log; complete once the process has ended."""
    _visitors: Iterator[int] = field(default_factory=lambda: count(1))

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Response:
        """Send a request without cookies and without following redirects."""
        parts = urlsplit(self.url)
        number = next(self._visitors)
        result = {"X-Forwarded-For": f"198.18.{number // 250 % 250}.{number % 250}"}
        result |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 0, timeout=TIMEOUT)
        try:
            connection.request(method, path, body, result)
            got = connection.getresponse()
            return Response(got.status, {k.lower(): v for k, v in got.getheaders()}, got.read().decode())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Response:
        """Get a page."""
        return self.request("GET", path, **headers)

    def post_form(self, path: str, fields: object = (), **headers: str) -> Response:
        """Post a form; fields are a mapping or pairs."""
        result = {"Content_Type": "application/x-www-form-urlencoded", **headers}
        return self.request("POST", path, urlencode(fields, doseq=True).encode(), **result)  # type: ignore[arg-type]

    def one_click(self, path: str) -> Response:
        """Unsubscribe as a mailbox provider does."""
        return self.request("POST", path, ONE_CLICK, Content_Type="application/x-www-form-urlencoded")

    def link_to(self, address: str, kind: str = "confirm") -> str:
        """Wait for an email to an address and return the path of its newest link of a kind."""
        match = eventually(lambda: self._links(address, kind))
        return str(match[-1])

    def _links(self, address: str, kind: str) -> list[str]:
        links: list[str] = []
        if not all((self.publication.folder / "var" / "outbox" / name).exists() for name in ("cur", "new", "tmp")):
            return links
        for message in self.publication.messages():
            if address in str(message["To"]) and (body := message.get_body(("plain",))) is not None:
                links += re.findall(rf"https?://\S+?(/{kind}/[a-z2-7]{{29}})", body.get_content())
        return links


def eventually(look: Callable[[], Any], seconds: float = TIMEOUT) -> Any:
    """Poll until `look` returns something true, and return it."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if match := look():
            return match
        time.sleep(0.05)
    raise AssertionError("it did not happen")


@contextmanager
def run_web_server(publication: PublicationFolder, *arguments: str, settings: str = "") -> Iterator[RunningWebServer]:
    """Run the web server on a free port inside the block; then it must exit with 0."""
    file = publication.folder / "newsletter.toml"
    text = file.read_text()
    if "trusted_proxies" not in text:
        more = f'[web]\ntrusted_proxies = ["127.0.0.1"]\n{settings}'
        file.write_text(text.replace("[web]", more) if "[web]" in text else f"{text}\n{more}\n")
    process = publication.start("serve", "--port", "0", *arguments)
    assert process.stderr is not None
    first = process.stderr.readline()
    match = re.search(r"http://\S+", first)
    assert match is not None, first + process.stderr.read()
    lines: list[str] = []
    listener = threading.Thread(target=lambda log: lines.extend(log), args=(process.stderr,), daemon=True)
    listener.start()  # or a pipe that nobody empties would block the server
    try:
        yield RunningWebServer(match[0], publication, process, lines)
    finally:
        process.terminate()
        process.wait(TIMEOUT)
        listener.join(TIMEOUT)
        for pipe in (process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        output = "".join(lines)
        assert process.returncode == 0, output
        assert "Traceback" not in output, output
