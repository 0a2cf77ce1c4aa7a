"""Known weaknesses of other mailing software, one test each with its CVE number."""

import sqlite3
from urllib.parse import quote

import pytest

from newsletter.tokens import Purpose
from tests.acceptance.web_server import RunningWebServer
from tests.integration.web.conftest import sign_up_and_confirm, subscriber_record, subscription_states, token


def test_unsubscribing_somebody_else_by_counting(server: RunningWebServer) -> None:
    """CVE-2021-40347 (Postorius), CVE-2018-10189 (Mautic): numbers and tokens of others name nobody."""
    one = token(server, Purpose.UNSUBSCRIBE, 12)
    for wrong in ("12", "ada@example.org", one[:-1] + ("a" if one[-1] != "a" else "b"), one + "a", one[:-1]):
        assert server.one_click(f"/u/{quote(wrong)}").status == 200
    for purpose in Purpose:
        if purpose is not Purpose.UNSUBSCRIBE:
            server.one_click(f"/u/{token(server, purpose, 12)}")
    assert _reader(server, 12) == "confirmed"


def test_forged_requests_from_another_site(server: RunningWebServer) -> None:
    """CVE-2026-1051, CVE-2011-1682, CVE-2014-2916 (phpList): there is no cookie to borrow."""
    server.post_form("/u/", {"email": "ada@example.org"}, Origin="https://evil.example")
    server.post_form("/preferences/", {"has_lists": "1"}, Origin="https://evil.example")
    assert _reader(server, 1) == "confirmed"


@pytest.mark.parametrize(
    "text",
    [
        "x'; DROP TABLE subscribers; --@example.org",  # CVE-2017-20029, -20030: the subscribe page
        "sample' UNION SELECT address FROM subscribers --",  # CVE-2026-26980: a public filter
        "sample) ASC",  # CVE-2017-20031, CVE-2026-3105: what orders a query
    ],
)
def test_sql_injection_by_the_public_form(server: RunningWebServer, text: str) -> None:
    """CVE-2017-20029, -20030, -20031 (phpList), CVE-2026-26980 (Ghost), CVE-2026-3105 (Mautic)."""
    for name in ("email", "list", "language", "shown", "challenge"):
        answer = server.post_form("/subscribe", {"email": "sql@example.org", "list": "sample", name: text})
        assert answer.status in {200, 422}
        assert "@example" not in answer.text.replace("sql@example.org", "").replace(text, "").replace("&#39;", "'") or (
            name == "email"
        )
    assert server.get(f"/subscribe?list={quote(text)}").status == 200
    assert subscription_states(server, "ada@example.org")


def test_scripts_in_what_a_form_says(server: RunningWebServer) -> None:
    """CVE-2017-20033 to -20036 (phpList), CVE-2021-24556, CVE-2021-43331 (Mailman's options page)."""
    nasty = "\"><img src=x onerror=alert(1)>'--><svg/onload=alert(2)>"
    for name in ("email", "list", "language"):
        answer = server.post_form("/subscribe", {"email": nasty, "list": "sample", name: nasty})
        assert "<img" not in answer.text
        assert "<svg" not in answer.text
    page = server.get(f"/subscribe?language={quote(nasty)}&list={quote(nasty)}")
    assert "<img" not in page.text
    path = f"/preferences/{token(server, Purpose.PREFERENCES, 13)}"
    saved = server.post_form(path, {"name": nasty, "language": nasty, "pause": nasty, "list": nasty})
    assert "<img" not in saved.text
    assert "<svg" not in saved.text


def test_a_page_that_a_header_changes_for_others(server: RunningWebServer) -> None:
    """CVE-2026-53943 (Ghost): caches keep what a header chose."""
    plain = server.get("/confirm/x")
    changed = server.get(
        "/confirm/x",
        X_Forwarded_Host="evil.example",
        X_Original_URL="/subscribe",
        X_Rewrite_URL="/subscribe",
        Accept_Language="de",
        Host="evil.example",
    )
    assert plain.text == changed.text
    assert "evil.example" not in changed.text


def test_a_mailed_link_that_follows_the_host_that_asked(server: RunningWebServer) -> None:
    """CWE-640, the poisoned reset link: whoever asks chooses the Host header."""
    server.post_form("/subscribe", {"email": "host@example.org", "list": "sample"}, Host="evil.example")
    server.link_to("host@example.org")
    assert all("evil.example" not in message.as_string() for message in server.publication.messages())


