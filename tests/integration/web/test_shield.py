"""What every answer carries, what no request can break, and the faults that others had at their doors."""

import contextlib
import socket
import sqlite3
import time
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from newsletter.tokens import Purpose
from newsletter.web.app import WAYS
from tests.acceptance.doorway import Doorway
from tests.integration.web.conftest import states, token

TEXTS = st.text(max_size=60) | st.sampled_from(
    ["' OR 1=1 --", "{{7*7}}", "<script>alert(1)</script>", "\0", "%00", "../../etc/passwd", "٣", "x" * 30_000]
)
TOKENS = TEXTS | st.sampled_from(["a" * 29, "A" * 29, "7" * 29, "", "a" * 5000])
PATHS = [path for path in WAYS if "{" not in path or "token" in path]


@pytest.mark.parametrize("path", ["/subscribe", "/u/x", "/confirm/x", "/nowhere", "/healthz", "/preferences/x"])
def test_every_answer_is_strict_about_what_it_loads_and_whom_it_tells(door: Doorway, path: str) -> None:
    headers = door.get(path).headers
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
                    "task",
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
def test_no_request_is_answered_with_a_fault_of_ours(
    door: Doorway,
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
                b'--b\r\nContent-Disposition: form-data; name="list"\r\n\r\n%s\r\n'
                % text.encode("utf-8", "replace")
                for _, text in fields
            )
            + b"--b--\r\n",
        ),
        "broken": ("multipart/form-data; boundary=b", b"--b\r\nContent-Disp\xff" + pairs),
        "text": ("text/\xe9".encode().decode("latin-1"), b"\xff\xfe" + pairs),
    }
    content_type, body = kinds[kind]
    answer = door.ask(method, path[:60_000], body if method != "GET" else None, Content_Type=content_type)
    assert answer.status < 500
    assert answer.status not in {301, 302, 303, 307, 308}, "a POST is never redirected"
    assert "<script>alert(1)</script>" not in answer.text


def test_a_body_beyond_any_form_of_ours_is_refused_unread(door: Doorway) -> None:
    answer = door.ask("POST", "/subscribe", b"x" * 200_000, Content_Type="application/x-www-form-urlencoded")
    assert answer.status == 413
    many = "&".join(f"f{number}=1" for number in range(5000)).encode()
    assert door.ask("POST", "/subscribe", many, Content_Type="application/x-www-form-urlencoded").status == 422


@pytest.mark.slow
def test_who_holds_a_connection_and_says_nothing_is_hung_up_on(door: Doorway) -> None:
    parts = urlsplit(door.url)
    begun = time.monotonic()
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=600) as silent:
        silent.sendall(b"GET /subscribe HTTP/1.1\r\nHost: x\r\n")
        with contextlib.suppress(ConnectionError):
            assert silent.recv(100) in (b"", b"HTTP/1.1 400 Bad Request\r\n"[:100])
    assert time.monotonic() - begun > 5
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=600) as slow:
        slow.sendall(b"POST /u/x HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nList")
        assert b" 408 " in slow.recv(1000)


# --- what others had at their doors -------------------------------------------------


def test_nobody_unsubscribes_somebody_else_by_counting(door: Doorway) -> None:
    # CVE-2021-40347, CVE-2018-10189, CVE-2026-16264: numbers, or tokens for something else, name nobody
    one = token(door, Purpose.UNSUBSCRIBE, 12)
    for wrong in ("12", "ada@example.org", one[:-1] + ("a" if one[-1] != "a" else "b"), one + "a", one[:-1]):
        assert door.one_click(f"/u/{quote(wrong)}").status == 200
    for purpose in Purpose:
        if purpose is not Purpose.UNSUBSCRIBE:
            door.one_click(f"/u/{token(door, purpose, 12)}")
    assert _reader(door, 12) == "confirmed"


