"""Web pages in a real browser: phone, dark mode, keyboard, without scripts, and axe."""

import json
import re
import sqlite3

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Response

from newsletter.tokens import Purpose
from tests.acceptance.web_server import RunningWebServer, eventually
from tests.integration.web.conftest import subscription_states, token

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def contents(server: RunningWebServer) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table that a link could change."""
    database = sqlite3.connect(server.publication.folder / "var" / "newsletter.db")
    tables = ("subscribers", "subscriptions", "consents", "suppressions", "signup_requests", "replies", "writers")
    results = {name: database.execute(f"SELECT * FROM {name} ORDER BY 1").fetchall() for name in tables}
    database.close()
    return results


def opened(browser: Browser, width: int = 375, scheme: str = "light", *, scripts: bool = True) -> BrowserContext:
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,  # type: ignore[arg-type]
        java_script_enabled=scripts,
        extra_http_headers={"X-Forwarded-For": "198.51.100.9"},
    )
    context.set_default_timeout(60_000)
    return context


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_accessibility_error_on_web_pages(
    browser: Browser, server: RunningWebServer, places: dict[str, str], scheme: str
) -> None:
    context = opened(browser, scheme=scheme)
    page = context.new_page()
    results = []
    for name, path in places.items():
        if name == "view":
            continue  # its sandbox lets no script in; emails have tests of their own
        page.goto(server.url + path)
        for violation in Axe().run(page).response["violations"]:
            results += [(name, violation["id"], node["html"][:200]) for node in violation["nodes"]]
    context.close()
    assert results == []


@pytest.mark.parametrize("width", [320, 375, 1280])
def test_no_web_page_is_wider_than_the_screen_or_violates_its_csp(
    browser: Browser, server: RunningWebServer, places: dict[str, str], width: int
) -> None:
    context = opened(browser, width)
    page = context.new_page()
    output: list[str] = []
    page.on("console", lambda message: output.append(message.text))
    for name, path in places.items():
        page.goto(server.url + path)
        if name not in ("view",):
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
            assert page.evaluate("getComputedStyle(document.body).maxWidth") != "none", "the style sheet is loaded"
    context.close()
    assert [text for text in output if "Content Security Policy" in text and "frame-ancestors" not in text] == []


def test_signup_and_unsubscribe_work_by_keyboard(browser: Browser, server: RunningWebServer) -> None:
    who = "keyboard@example.org"
    context = opened(browser)
    page = context.new_page()
    page.goto(f"{server.url}/subscribe?list=weekly")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    _tab_to(page, "email")
    page.keyboard.type(who)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Check your inbox").wait_for()
    page.goto(server.url + server.link_to(who))
    _tab_to(page, "Yes, subscribe me")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Welcome").wait_for()
    assert subscription_states(server, who) == {"weekly": "confirmed"}
    page.goto(f"{server.url}/u/{token(server, Purpose.UNSUBSCRIBE, 7)}")
    _tab_to(page, "Unsubscribe")
    page.keyboard.press("Space")
    page.get_by_role("heading", name="You are unsubscribed").wait_for()
    context.close()


def _tab_to(page: Page, wanted: str) -> None:
    where = "[document.activeElement.name, document.activeElement.textContent]"
    for _ in range(20):
        page.keyboard.press("Tab")
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", "one sees where one is"
        if wanted in page.evaluate(where):
            return
    raise AssertionError(f"the keyboard does not reach {wanted}")


def test_click_consent_is_given_and_withdrawn_by_keyboard(browser: Browser, server: RunningWebServer) -> None:
    server.post_form("/link", {"email": "zofia@example.com"})
    own = server.url + server.link_to("zofia@example.com", "own")
    context = opened(browser, scripts=False)
    page = context.new_page()
    for is_wanted in (True, False):
        page.goto(own)
        box = page.get_by_label("Remember which links I follow")
        assert box.is_checked() is not is_wanted
        assert "deleted at once" in str(page.locator(f"#{box.get_attribute('aria-describedby')}").text_content())
        box.focus()
        page.keyboard.press("Space")
        page.keyboard.press("Enter")
        page.get_by_text("Saved.").wait_for()
        assert page.get_by_label("Remember which links I follow").is_checked() is is_wanted
    context.close()


def test_everything_works_without_scripts(browser: Browser, server: RunningWebServer) -> None:
    who = "plain@example.org"
    context = opened(browser, scripts=False)
    page = context.new_page()
    page.goto(f"{server.url}/subscribe?list=sample")
    page.get_by_label("Your email address").fill("nonsense")
    page.get_by_role("button", name="Subscribe").click()
    assert page.get_by_role("alert").is_visible()
    page.get_by_label("Your email address").fill(who)
    page.get_by_role("button", name="Subscribe").click()
    page.get_by_role("heading", name="Check your inbox").wait_for()
    page.goto(server.url + server.link_to(who))
    page.get_by_role("button", name="Yes, subscribe me").click()
    page.get_by_role("heading", name="Welcome").wait_for()
    assert subscription_states(server, who) == {"sample": "confirmed"}
    page.goto(f"{server.url}/preferences/{token(server, Purpose.PREFERENCES, 8)}")
    page.get_by_label("4 weeks without emails").check()
    page.get_by_label("Name beside your comments").fill("Jo W.")
    page.get_by_label("Language", exact=True).select_option("fr")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Enregistré.").wait_for()
    assert page.get_by_label("Nom à côté de vos commentaires").input_value() == "Jo W."
    context.close()


def test_under_attack_a_browser_solves_the_bot_check_and_is_served_first(
    browser: Browser, server: RunningWebServer
) -> None:
    for number in range(25):
        server.post_form("/subscribe", {"email": f"flood{number}@example.org", "list": "sample"})
    assert server.get("/subscribe/challenge").json["challenge"]
    context = opened(browser)
    page = context.new_page()
    page.goto(f"{server.url}/subscribe")
    page.wait_for_timeout(2_100)
    page.get_by_label("Your email address").fill("human@example.org")
    page.get_by_role("button", name="Subscribe").click()
    page.get_by_role("heading", name="Check your inbox").wait_for()
    assert server.link_to("human@example.org")
    database = sqlite3.connect(server.publication.folder / "var" / "newsletter.db")
    rows = dict(database.execute("SELECT address, is_low_priority FROM signup_requests"))
    database.close()
    assert rows["human@example.org"] == 0
    assert any(slow for address, slow in rows.items() if address.startswith("flood"))
    context.close()


@pytest.mark.parametrize("is_ours", [True, False])
def test_the_embedded_form_works_on_our_own_sites(
    browser: Browser, server: RunningWebServer, blog: int, *, is_ours: bool
) -> None:
    context = browser.new_context()
    context.set_default_timeout(60_000)
    page = context.new_page()
    site = f"http://{'127.0.0.1' if is_ours else 'localhost'}:{blog}/"
    page.goto(site)
    if is_ours:
        page.get_by_label("Ihre E-Mail-Adresse").fill("embedded@example.org")
        page.get_by_role("button", name="Abonnieren").click()
        page.get_by_text("Sehen Sie in Ihr Postfach").wait_for()
    else:
        page.get_by_role("link", name="Subscribe").wait_for()
        assert page.get_by_role("textbox").count() == 0
    context.close()


def test_a_crawler_that_follows_every_link_changes_nothing(browser: Browser, server: RunningWebServer) -> None:
    emails = [message for message in server.publication.messages() if message["List-Id"]][10:13]
    home = "https://letters.lamplighter.example"
    links: set[str] = set()
    for email in emails:
        for kind in ("html", "plain"):
            body = email.get_body((kind,))
            assert body is not None
            links |= set(re.findall(rf"{re.escape(home)}(/[^\"<>\s]+)", body.get_content()))
    assert len(links) == 9
    eventually(lambda: not _waiting(server))
    before = contents(server)
    context = opened(browser)
    page = context.new_page()
    seen: list[Response] = []
    page.on("response", lambda response: seen.append(response))
    queue, done = sorted(links), set()
    while queue:
        path = queue.pop()
        if path in done:
            continue
        done.add(path)
        server.request("HEAD", path)
        page.goto(server.url + path)
        if not path.startswith("/view/"):
            page.mouse.move(100, 300)
            results = page.evaluate("[...document.querySelectorAll('a[href^=\"/\"]')].map(a => a.getAttribute('href'))")
            queue += [link for link in results if link not in done]
    context.close()
    assert json.dumps(contents(server), default=str) == json.dumps(before, default=str)
    assert len(done) > 9
    assert all(response.status == 200 for response in seen)
    assert all("set-cookie" not in response.headers for response in seen)
    leave = next(path for path in sorted(links) if path.startswith("/u/"))
    assert server.one_click(leave).status == 200
    assert contents(server)["subscriptions"] != before["subscriptions"]


def _waiting(server: RunningWebServer) -> bool:
    return any(row[8] == "new" and not row[7] for row in contents(server)["signup_requests"])
