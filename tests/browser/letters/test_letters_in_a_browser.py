"""Letters in a real browser: narrow and wide, light and dark, without pictures and without style sheets."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from newsletter.compose import compose, filled
from newsletter.settings import read_settings
from newsletter.writing import read_issue

PUBLICATION = Path(__file__).parents[2] / "golden" / "publication"
ISSUES = ("kitchen-sink", "lamps-ar", "deng-zh")
pytestmark = pytest.mark.browser

CONTRASTS = """
() => {
  const linear = (v) => v <= 10.31 ? v / 3294.6 : ((v / 255 + 0.055) / 1.055) ** 2.4;
  const lum = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const rgb = (s) => s.match(/[\\d.]+/g).map(Number);
  const ground = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c.length < 4 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !e.getClientRects().length || e.closest('style')) continue;
    const a = lum(rgb(getComputedStyle(e).color).slice(0, 3)), b = lum(ground(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) found.push([walker.currentNode.data.trim().slice(0, 40), ratio]);
  }
  return found;
}
"""


def letter(slug: str) -> str:
    settings = read_settings(PUBLICATION, {})
    issue = read_issue(settings, slug)
    html = filled(compose(issue, "sample", settings).edition.html, {"links.unsubscribe": "https://e.example/u"})
    return html.replace("https://lantern.example/letters/issues/kitchen-sink/", f"{issue.folder.as_uri()}/")


def shown(browser: Browser, html: str, tmp_path: Path, width: int, scheme: str = "light") -> Page:
    path = tmp_path / "letter.html"
    path.write_text(html, encoding="utf-8")
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(path.as_uri())
    return page


@pytest.mark.parametrize("width", [320, 375, 680, 1280])
@pytest.mark.parametrize("slug", ISSUES)
def test_nothing_is_wider_than_the_window(browser: Browser, tmp_path: Path, slug: str, width: int) -> None:
    page = shown(browser, letter(slug), tmp_path, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("slug", ISSUES)
def test_every_word_can_be_read_in_both_schemes(browser: Browser, tmp_path: Path, slug: str, scheme: str) -> None:
    page = shown(browser, letter(slug), tmp_path, 680, scheme)
    assert page.evaluate(CONTRASTS) == []
    page.close()


@pytest.mark.parametrize("width", [375, 680])
def test_it_holds_together_without_any_style_sheet(browser: Browser, tmp_path: Path, width: int) -> None:
    bare = re.sub(r"<style.*?</style>", "", letter("kitchen-sink"), flags=re.DOTALL)
    page = shown(browser, bare, tmp_path, width)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).fontSize") == "36px"
    assert page.evaluate("getComputedStyle(document.querySelector('.prose p')).marginBottom") == "20px"
    assert page.evaluate(CONTRASTS) == []
    page.close()


def test_it_reads_as_a_letter_with_pictures_off(browser: Browser, tmp_path: Path) -> None:
    html = re.sub(r'src="[^"]*"', 'src="file:///nowhere.png"', letter("kitchen-sink"))
    page = shown(browser, html, tmp_path, 375)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert page.evaluate("[...document.images].every((image) => image.alt)")
    page.close()


def test_buttons_are_large_enough_for_a_thumb(browser: Browser, tmp_path: Path) -> None:
    page = shown(browser, letter("kitchen-sink"), tmp_path, 375)
    heights = page.evaluate("[...document.querySelectorAll('.button a, .answer a')].map((a) => a.offsetHeight)")
    assert len(heights) == 3
    assert min(heights) >= 44
    page.close()


def test_the_preheader_is_not_seen(browser: Browser, tmp_path: Path) -> None:
    page = shown(browser, letter("kitchen-sink"), tmp_path, 680)
    assert page.locator(".preheader").evaluate("(e) => e.getClientRects().length") == 0
    page.close()