def test_a_page_of_another_site_unsubscribes_nobody_without_a_token(door: Doorway) -> None:
    # CVE-2026-1051, CVE-2011-1682, CVE-2014-2916: there is no cookie to borrow
    door.send("/u/", {"email": "ada@example.org"}, Origin="https://evil.example")
    door.send("/preferences/", {"has_lists": "1"}, Origin="https://evil.example")
    assert _reader(door, 1) == "confirmed"


@pytest.mark.parametrize(
    "text",
    [
        "x'; DROP TABLE subscribers; --@example.org",  # CVE-2017-20029, -20030: the subscribe page
        "sample' UNION SELECT address FROM subscribers --",  # CVE-2026-26980: a public filter
        "sample) ASC",  # CVE-2017-20031, CVE-2026-3105: what orders a query
    ],
)
def test_no_field_reaches_the_database_as_a_statement(door: Doorway, text: str) -> None:
    for name in ("email", "list", "language", "shown", "task"):
        answer = door.send("/subscribe", {"email": "sql@example.org", "list": "sample", name: text})
        assert answer.status in {200, 422}
        assert "@example" not in answer.text.replace("sql@example.org", "").replace(text, "").replace(
            "&#39;", "'"
        ) or (name == "email")
    assert door.get(f"/subscribe?list={quote(text)}").status == 200
    assert states(door, "ada@example.org")


def test_what_a_form_says_comes_back_as_text(door: Doorway) -> None:
    # CVE-2017-20033 to -20036, CVE-2021-24556, CVE-2021-43331: the subscribe page and the options page
    nasty = "\"><img src=x onerror=alert(1)>'--><svg/onload=alert(2)>"
    for name in ("email", "list", "language"):
        answer = door.send("/subscribe", {"email": nasty, "list": "sample", name: nasty})
        assert "<img" not in answer.text
        assert "<svg" not in answer.text
    page = door.get(f"/subscribe?language={quote(nasty)}&list={quote(nasty)}")
    assert "<img" not in page.text
    path = f"/preferences/{token(door, Purpose.PREFERENCES, 13)}"
    saved = door.send(path, {"name": nasty, "language": nasty, "pause": nasty, "list": nasty})
    assert "<img" not in saved.text
    assert "<svg" not in saved.text


def test_no_header_changes_a_page(door: Doorway) -> None:
    # CVE-2026-53943: a page that a header changes could be kept for others
    plain = door.get("/confirm/x")
    changed = door.get(
        "/confirm/x",
        X_Forwarded_Host="evil.example",
        X_Original_URL="/subscribe",
        X_Rewrite_URL="/subscribe",
        Accept_Language="de",
        Host="evil.example",
    )
    assert plain.text == changed.text
    assert "evil.example" not in changed.text


def test_a_link_in_a_mail_does_not_follow_the_host_that_asked(door: Doorway) -> None:
    # the poisoned reset link: whoever asks chooses the Host header
    door.send("/subscribe", {"email": "host@example.org", "list": "sample"}, Host="evil.example")
    door.link_to("host@example.org")
    assert all("evil.example" not in message.as_string() for message in door.desk.messages())


def test_a_link_of_one_purpose_is_worth_nothing_for_another(door: Doorway) -> None:
    # CVE-2026-22595, CVE-2021-42097: a token of one place was taken in another
    for way, good in (("confirm", Purpose.CONFIRM), ("own", Purpose.OWN), ("preferences", Purpose.PREFERENCES)):
        for purpose in Purpose:
            if purpose is not good:
                assert door.get(f"/{way}/{token(door, purpose, 1)}").status == 404


def _reader(door: Doorway, delivery: int) -> str:
    database = sqlite3.connect(door.desk.folder / "var" / "newsletter.db")
    (state,) = database.execute(
        "SELECT state FROM subscriptions JOIN deliveries USING (subscriber_id) WHERE deliveries.id = ?",
        (delivery,),
    ).fetchone()
    database.close()
    return str(state)
