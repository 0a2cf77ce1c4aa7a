"""Hundreds of hostile replies, published carelessly, run no script in a browser."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Request

from tests.hostile.corpus import SIGN, Aim, hostile_emails
from tests.hostile.test_hostile_emails import published
from tests.integration.replies.conftest import Harbour, harbour, sandbox  # noqa: F401 - fixtures

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_no_hostile_comment_runs_script(harbour: Harbour, browser: Browser, tmp_path: Path) -> None:  # noqa: F811
    address = harbour.address()
    for number, (_, raw) in enumerate(hostile_emails(Aim(to=address, token=address[2:31]))):
        if len(raw) < 20_000:
            harbour.deliver(raw, f"{number}.eml")
    harbour.fetch()
    site = published(harbour, tmp_path)
    page = browser.new_page()
    requested_urls: list[str] = []
    output: list[str] = []

    def note(request: Request) -> None:
        requested_urls.append(request.url)

    page.on("request", note)
    page.on("dialog", lambda dialog: output.append(dialog.message))
    page.goto((site / "issues" / "ferries" / "index.html").as_uri())
    for link in page.query_selector_all("#comments .comment-text, #comments b"):
        link.hover(force=True, timeout=2_000, no_wait_after=True)
        break
    assert page.evaluate(f"window.{SIGN}") is None
    assert (
        page.locator("#comments script, #comments img, #comments iframe, #comments style, #comments svg").count() == 0
    )
    assert page.locator("#comments li").count() > 100
    assert not output
    assert all(url.startswith("file:") for url in requested_urls), requested_urls
    page.close()
