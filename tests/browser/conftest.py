"""Fixtures: a real Chromium, where it is installed."""

import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, Request, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Headless Chromium; tests that need it are skipped where it is not installed."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def _tab(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


@pytest.fixture
def look(_tab: Page) -> Iterator[Callable[[int, str], Page]]:
    """Return an empty page so wide and in this scheme: always the same, for a new one takes longer than a test.

    It is for files from the disk, which keep nothing in the browser.
    """

    def sized(width: int, scheme: str = "light") -> Page:
        _tab.set_viewport_size({"width": width, "height": 900})
        _tab.emulate_media(media="null", color_scheme=scheme)  # type: ignore[arg-type]
        return _tab

    yield sized
    _tab.unroute_all()
    _tab.goto("about:blank")


@pytest.fixture
def requested_urls(_tab: Page) -> Iterator[list[str]]:
    """Every URL that the page requests."""
    addresses: list[str] = []

    def note(request: Request) -> None:
        addresses.append(request.url)

    _tab.on("request", note)
    yield addresses
    _tab.remove_listener("request", note)
