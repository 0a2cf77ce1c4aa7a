"""Several hundred hostile emails: none crashes the parser, is published unasked, leaks secrets or runs script."""

import re
import time
from pathlib import Path

import pytest
from lxml import html

from newsletter.archive import build_site
from newsletter.errors import NewsletterError
from newsletter.replies import ReplyState, approve, list_replies
from tests.hostile.corpus import SIGN, Aim, hostile_emails
from tests.integration.replies.conftest import NOW, Harbour, harbour, sandbox  # noqa: F401 - fixtures
from tests.unit.replies.whole import read_raw

pytestmark = pytest.mark.slow

SECONDS = 1.5
"""CPU seconds for one email on a busy machine; on an idle core the slowest takes half a second."""


@pytest.fixture
def hostile(harbour: Harbour) -> tuple[Harbour, list[tuple[str, bytes]]]:  # noqa: F811
    address = harbour.address()
    return harbour, list(hostile_emails(Aim(to=address, token=address[2:31])))


def published(where: Harbour, tmp_path: Path) -> Path:
    """Publish everything that a careless moderator could, and return the folder of the site."""
    for reply in list_replies(where.database):
        try:
            approve(where.database, where.settings, reply.id, slug="ferries", now=NOW)
        except NewsletterError:
            continue
    site = build_site(where.settings, now=NOW)
    for name, content in site.files.items():
        path = tmp_path / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return tmp_path / "site"


def test_every_hostile_email_is_parsed_in_time(hostile: tuple[Harbour, list[tuple[str, bytes]]]) -> None:
    _, corpus = hostile
    assert len(corpus) >= 200
    slow = []
    for name, raw in corpus:
        begun = time.thread_time()
        read_raw(raw)
        taken = time.thread_time() - begun
        if taken > SECONDS:
            slow.append((name, taken))
    assert not slow


def test_no_hostile_email_crashes_leaks_or_runs_script(
    hostile: tuple[Harbour, list[tuple[str, bytes]]], tmp_path: Path
) -> None:
    where, corpus = hostile
    for name, raw in corpus:
        where.deliver(raw, f"{re.sub(r'[^0-9]', '', name[:3])}.eml")
    fetched = where.fetch()
    assert len(fetched.replies) + fetched.known == len(corpus)
    assert fetched.states[ReplyState.APPROVED] == 0
    assert not any(reply.is_verified for reply in fetched.replies)
    site = published(where, tmp_path)
    token = where.address()[2:31]
    for path in (where.settings.root / "issues").rglob("*.md"):
        page_text = path.read_text()
        assert token not in page_text.lower(), path
        assert "@example.net" not in page_text, path
        assert "@reply." not in page_text, path
    page = html.fromstring((site / "issues" / "ferries" / "index.html").read_bytes())
    assert len(page.xpath("//*[@id='comments']//li")) > 100
    for element in page.xpath("//*[@id='comments']//*"):
        assert element.tag in {"h2", "ol", "li", "p", "b", "span", "a", "time", "div", "br", "bdi"}, element.tag
        for name, value in element.attrib.items():
            assert not name.startswith("on"), (element.tag, name)
            if name == "href":
                assert re.match(r"https?://|#|mailto:", value), value
    for path in site.rglob("*.xml"):
        assert f"<script>window.{SIGN}" not in path.read_text()
