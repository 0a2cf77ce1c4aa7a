"""Consent records: the text that was shown, and the email that led to it."""

import json
import re

from newsletter.audience.models import Consent
from newsletter.locales import translations_for
from newsletter.tokens import Purpose
from tests.acceptance.web_server import RunningWebServer, eventually
from tests.integration.web.conftest import subscriber_record, token

PROMISE = (
    "We send you an email with a link to confirm. You are subscribed only after that, "
    "and can unsubscribe at any time with one click."
)
ENGLISH, GERMAN = translations_for("en").gettext, translations_for("de").gettext


def consents(server: RunningWebServer, address: str, list_name: str = "sample") -> list[Consent]:
    results = subscriber_record(server, address)
    assert results is not None
    return [consent for s, theirs in results.subscriptions if s.list_name == list_name for consent in theirs]


def shown(server: RunningWebServer, language: str = "en") -> str:
    page = server.get(f"/subscribe?language={language}").text
    return re.findall(r'name="shown" value="([^"]+)"', page)[0]


def test_consent_records_the_form_text_and_the_confirmation_email(server: RunningWebServer) -> None:
    who = "worded@example.org"
    server.post_form("/subscribe", {"email": who, "list": "sample", "language": "de", "shown": shown(server, "de")})
    path = server.link_to(who)
    page = server.get(path).text
    server.post_form(path)
    requested, confirmed = consents(server, who)
    assert requested.consent_text.startswith(f"{GERMAN(PROMISE)} / {GERMAN('Subscribe')} [de, subscribe.html ")
    assert requested.mail == ""
    assert confirmed.consent_text.startswith(f"{GERMAN('One last step')} / ")
    assert GERMAN("Yes, subscribe me") in page
    assert GERMAN("Yes, subscribe me") in confirmed.consent_text
    [number] = re.findall(r"^confirmation (\d+), ", confirmed.mail)
    [notice] = [n for n in server.publication.run_ok("notices", "list", "--json").json_lines if n["id"] == int(number)]
    assert notice["subject"] in confirmed.mail


def test_consent_text_is_recorded_for_the_embedded_form_but_not_for_foreign_forms(server: RunningWebServer) -> None:
    form = server.get("/subscribe/challenge?language=en", Origin="https://blog.example").json
    assert form["messages"]["promise"] == ENGLISH(PROMISE)
    headers = {"Origin": "https://blog.example", "Accept": "application/json"}
    server.post_form("/subscribe", {"email": "script@example.org", "list": "sample", "shown": form["shown"]}, **headers)
    server.post_form("/subscribe", {"email": "own@example.org", "list": "sample"}, Origin="https://blog.example")
    server.post_form("/subscribe", {"email": "forged@example.org", "list": "sample", "shown": "forged"})
    for who in ("script", "own", "forged"):
        server.link_to(f"{who}@example.org")
    assert consents(server, "script@example.org")[0].consent_text.startswith(ENGLISH(PROMISE))
    assert consents(server, "own@example.org")[0].consent_text == "an external form on https://blog.example"
    assert "an unknown page" in consents(server, "forged@example.org")[0].consent_text


def test_unsubscribing_and_undoing_record_the_page_and_the_email(server: RunningWebServer) -> None:
    path, who = f"/u/{token(server, Purpose.UNSUBSCRIBE, 5)}", _holder(server, 5)
    server.post_form(path)
    server.post_form(path, {"act": "again"})
    server.one_click(path)
    eventually(lambda: len(consents(server, who)) >= 4)
    left, back, clicked = consents(server, who)[-3:]
    assert ENGLISH("Unsubscribe") in left.consent_text
    assert "unsubscribe.html" in left.consent_text
    assert ENGLISH("Subscribe again") in back.consent_text
    assert clicked.consent_text == ""
    assert {left.mail, back.mail, clicked.mail} == {"email of delivery 5"}
    assert who not in left.consent_text


def test_preferences_record_their_page_and_the_email_with_the_link(server: RunningWebServer) -> None:
    who = _holder(server, 6)
    server.post_form(f"/preferences/{token(server, Purpose.PREFERENCES, 6)}", {"has_lists": "1"})
    left = consents(server, who)[-1]
    assert (left.act, left.mail) == ("ended", "email of delivery 6")
    assert left.consent_text.startswith(ENGLISH("Your subscription"))
    server.post_form("/link", {"email": who})
    own = server.link_to(who, "own")
    server.post_form(own, {"has_lists": "1", "list": "weekly"})
    [sign_up_and_confirm] = consents(server, who, "weekly")
    assert sign_up_and_confirm.mail.startswith("own page ")
    assert "preferences.html" in sign_up_and_confirm.consent_text


def test_consent_text_is_shown_exported_and_imported(server: RunningWebServer) -> None:
    who = "carried@example.org"
    server.post_form("/subscribe", {"email": who, "list": "weekly", "shown": shown(server)})
    server.post_form(server.link_to(who))
    before = consents(server, who, "weekly")
    output = server.publication.run_ok("subscribers", "show", who).out
    server.post_form("/link", {"email": who})
    result = json.loads(server.get(server.link_to(who, "own") + "/data").text)
    for consent in before:
        assert consent.consent_text in " ".join(output.split())
        assert consent.mail in " ".join(output.split())
    rows = [row for s in result["subscriptions"] for row in s["consents"]]
    assert [(row["words"], row["mail"]) for row in rows] == [(c.consent_text, c.mail) for c in before]
    exported = server.publication.run_ok("subscribers", "export", "--list", "weekly", "--format", "jsonl").out
    line = next(text for text in exported.splitlines() if who in text)
    moved = "moved@example.org"
    (server.publication.folder / "moved.jsonl").write_text(line.replace(who, moved) + "\n", encoding="utf-8")
    server.publication.run_ok("subscribers", "import", "moved.jsonl", "--list", "weekly")
    assert consents(server, moved, "weekly")[:2] == before


def _holder(server: RunningWebServer, delivery: int) -> str:
    emails = [message for message in server.publication.messages() if message["List-Id"]]
    link = token(server, Purpose.PREFERENCES, delivery)
    [email] = [m for m in emails if link in m.get_body(("html",)).get_content()]  # type: ignore[union-attr]
    return str(email["To"].addresses[0].addr_spec)
