"""The preview in a real browser: it reloads on change and runs no script of an email."""

from itertools import product

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.acceptance.publication_folder import TIMEOUT, PublicationFolder
from tests.acceptance.test_preview import ISSUE, previewing, write

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LONG = TIMEOUT * 1000


def letter_of(page: Page) -> str:
    frame = page.frame_locator("iframe").first
    return str(frame.locator("body").inner_text(timeout=LONG))


def test_the_preview_reloads_on_change_and_runs_no_script_of_an_email(
    publication: PublicationFolder, browser: Browser
) -> None:
    write(publication)
    with previewing(publication) as preview:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(LONG)
        complaints: list[str] = []
        page.on("console", lambda output: complaints.append(output.text) if "script" not in output.text else None)
        page.goto(preview.url)
        expect(page.locator("#state")).to_have_text("Live", timeout=LONG)
        assert "It burns." in letter_of(page)
        assert page.title() == "The lamp · preview"
        pictures = page.frame_locator("iframe").first.locator('img[src^="/pictures/"]')
        assert pictures.evaluate_all("all => all.length && all.every(one => one.naturalWidth > 0)")
        write(publication, ISSUE.replace("It burns.", "It went out."))
        expect(page.frame_locator("iframe").first.get_by_text("It went out.")).to_be_visible(timeout=LONG)
        write(publication, "---\ntitle: The lamp\n")
        expect(page.get_by_text("issues/lamp/index.md:1")).to_be_visible(timeout=LONG)
        write(publication)
        expect(page.frame_locator("iframe").first.get_by_text("It burns.")).to_be_visible(timeout=LONG)
        assert not complaints
        page.close()


def test_nothing_is_wider_than_the_window(publication: PublicationFolder, browser: Browser) -> None:
    write(publication)
    with previewing(publication) as preview:
        for width, scheme in product((1280, 700, 360), ("light", "dark")):
            page = browser.new_page(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[arg-type]
            page.set_default_timeout(LONG)
            page.goto(f"{preview.url}issues/lamp?scheme={scheme}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            page.close()
