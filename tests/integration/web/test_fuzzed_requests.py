"""Fuzzing every route of the running web server: no server error, no internals in a response, strict headers.

The web server has pages and forms but no OpenAPI schema for schemathesis, so its route table is the schema: each
path and method, the names of all form fields, valid and invalid tokens, headers and bodies as raw bytes.
WEB_EXAMPLES sets the number of requests.
"""

import contextlib
import os
import re
import select
import socket
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from newsletter.tokens import Purpose
from newsletter.web.app import ROUTES
from tests.acceptance.web_server import RunningWebServer
from tests.integration.web.conftest import token

EXAMPLES = int(os.environ.get("WEB_EXAMPLES") or 200)
TIMEOUT = 1.0
"""Seconds to wait for a response before the rest of the request is abandoned."""
TEMPLATES = Path(__file__).parents[3] / "templates" / "web"
FIELDS = sorted(
    {name for page in TEMPLATES.glob("*.html") for name in re.findall(r'name="([a-z_]+)"', page.read_text("utf-8"))}
    | {"List-Unsubscribe", "challenge", "solution", "text", "list[]", ""}
)
STRICT = {
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "permissions-policy",
    "cross-origin-opener-policy",
    "x-robots-tag",
    "cache-control",
    "strict-transport-security",
}
OCTETS = st.binary(max_size=40) | st.sampled_from(
    [
        b"",
        b"\0",
        b"\xff\xfe",
        b"%00%ff",
        b"'\"--",
        b"<script>alert(1)</script>",
        b"\xe2\x80\xae",
        b"\xed\xa0\x80",
        b"+" * 9000,
    ]
)
METHODS = [
    "GET",
    "HEAD",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "PROPFIND",
    "get",
    "X" * 300,
]
HEADERS = st.sampled_from(
    [
        *(
            b"Host: evil.example",
            b"Host:",
            b"Content-Length: -1",
            b"Content-Length: 99999999999999999999",
            b"Content-Length: 3, 3",
        ),
        *(
            b"Transfer-Encoding: chunked",
            b"Transfer-Encoding: gzip, chunked",
            b"Content-Encoding: gzip",
            b"Expect: 100-continue",
        ),
        *(
            b"Connection: Upgrade\r\nUpgrade: websocket",
            b"Upgrade: h2c",
            b"Connection: close, \x01",
            b"Range: bytes=0-0,0-",
        ),
        *(
            b"Origin: null",
            b"Origin: \xff://",
            b"Origin: https://blog.example",
            b"Sec-Fetch-Site: cross-site",
            b"Sec-Fetch-Site: \xff",
        ),
        *(
            b"X-Forwarded-For: ,,,\xff",
            b"X-Forwarded-For: ::1%25eth0, [::]",
            b"X-Forwarded-For: " + b"1.1.1.1," * 900,
        ),
        *(
            b"Accept: application/json",
            b"Accept: \xff",
            b"Accept-Language: " + b"x-" * 900,
            b"Cookie: a=\xff",
            b"Authorization: Basic ===",
        ),
        *(
            b"X-Original-URL: /own/x",
            b": empty",
            b"Bad Name: x",
            b"A: " + b"x" * 20_000,
            b" folded: x",
            b"B: a\x00b",
            b"C:\tx\x0b",
        ),
    ]
)
KINDS = st.sampled_from(
    [
        *(
            b"application/x-www-form-urlencoded",
            b"application/x-www-form-urlencoded; charset=utf-16",
            b"application/json",
            b"",
        ),
        *(
            b"multipart/form-data; boundary=b",
            b"multipart/form-data",
            b"multipart/form-data; boundary=\xff",
            b"text/plain; charset=rot13",
        ),
        *(
            b"multipart/form-data; boundary=b; charset=utf-7",
            b"multipart/mixed; boundary=" + b"b" * 300,
            b"\xff/\xff",
        ),
    ]
)
TOKENS = [*Purpose, "a" * 29, "A" * 29, "a" * 5000, "..%2f..%2fetc", "%00", "%ff%fe", "%c0%ae", "٣"]


