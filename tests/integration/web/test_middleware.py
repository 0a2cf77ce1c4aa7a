"""Middleware: security headers, limits, malformed requests and connection limits."""

import contextlib
import socket
import time
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from newsletter.web.app import ROUTES
from newsletter.web.http_protocol import MAX_CONNECTIONS
from tests.acceptance.web_server import RunningWebServer

TEXTS = st.text(max_size=60) | st.sampled_from(
    ["' OR 1=1 --", "{{7*7}}", "<script>alert(1)</script>", "\0", "%00", "../../etc/passwd", "٣", "x" * 30_000]
)
TOKENS = TEXTS | st.sampled_from(["a" * 29, "A" * 29, "7" * 29, "", "a" * 5000])
PATHS = [path for path in ROUTES if "{" not in path or "token" in path]


@pytest.mark.parametrize("path", ["/subscribe", "/u/x", "/confirm/x", "/nowhere", "/healthz", "/preferences/x"])
def test_every_response_has_strict_security_headers(server: RunningWebServer, path: str) -> None:
    headers = server.get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "max-age" in headers["strict-transport-security"]
    assert "set-cookie" not in headers
    assert "server" not in headers


@pytest.mark.parametrize("path", ["//subscribe", "/subscribe/", "//subscribe//", "///"])
def test_extra_slashes_are_ignored(server: RunningWebServer, path: str) -> None:
    with socket.create_connection((urlsplit(server.url).hostname, urlsplit(server.url).port), timeout=20) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        assert line.makefile("rb").readline().startswith(b"HTTP/1.1 200")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    way=st.sampled_from(PATHS),
    token=TOKENS,
    method=st.sampled_from(["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"]),
    fields=st.lists(
        st.tuples(
            st.sampled_from(
                [
                    "email",
                    "list",
                    "act",
                    "pause",
                    "language",
                    "name",
                    "text",
                    "shown",
                    "challenge",
                    "solution",
                    "has_lists",
                ]
            )
            | TEXTS,
            TEXTS,
        ),
        max_size=6,
    ),
    query=st.dictionaries(st.sampled_from(["list", "language", "x"]), TEXTS, max_size=2),
    kind=st.sampled_from(["urlencoded", "multipart", "broken", "text"]),
)
@example(way="/u/{token}", token="a" * 29, method="POST", fields=[], query={}, kind="broken")
def test_no_request_causes_a_server_error(
    server: RunningWebServer,
    way: str,
    token: str,
    method: str,
    fields: list[tuple[str, str]],
    query: dict[str, str],
    kind: str,
) -> None:
    path = way.replace("{token}", quote(token, safe="")).replace("{version}", "v")
    if query:
        path += "?" + "&".join(f"{name}={quote(text)}" for name, text in query.items())
    pairs = "&".join(f"{quote(name)}={quote(text)}" for name, text in fields).encode()
    kinds = {
        "urlencoded": ("application/x-www-form-urlencoded", pairs),
        "multipart": (
            "multipart/form-data; boundary=b",
            b"".join(
                b'--b\r\nContent-Disposition: form-data; name="list"\r\n\r\n%s\r\n' % text.encode("utf-8", "replace")
                for _, text in fields
            )
            + b"--b--\r\n",
        ),
        "broken": ("multipart/form-data; boundary=b", b"--b\r\nContent-Disp\xff" + pairs),
        "text": ("text/\xe9".encode().decode("latin-1"), b"\xff\xfe" + pairs),
    }
    content_type, body = kinds[kind]
    answer = server.request(method, path[:60_000], body if method != "GET" else None, Content_Type=content_type)
    assert answer.status < 500
    assert answer.status not in {301, 302, 303, 307, 308}, "a POST is never redirected"
    assert "<script>alert(1)</script>" not in answer.text


def test_a_body_above_the_limit_is_refused_unread(server: RunningWebServer) -> None:
    answer = server.request("POST", "/subscribe", b"x" * 200_000, Content_Type="application/x-www-form-urlencoded")
    assert answer.status == 413
    many = "&".join(f"f{number}=1" for number in range(5000)).encode()
    assert server.request("POST", "/subscribe", many, Content_Type="application/x-www-form-urlencoded").status == 422


@pytest.mark.slow
def test_an_idle_connection_is_closed(server: RunningWebServer) -> None:
    parts = urlsplit(server.url)
    begun = time.monotonic()
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=600) as silent:
        silent.sendall(b"GET /subscribe HTTP/1.1\r\nHost: x\r\n")
        with contextlib.suppress(ConnectionError):
            assert silent.recv(100) in (b"", b"HTTP/1.1 400 Bad Request\r\n"[:100])
    assert time.monotonic() - begun > 5
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=600) as slow:
        slow.sendall(b"POST /u/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nList")
        assert b" 408 " in slow.recv(1000)


def test_beyond_the_connection_limit_the_response_is_503_with_strict_headers(server: RunningWebServer) -> None:
    parts = urlsplit(server.url)
    place = parts.hostname or "", parts.port or 0
    send_request = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    with contextlib.ExitStack() as stack:
        for _ in range(MAX_CONNECTIONS):
            stack.enter_context(socket.create_connection(place, timeout=600))
        late = stack.enter_context(socket.create_connection(place, timeout=600))
        late.sendall(send_request)
        answer = b"".join(iter(lambda: late.recv(65536), b""))
    head = answer.partition(b"\r\n\r\n")[0].lower()
    assert head.startswith(b"http/1.1 503 ")
    for name in (b"content-security-policy", b"x-content-type-options", b"cache-control", b"retry-after"):
        assert b"\r\n" + name + b": " in head
    while (status := server.request("GET", "/healthz").status) == 503:  # until it has seen them go
        time.sleep(0.05)
    assert status == 200
