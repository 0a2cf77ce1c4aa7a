"""Aggregate click counts, from the link in an email to the statistics; forged links redirect nowhere."""

import csv
import json
import re
from email.message import EmailMessage
from urllib.parse import urlsplit

import pytest

from tests.acceptance.publication_folder import PublicationFolder
from tests.acceptance.web_server import RunningWebServer, run_web_server

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
MUCH_READ, LITTLE_READ = "https://www.ibiblio.org/lighthouse/", "https://www.gutenberg.org/ebooks/386"


def counted_links(message: EmailMessage) -> dict[str, str]:
    """Return the counted links of an email: their paths by link text."""
    html = message.get_body(("html",))
    assert html is not None
    links = re.findall(r'<a [^>]*href="(https?://[^"]*/c/[^"]*)"[^>]*>(.*?)</a>', html.get_content(), re.DOTALL)
    return {re.sub(r"<[^>]*>", "", link_text): urlsplit(url).path for url, link_text in links}


def count_clicks(publication: PublicationFolder) -> None:
    """Turn click counting on."""
    publication.change_settings("[web]", '[tracking]\nclicks = "aggregate"\n\n[web]')


def follow(server: RunningWebServer, path: str, *, times: int = 1, agent: str = FIREFOX, **headers: str) -> str:
    """Follow a link from as many networks; return where it redirects."""
    for _ in range(times):
        answer = server.get(path, User_Agent=agent, **headers)
        assert answer.status == 302
    return answer.headers["location"]


@pytest.mark.slow
def test_a_counted_link_redirects_to_its_target(publication: PublicationFolder) -> None:
    count_clicks(publication)
    publication.run_ok("send", "five-small-lights", "--yes")
    emails = publication.messages()
    links = counted_links(emails[0])
    assert len(links) == 2
    assert all(counted_links(issue_email) == links for issue_email in emails), "one link for all readers"
    text = emails[0].get_body(("plain",))
    assert text is not None
    assert MUCH_READ in text.get_content()
    assert "/c/" not in text.get_content()
    much, little = links.values()
    with run_web_server(publication) as server:
        assert follow(server, much, times=6) == MUCH_READ
        assert follow(server, little, times=2) == LITTLE_READ
        for _ in range(3):
            assert server.request("HEAD", little, User_Agent=FIREFOX).status == 302
            follow(server, little, agent="Mozilla/5.0 (compatible; SomeScanner/1.0; +https://scan.example)")
            follow(server, little, agent="curl/8.5")
            follow(server, little, Sec_Purpose="prefetch")
            follow(server, much, X_Forwarded_For="203.0.113.9")  # one reader, again and again
        forged = server.get("/c/" + "a" * 16, User_Agent=FIREFOX)
        elsewhere = server.get("/c/https:%2F%2Fevil.example%2F", User_Agent=FIREFOX)
        added = server.get(f"{much}?url=https://evil.example/", User_Agent=FIREFOX)
        assert (forged.status, elsewhere.status) == (404, 404)
        assert added.headers["location"] == MUCH_READ
    (issue,) = publication.run_ok("stats", "five-small-lights", "--json").json["issues"]
    assert issue["links"] == [
        {"url": MUCH_READ, "clicks": 8},
        {"url": LITTLE_READ, "clicks": None, "fewer_than": 5},
    ]
    assert (issue["clicks"], [item["clicks"] for item in issue["click_days"]]) == (8, [8])
    output = publication.run_ok("stats", "five-small-lights", "--html", "page.html").err
    assert "page.html" in output
    page = (publication.folder / "page.html").read_text()
    assert MUCH_READ in page
    assert "fewer than 5" in page
    shown = publication.run_ok("stats", "five-small-lights").out
    assert re.search(rf"8 +{re.escape(MUCH_READ)}", shown)
    assert re.search(r"^clicks +8 *$", shown, re.MULTILINE), "no share: one reader may follow several links"
    assert re.search(rf"<5 +{re.escape(LITTLE_READ)}", shown)
    (row,) = csv.DictReader(publication.run_ok("stats", "--csv").out.splitlines())
    assert row["clicks"] == "8"
    archive = publication.run_ok("archive", "build", "--out", "site")
    assert archive.code == 0
    assert not any("/c/" in page.read_text() for page in (publication.folder / "site").rglob("*.html"))
    for kept in (publication.folder / "var").glob("newsletter.db*"):
        assert b"203.0.113.9" not in kept.read_bytes()
        assert b"198.18.0." not in kept.read_bytes()


@pytest.mark.slow
def test_links_in_earlier_emails_still_redirect_after_counting_is_off(publication: PublicationFolder) -> None:
    before = (publication.folder / "newsletter.toml").read_text()
    count_clicks(publication)
    publication.run_ok("send", "five-small-lights", "--yes")
    much, _ = counted_links(publication.messages()[0]).values()
    publication.write("newsletter.toml", before)
    with run_web_server(publication) as server:
        assert follow(server, much, times=6) == MUCH_READ
    (issue,) = json.loads(publication.run_ok("stats", "five-small-lights", "--json").out)["issues"]
    assert issue["clicks"] == 0
