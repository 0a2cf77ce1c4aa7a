"""The statistics report in a real browser: phone and desktop, light and dark, in print; it fetches nothing."""

from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from newsletter.stats import gather_statistics, open_chart_renderer, render_report
from tests.integration.doctor.publication import settings_for
from tests.integration.stats.history import NOW, answer, join, mail, new_database, report

pytestmark = pytest.mark.browser
HOSTILE = "</svg><script>document.title='taken'</script> & \"more\" \u2028 'x' {{ 7 * 7 }}"


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A report of everything, one of an issue, one without charts, and one of nothing."""
    root = tmp_path_factory.mktemp("report")
    settings = settings_for(root)
    draw = open_chart_renderer()
    assert draw is not None
    written = []
    with closing(new_database(root, settings)) as database:
        empty = render_report(gather_statistics(database, now=NOW), settings, draw)
        written.append(root / "empty.html")
        written[-1].write_text(empty)
        readers = join(database, [f"p{n}@{'gmail.com' if n % 2 else 'b.example'}" for n in range(40)])
        for number in range(3):
            at = NOW - timedelta(weeks=4 - number)
            mailing, deliveries = mail(database, f"issue-{number}", readers, at=at)
            report(database, mailing, deliveries[:37], "delivered")
            report(database, mailing, deliveries[37:39], "bounced", f"refused {HOSTILE}")
            report(database, mailing, deliveries[3:4], "complained", "unwanted")
            answer(database, f"issue-{number}", deliveries[5], state="approved", at=at + timedelta(hours=2))
        results = gather_statistics(database, titles={"issue-1": HOSTILE}, now=NOW)
        one = gather_statistics(database, titles={"issue-1": HOSTILE}, slug="issue-1", now=NOW)
    for name, text in {
        "all": render_report(results, settings, draw),
        "one": render_report(one, settings, draw, slug="issue-1"),
        "plain": render_report(results, settings, None),
    }.items():
        written.append(root / f"{name}.html")
        written[-1].write_text(text)
    return written


@pytest.fixture(
    params=[
        (375, "light"),
        pytest.param((375, "dark"), marks=pytest.mark.slow),
        pytest.param((1280, "light"), marks=pytest.mark.slow),
        (1280, "dark"),
    ],
    ids=str,
)
def page(look: Callable[[int, str], Page], request: pytest.FixtureRequest) -> Page:
    return look(*request.param)


def test_axe_finds_no_accessibility_error_in_the_report(pages: list[Path], page: Page) -> None:
    for path in pages:
        page.goto(path.as_uri())
        results = Axe().run(page).response["violations"]
        assert not results, [(item["id"], item["nodes"][0]["html"][:200]) for item in results]


def test_the_report_fits_the_screen_and_fetches_nothing(
    pages: list[Path], page: Page, requested_urls: list[str]
) -> None:
    for path in pages:
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        assert page.title() != "taken"
    assert requested_urls == [path.as_uri() for path in pages]


def test_one_drawing_of_each_chart_is_shown_and_none_is_cut(pages: list[Path], page: Page) -> None:
    page.goto(pages[1].as_uri())
    shown = page.locator("figure svg:visible")
    assert shown.count() == page.locator("figure").count() >= 5
    width = page.viewport_size["width"]  # type: ignore[index]
    for number in range(shown.count()):
        box = shown.nth(number).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def test_text_in_charts_is_visible_in_both_colour_schemes(pages: list[Path], page: Page) -> None:
    page.goto(pages[1].as_uri())
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    fills = page.evaluate("[...document.querySelectorAll('figure svg text')].map(each => getComputedStyle(each).fill)")
    assert fills
    assert paper not in fills
    assert not {"rgb(0, 0, 0)", "rgb(1, 1, 1)", "rgb(2, 2, 2)"} & set(fills)


def test_the_printed_report_is_light_and_complete(pages: list[Path], page: Page) -> None:
    page.goto(pages[1].as_uri())
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("figure .wide svg:visible").count() == page.locator("figure").count()
    assert page.pdf(format="A4")[:5] == b"%PDF-"
