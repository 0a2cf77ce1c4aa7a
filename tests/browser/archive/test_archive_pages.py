"""The sample's archive in a real browser: from the disk, on a phone, in dark mode, in print."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page

from newsletter.archive import build_site, write_site
from newsletter.content import create_publication
from newsletter.settings import read_settings

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample publication's archive, on disk."""
    root = tmp_path_factory.mktemp("archive")
    create_publication(root / "publication")
    built = build_site(read_settings(root / "publication", {}), now=datetime(2026, 11, 23, tzinfo=UTC))
    assert not built.findings
    write_site(built.files, root / "site")
    return root / "site"


@pytest.fixture(params=[(375, "light"), (375, "dark"), (680, "light"), (1280, "dark")], ids=str)
def page(look: Callable[[int, str], Page], request: pytest.FixtureRequest) -> Page:
    """A page of some width and colour scheme."""
    return look(*request.param)


def pages_of(site: Path) -> list[str]:
    return [path.as_uri() for path in sorted(site.rglob("*.html"))]


def test_no_page_is_wider_than_the_screen(site: Path, page: Page) -> None:
    for address in pages_of(site):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address


def test_every_picture_is_shown_and_nothing_is_fetched_from_elsewhere(
    site: Path, page: Page, requested_urls: list[str]
) -> None:
    for address in pages_of(site):
        page.goto(address)
        assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)"), address
    assert requested_urls
    assert all(url.startswith("file:") for url in requested_urls)


def test_a_reader_navigates_from_the_front_page_to_a_comment_and_back(site: Path, page: Page) -> None:
    page.goto((site / "index.html").as_uri())
    page.get_by_role("link", name="Nothing to report").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Nothing to report"
    page.get_by_role("link", name="to Sigurður").click()
    assert page.url.endswith("#comment-7kq2m4")
    page.get_by_role("link", name="Next issue").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Five small lights"
    page.get_by_role("link", name="The Lamplighter").first.click()
    assert page.url.endswith("/index.html")


def test_the_keyboard_can_skip_the_masthead(site: Path, page: Page) -> None:
    page.goto(next(address for address in pages_of(site) if "/issues/" in address))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    assert page.evaluate("document.activeElement.getBoundingClientRect().top >= 0")


def test_text_is_readable_in_both_colour_schemes(site: Path, page: Page) -> None:
    page.goto((site / "issues" / "nothing-to-report" / "index.html").as_uri())
    for selector, least in (
        (".text p", 7.0),
        (".meta", 4.5),
        ("figcaption", 4.5),
        (".by time", 4.5),
        (".pull", 4.5),
    ):
        assert page.evaluate(CONTRAST, selector) >= least, selector


CONTRAST = """selector => {
  const rgb = colour => colour.match(/[\\d.]+/g).slice(0, 3).map(part => part / 255)
    .map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
  const light = colour => { const [r, g, b] = rgb(colour); return 0.2126 * r + 0.7152 * g + 0.0722 * b }
  const one = light(getComputedStyle(document.querySelector(selector)).color)
  const two = light(getComputedStyle(document.documentElement).backgroundColor)
  return (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05)
}"""