def _asked(server: RunningWebServer, octets: bytes) -> bytes:
    """Send raw bytes and return the whole response; without one for a while, stop sending."""
    parts = urlsplit(server.url)
    answer = b""
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60) as line:
        with contextlib.suppress(ConnectionError):
            line.sendall(octets)
            if not select.select([line], [], [], TIMEOUT)[0]:
                line.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            while chunk := line.recv(65_536):
                answer += chunk
    return answer


def _body(kind: bytes, pairs: list[tuple[str, bytes]]) -> bytes:
    if not kind.startswith(b"multipart"):
        return b"&".join(name.encode() + b"=" + value for name, value in pairs)
    head = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    return b"".join(head % (name.encode(), value) for name, value in pairs) + b"--b--\r\n"


def _path(server: RunningWebServer, way: str, chosen: Purpose | str, number: int) -> str:
    word = token(server, chosen, number) if isinstance(chosen, Purpose) else quote(chosen, safe="%")
    return way.replace("{token}", word).replace("{version}", "v")


@pytest.mark.slow
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    way=st.sampled_from(sorted(ROUTES)),
    chosen=st.sampled_from(TOKENS),
    number=st.integers(1, 40),
    method=st.sampled_from(METHODS),
    query=OCTETS,
    kind=KINDS,
    pairs=st.lists(st.tuples(st.sampled_from(FIELDS), OCTETS), max_size=5),
    headers=st.lists(HEADERS, max_size=4),
    version=st.sampled_from([b"HTTP/1.1", b"HTTP/1.1", b"HTTP/1.0", b"HTTP/9.9", b""]),
    result=st.sampled_from([0, 0, 0, -1, 7]),
)
@example(
    way="/files/{version}/{token}",
    chosen="web.css",
    number=1,
    method="GET",
    query=b"",
    kind=b"",
    pairs=[],
    headers=[b"A: " + b"x" * 20_000],
    version=b"HTTP/1.1",
    result=0,
)
def test_every_request_gets_strict_headers_and_no_server_error(
    server: RunningWebServer,
    way: str,
    chosen: Purpose | str,
    number: int,
    method: str,
    query: bytes,
    kind: bytes,
    pairs: list[tuple[str, bytes]],
    headers: list[bytes],
    version: bytes,
    result: int,
) -> None:
    body = _body(kind, pairs)
    target = _path(server, way, chosen, number).encode() + (
        b"?" + quote(query, safe="=&%'\"<>").encode() if query else b""
    )
    lines = [
        b" ".join([method.encode(), target, version]).rstrip(b" "),
        b"Host: letters.lamplighter.example",
        b"Connection: close",
        b"X-Forwarded-For: 198.19.%d.%d" % (number, len(query)),
        b"Content-Type: " + kind,
        b"Content-Length: %d" % max(len(body) + result, 0),
        *headers,
    ]
    answer = _asked(server, b"\r\n".join(lines) + b"\r\n\r\n" + body)
    assert server.process.poll() is None, "the web server still runs"
    for text in (b"Traceback", b"newsletter/web", b".py", b"sqlalchemy", b"<script>alert(1)"):
        assert text not in answer.replace(b"newsletter/web/static", b"")
    if not answer:  # a request that ends before its end, or an answer nobody waits for
        return
    head, _, _ = answer.partition(b"\r\n\r\n")
    if b" 100 " in head.partition(b"\r\n")[0]:
        head = answer.partition(b"\r\n\r\n")[2].partition(b"\r\n\r\n")[0]
    first, *rest = head.decode("latin-1").split("\r\n")
    status = int(first.split(" ")[1])
    names = {line.partition(":")[0].lower() for line in rest}
    assert status < 500, first
    assert status not in {301, 302, 303, 307, 308}
    assert names >= STRICT, (first, STRICT - names)
    assert not names & {"set-cookie", "server", "location"}


def test_invalid_http_gets_400_with_strict_headers(server: RunningWebServer) -> None:
    for octets in (b"\x16\x03\x01\x02\x00\x01\xfc", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nBad Name: x\r\n\r\n"):
        head = _asked(server, octets).partition(b"\r\n\r\n")[0].decode("latin-1")
        assert " 400 " in head
        assert {line.partition(":")[0].lower() for line in head.split("\r\n")[1:]} >= STRICT