def test_a_token_taken_in_another_place(server: RunningWebServer) -> None:
    """CVE-2026-22595 (Ghost), CVE-2021-42096, -42097 (Mailman): a token of one place worked in another."""
    for way, good in (("confirm", Purpose.CONFIRM), ("own", Purpose.MY_DATA), ("preferences", Purpose.PREFERENCES)):
        for purpose in Purpose:
            if purpose is not good:
                assert server.get(f"/{way}/{token(server, purpose, 1)}").status == 404


def test_learning_who_is_subscribed(server: RunningWebServer) -> None:
    """CVE-2022-41697 (Ghost), CVE-2021-40347 (Postorius): the answer tells who is known."""
    for path in ("/subscribe", "/link"):
        known, unknown = (
            server.post_form(path, {"email": who, "list": "sample"}, Accept=accept)
            for who, accept in (("ada@example.org", "text/html"), ("unheard-of@example.org", "text/html"))
        )
        assert (known.status, known.text) == (unknown.status, unknown.text)
    ways = [f"/u/{token(server, Purpose.UNSUBSCRIBE, number)}" for number in (14, 999_999)]
    assert server.one_click(ways[0]).text == server.one_click(ways[1]).text


def test_scripts_through_a_crafted_preview_link(server: RunningWebServer) -> None:
    """CVE-2026-24778 (Ghost): what stands in an address comes to life on the page."""
    nasty = quote("javascript:alert(1)//</script><script>alert(1)</script>")
    for path in ("/", "/subscribe", "/link", "/confirm/x", f"/view/{nasty}", f"/files/{nasty}/{nasty}"):
        page = server.get(f"{path}?list={nasty}&language={nasty}&next={nasty}&return={nasty}#{nasty}")
        assert "alert(1)" not in page.text
        assert "location" not in page.headers


def test_a_session_fixed_before_signing_in(server: RunningWebServer) -> None:
    """CVE-2026-70594 (Ghost), CVE-2026-34828 (listmonk): there is no session to take over."""
    who = "session@example.org"
    sign_up_and_confirm(server, who)
    server.post_form("/link", {"email": who})
    own = server.link_to(who, "own")
    responses = [
        server.get(own, Cookie="session=fixed"),
        server.post_form(own, {"language": "de"}, Cookie="session=fixed"),
    ]
    assert all("set-cookie" not in answer.headers for answer in responses)
    assert server.get("/own/x", Cookie="session=fixed").status == 404


def test_scripts_in_what_a_browser_calls_itself(server: RunningWebServer) -> None:
    """CVE-2022-25772, CVE-2021-27917 (Mautic): who asked, and from where, is kept and shown."""
    who, nasty = "agent@example.org", "<script>alert(1)</script>"
    server.post_form(
        "/subscribe", {"email": who, "list": "sample"}, User_Agent=nasty, Referer=f"https://x.example/{nasty}"
    )
    server.post_form(server.link_to(who), (), User_Agent=nasty, X_Forwarded_For=nasty)
    results = subscriber_record(server, who)
    assert nasty not in str(results)


def test_sql_that_is_kept_first_and_run_later(server: RunningWebServer) -> None:
    """CVE-2026-40871 (mailcow): what a stranger wrote reaches a worker's query."""
    nasty = "o'or'1'='1"
    server.post_form("/subscribe", {"email": f"{nasty}@example.org", "list": ["sample", nasty], "language": nasty})
    server.post_form(server.link_to(f"{nasty}@example.org"))
    assert subscription_states(server, f"{nasty}@example.org") == {"sample": "confirmed"}
    assert len([s for s in subscription_states(server, "ada@example.org").values() if s == "confirmed"]) == 1


def test_a_letters_link_that_reads_or_writes_a_record(server: RunningWebServer) -> None:
    """CVE-2026-16264 (a Newsletters plugin): whoever has a number reads and overwrites subscribers."""
    for purpose in (Purpose.PREFERENCES, Purpose.UNSUBSCRIBE, Purpose.VIEW):
        stolen = token(server, purpose, 15)
        for path in (f"/own/{stolen}", f"/own/{stolen}/data", f"/own/{stolen}/erase"):
            assert server.get(path).status == 404
            assert server.post_form(path, {"first_name": "Eve"}).status in {404, 405}


def _reader(server: RunningWebServer, delivery: int) -> str:
    database = sqlite3.connect(server.publication.folder / "var" / "newsletter.db")
    (state,) = database.execute(
        "SELECT state FROM subscriptions JOIN deliveries USING (subscriber_id) WHERE deliveries.id = ?",
        (delivery,),
    ).fetchone()
    database.close()
    return str(state)
