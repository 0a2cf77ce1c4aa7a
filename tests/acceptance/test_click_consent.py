"""Click consent: giving and withdrawing it, what is recorded meanwhile, and erasure."""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest

from tests.acceptance.publication_folder import PublicationFolder
from tests.acceptance.test_click_counts import counted_links, follow
from tests.acceptance.web_server import RunningWebServer, run_web_server

pytestmark = pytest.mark.slow

ADA, BRAM, ZOFIA = "ada@example.org", "bram.desmet@example.net", "zofia@example.com"
AGREED = {"has_clicks": "1", "clicks": "1"}
TAKEN_BACK = {"has_clicks": "1"}
CLICKS = ("clicks", "personal_clicks")
LINKS = {
    "a book": "https://books.example/",
    "a lamp": "https://lamps.example/",
    "a boat": "https://boats.example/",
}
ISSUE = f"""---
title: Three links
status: ready
date: 2026-01-01
---
See {", ".join(f"[{text}]({url})" for text, url in LINKS.items())}.
"""


@pytest.fixture
def lamp(publication: PublicationFolder) -> PublicationFolder:
    """A publication with consented click tracking and an issue with three links."""
    publication.change_settings("[web]", '[tracking]\nclicks = "consented"\n\n[web]')
    publication.write("issues/lamp/index.md", ISSUE)
    publication.run_ok("subscribers", "import", "subscribers/sample.csv", "--list", "sample")
    return publication


@pytest.fixture
def server(lamp: PublicationFolder) -> Iterator[RunningWebServer]:
    with run_web_server(lamp) as opened:
        yield opened


def own_page(server: RunningWebServer, who: str) -> str:
    """Return the path of a reader's own page."""
    assert server.post_form("/link", {"email": who}).status == 200
    return server.link_to(who, "own")


def letter_to(publication: PublicationFolder, who: str) -> EmailMessage:
    """Return the only issue mailed to an address; other mail is ignored."""
    (match,) = [item for item in publication.messages() if item["List-Id"] and who in str(item["To"])]
    return match


def is_ticked(page: str) -> bool:
    (box,) = re.findall(r'<input type="checkbox" name="clicks"[^>]*>', page)
    return "checked" in box


