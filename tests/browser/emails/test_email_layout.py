"""Email layout in a real browser: narrow and wide, light and dark, without pictures, without style sheets."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

SAMPLES = ("nothing-to-report-letter", "five-small-lights-digest", "the-winter-almanac-announcement")
SINKS = ("kitchen-sink-letter", "kitchen-sink-digest", "kitchen-sink-announcement")
NAMES = (
    *SAMPLES,
    *SINKS,
    *(name.replace("kitchen-sink", slug) for name in SINKS for slug in ("lamps-ar", "deng-zh")),
)
pytestmark = pytest.mark.browser
Look = Callable[[int, str], Page]

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


def email(emails: Path, name: str) -> str:
    return (emails / f"{name}.html").read_text(encoding="utf-8")


def shown(look: Look, html: str, tmp_path: Path, width: int, scheme: str = "light") -> Page:
    path = tmp_path / "letter.html"
    path.write_text(html, encoding="utf-8")
    page = look(width, scheme)
    page.goto(path.as_uri())
    return page


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_wider_than_the_window(look: Look, emails: Path, tmp_path: Path, name: str) -> None:
    page = shown(look, email(emails, name), tmp_path, 320)
    for width in (320, 375, 680, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_all_text_is_readable_in_both_colour_schemes(
    look: Look, emails: Path, tmp_path: Path, name: str, scheme: str
) -> None:
    page = shown(look, email(emails, name), tmp_path, 680, scheme)
    assert page.evaluate(CONTRASTS) == []


@pytest.mark.parametrize(("name", "size"), [*zip(SINKS, ("36px", "28px", "48px"), strict=True)])
def test_the_layout_survives_without_style_sheets(
    look: Look, emails: Path, tmp_path: Path, name: str, size: str
) -> None:
    bare = re.sub(r"<style.*?</style>", "", email(emails, name), flags=re.DOTALL)
    page = shown(look, bare, tmp_path, 375)
    for width in (375, 680):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate("getComputedStyle(document.querySelector('h1')).fontSize") == size
    assert page.evaluate("parseInt(getComputedStyle(document.querySelector('.prose p')).marginBottom)") >= 16
    assert page.evaluate(CONTRASTS) == []


@pytest.mark.parametrize("name", SINKS)
def test_it_is_readable_with_pictures_off(look: Look, emails: Path, tmp_path: Path, name: str) -> None:
    html = re.sub(r'src="[^"]*"', 'src="file:///nowhere.png"', email(emails, name))
    page = shown(look, html, tmp_path, 375)
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert page.evaluate("[...document.images].every((image) => image.alt)")


@pytest.mark.parametrize("name", SINKS)
def test_buttons_are_large_enough_for_a_thumb(look: Look, emails: Path, tmp_path: Path, name: str) -> None:
    page = shown(look, email(emails, name), tmp_path, 375)
    heights = page.evaluate("[...document.querySelectorAll('.button a, .answer a')].map((a) => a.offsetHeight)")
    assert len(heights) >= 3
    assert min(heights) >= 44


def test_the_preheader_is_invisible(look: Look, emails: Path, tmp_path: Path) -> None:
    page = shown(look, email(emails, "kitchen-sink-letter"), tmp_path, 680)
    assert page.locator(".preheader").evaluate("(e) => e.getClientRects().length") == 0


@pytest.mark.parametrize("name", SINKS)
def test_print_is_black_on_white_without_reply_buttons(look: Look, emails: Path, tmp_path: Path, name: str) -> None:
    page = shown(look, email(emails, name), tmp_path, 680, "dark")
    page.emulate_media(media="print", color_scheme="light")
    assert page.evaluate("getComputedStyle(document.querySelector('.prose p')).color") == "rgb(0, 0, 0)"
    assert page.evaluate("getComputedStyle(document.querySelector('.paper')).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator(".answer").evaluate("(e) => e.getClientRects().length") == 0