def contents(publication: PublicationFolder, *left_out: str) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table that holds no clicks."""
    with closing(sqlite3.connect(publication.folder / "var" / "newsletter.db")) as database:
        names = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        kept = [name for name in names if name not in left_out]
        return {name: sorted(database.execute(f"SELECT * FROM {name}"), key=repr) for name in kept}


def shown(publication: PublicationFolder, who: str) -> dict[str, object]:
    return dict(publication.run_ok("subscribers", "show", who, "--json").json)


def acts(result: dict[str, object]) -> list[tuple[str, str]]:
    """Return each change of click consent and the page it came from."""
    (subscription,) = result["subscriptions"]  # type: ignore[misc, attr-defined]
    return [
        (item["act"], item["evidence"].partition(",")[0])
        for item in subscription["consents"]
        if item["act"].startswith("clicks")
    ]


def preferences(issue_email: EmailMessage) -> str:
    html = issue_email.get_body(("html",))
    assert html is not None
    (url,) = set(re.findall(r'href="([^"]*/preferences/[^"]*)"', html.get_content()))
    return urlsplit(url).path


def test_clicks_are_recorded_from_consent_until_withdrawal(lamp: PublicationFolder) -> None:
    condition = 'clicked "lamp"'
    with run_web_server(lamp) as server:
        own = own_page(server, ADA)
        assert not is_ticked(server.get(own).text)
        server.post_form(own, {"language": ""})
        assert not is_ticked(server.get(own).text), "a form without the box says nothing of it"
        assert is_ticked(server.post_form(own, AGREED).text)
        lamp.run_ok("send", "lamp", "--yes")
        theirs, others = counted_links(letter_to(lamp, ADA)), counted_links(letter_to(lamp, BRAM))
        for link_text, url in LINKS.items():
            key, _, token = theirs[link_text].removeprefix("/c/").partition("/")
            assert (others[link_text], len(token)) == (f"/c/{key}", 29)
            if link_text != "a boat":
                assert follow(server, theirs[link_text]) == url
                assert follow(server, others[link_text]) == url
        assert others == counted_links(letter_to(lamp, ZOFIA))
        token = theirs["a book"].rpartition("/")[2]
    assert not any(token in line for line in server.log)
    assert any("/c/{token}/{follower} 302" in line for line in server.log)
    result = shown(lamp, ADA)
    assert {(item["issue"], item["url"]) for item in result["clicks"]} == {  # type: ignore[attr-defined]
        ("lamp", LINKS["a book"]),
        ("lamp", LINKS["a lamp"]),
    }
    assert result["clicks_agreed_at"]
    assert acts(result) == [("clicks agreed", "own page")]
    assert (shown(lamp, BRAM)["clicks"], shown(lamp, BRAM)["clicks_agreed_at"]) == ([], None)
    output = lamp.run_ok("subscribers", "show", ADA).out
    assert LINKS["a book"] in output
    assert "agreed to click tracking" in output
    assert lamp.run_ok("segments", "show", condition, "--json").json["inside"] == 1
    with run_web_server(lamp) as server:
        page = server.get(preferences(letter_to(lamp, ADA)))
        assert is_ticked(page.text)
        assert 'name="clicks"' not in server.get(preferences(letter_to(lamp, BRAM))).text
        given = json.loads(server.get(f"{own}/data").text)
        assert given["clicks"] == result["clicks"]
        page = server.post_form(preferences(letter_to(lamp, ADA)), TAKEN_BACK)
        assert 'name="clicks"' not in page.text, "a forwarded letter takes back and does not give"
        follow(server, theirs["a boat"])
    result = shown(lamp, ADA)
    assert (result["clicks"], result["clicks_agreed_at"]) == ([], None)
    assert acts(result) == [("clicks agreed", "own page"), ("clicks withdrawn", "preferences")]
    assert lamp.run_ok("segments", "show", condition, "--json").json["inside"] == 0


def test_consent_can_only_be_given_on_ones_own_page(lamp: PublicationFolder, server: RunningWebServer) -> None:
    lamp.run_ok("send", "lamp", "--yes")
    issue_email = preferences(letter_to(lamp, ADA))
    assert 'name="clicks"' not in server.get(issue_email).text
    assert server.post_form(issue_email, AGREED).status == 200
    assert shown(lamp, ADA)["clicks_agreed_at"] is None
    assert acts(shown(lamp, ADA)) == []


def test_without_the_setting_nobody_is_asked_and_consent_can_be_withdrawn(lamp: PublicationFolder) -> None:
    with run_web_server(lamp) as server:
        agreed = own_page(server, ADA)
        server.post_form(agreed, AGREED)
        other = own_page(server, BRAM)
    lamp.change_settings('clicks = "consented"', 'clicks = "aggregate"')
    with run_web_server(lamp) as server:
        assert 'name="clicks"' not in server.get(other).text
        server.post_form(other, AGREED)
        assert shown(lamp, BRAM)["clicks_agreed_at"] is None
        assert is_ticked(server.get(agreed).text)
        server.post_form(agreed, TAKEN_BACK)
    assert shown(lamp, ADA)["clicks_agreed_at"] is None


def test_a_crawler_that_follows_every_link_in_an_email_changes_only_clicks(lamp: PublicationFolder) -> None:
    with run_web_server(lamp) as server:
        server.post_form(own_page(server, ADA), AGREED)
        lamp.run_ok("send", "lamp", "--yes")
        html = letter_to(lamp, ADA).get_body(("html",))
        assert html is not None
        links = {urlsplit(url).path for url in re.findall(r'href="(https://letters\.[^"]*)"', html.get_content())}
        assert len([path for path in links if path.startswith("/c/")]) == len(LINKS)
        before = contents(lamp, *CLICKS)
        for number, path in enumerate(sorted(links)):
            for method in ("HEAD", "GET"):
                result = {"X_Forwarded_For": f"203.0.{number}.9", "User_Agent": "Mozilla/5.0 Firefox/140.0"}
                assert server.request(method, path, **result).status in {200, 302}
    assert contents(lamp, *CLICKS) == before
    assert len(shown(lamp, ADA)["clicks"]) == len(LINKS), "what pretends to be their browser is taken for it"  # type: ignore[arg-type]


def test_erasure_deletes_clicks_and_a_copy_keeps_them(lamp: PublicationFolder) -> None:
    with run_web_server(lamp) as server:
        for who in (ADA, BRAM):
            server.post_form(own_page(server, who), AGREED)
        lamp.run_ok("send", "lamp", "--yes")
        for who in (ADA, BRAM):
            follow(server, counted_links(letter_to(lamp, who))["a book"])
    before = contents(lamp)
    assert len(before["personal_clicks"]) == 2
    lamp.run_ok("database", "copy", f"sqlite:///{lamp.folder / 'copy.db'}")
    with closing(sqlite3.connect(lamp.folder / "copy.db")) as copy:
        copied = sorted(copy.execute("SELECT * FROM personal_clicks"), key=repr)
    assert copied == before["personal_clicks"]
    lamp.run_ok("subscribers", "erase", ADA, "--yes")
    left = contents(lamp)
    assert len(left["personal_clicks"]) == 1
    assert left["clicks"] == before["clicks"], "sums tell of nobody"
    assert len(shown(lamp, BRAM)["clicks"]) == 1  # type: ignore[arg-type]


def test_the_author_can_withdraw_consent_but_not_give_it(lamp: PublicationFolder) -> None:
    with run_web_server(lamp) as server:
        server.post_form(own_page(server, ADA), AGREED)
        lamp.run_ok("send", "lamp", "--yes")
        follow(server, counted_links(letter_to(lamp, ADA))["a book"])
    forget = ("subscribers", "forget-clicks", ADA)
    assert "1 click" in lamp.run_ok(*forget, "--dry-run").out
    assert len(shown(lamp, ADA)["clicks"]) == 1  # type: ignore[arg-type]
    assert "1 click" in lamp.run_ok(*forget).out
    result = shown(lamp, ADA)
    assert (result["clicks"], result["clicks_agreed_at"]) == ([], None)
    assert [act for act, _ in acts(result)] == ["clicks agreed", "clicks withdrawn"]
    assert "nothing to do" in lamp.run_ok(*forget).out
    assert lamp.run("subscribers", "forget-clicks", "nobody@example.org").code == 2
