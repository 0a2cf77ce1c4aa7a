"""What stands in a consent that was given at the door: the words that were read, and the mail that led there."""

import json
import re

from newsletter.audience.models import Consent
from newsletter.locales import translations_for
from newsletter.tokens import Purpose
from tests.acceptance.doorway import Doorway, eventually
from tests.integration.web.conftest import record, token

PROMISE = (
    "We send you an email with a link to confirm. You are subscribed only after that, "
    "and can unsubscribe at any time with one click."
)
ENGLISH, GERMAN = translations_for("en").gettext, translations_for("de").gettext


def consents(door: Doorway, address: str, list_name: str = "sample") -> list[Consent]:
    found = record(door, address)
    assert found is not None
    return [consent for s, theirs in found.subscriptions if s.list_name == list_name for consent in theirs]


def shown(door: Doorway, language: str = "en") -> str:
    page = door.get(f"/subscribe?language={language}").text
    return re.findall(r'name="shown" value="([^"]+)"', page)[0]


def test_the_form_and_the_confirmation_are_told_by_their_words_and_the_mail(door: Doorway) -> None:
    who = "worded@example.org"
    door.send("/subscribe", {"email": who, "list": "sample", "language": "de", "shown": shown(door, "de")})
    path = door.link_to(who)
    page = door.get(path).text
    door.send(path)
    requested, confirmed = consents(door, who)
    assert requested.consent_text.startswith(f"{GERMAN(PROMISE)} / {GERMAN('Subscribe')} [de, subscribe.html ")
    assert requested.mail == ""
    assert confirmed.consent_text.startswith(f"{GERMAN('One last step')} / ")
    assert GERMAN("Yes, subscribe me") in page
    assert GERMAN("Yes, subscribe me") in confirmed.consent_text
    [number] = re.findall(r"^confirmation (\d+), ", confirmed.mail)
    [notice] = [n for n in door.desk.done("notices", "list", "--json").json_lines if n["id"] == int(number)]
    assert notice["subject"] in confirmed.mail


def test_a_script_on_another_site_shows_our_words_and_a_form_of_its_own_does_not(door: Doorway) -> None:
    form = door.get("/subscribe/challenge?language=en", Origin="https://blog.example").json
    assert form["messages"]["promise"] == ENGLISH(PROMISE)
    headers = {"Origin": "https://blog.example", "Accept": "application/json"}
    door.send("/subscribe", {"email": "script@example.org", "list": "sample", "shown": form["shown"]}, **headers)
    door.send("/subscribe", {"email": "own@example.org", "list": "sample"}, Origin="https://blog.example")
    door.send("/subscribe", {"email": "forged@example.org", "list": "sample", "shown": "forged"})
    for who in ("script", "own", "forged"):
        door.link_to(f"{who}@example.org")
    assert consents(door, "script@example.org")[0].consent_text.startswith(ENGLISH(PROMISE))
    assert consents(door, "own@example.org")[0].consent_text == "an external form on https://blog.example"
    assert "an unknown page" in consents(door, "forged@example.org")[0].consent_text


def test_leaving_and_its_return_are_told_by_the_page_and_the_letter(door: Doorway) -> None:
    path, who = f"/u/{token(door, Purpose.UNSUBSCRIBE, 5)}", _holder(door, 5)
    door.send(path)
    door.send(path, {"act": "again"})
    door.one_click(path)
    eventually(lambda: len(consents(door, who)) >= 4)
    left, back, clicked = consents(door, who)[-3:]
    assert ENGLISH("Unsubscribe") in left.consent_text
    assert "unsubscribe.html" in left.consent_text
    assert ENGLISH("Subscribe again") in back.consent_text
    assert clicked.consent_text == ""
    assert {left.mail, back.mail, clicked.mail} == {"email of delivery 5"}
    assert who not in left.consent_text


def test_choices_are_told_by_their_page_and_the_mail_that_led_there(door: Doorway) -> None:
    who = _holder(door, 6)
    door.send(f"/preferences/{token(door, Purpose.PREFERENCES, 6)}", {"has_lists": "1"})
    left = consents(door, who)[-1]
    assert (left.act, left.mail) == ("ended", "email of delivery 6")
    assert left.consent_text.startswith(ENGLISH("Your subscription"))
    door.send("/link", {"email": who})
    own = door.link_to(who, "own")
    door.send(own, {"has_lists": "1", "list": "weekly"})
    [joined] = consents(door, who, "weekly")
    assert joined.mail.startswith("own page ")
    assert "preferences.html" in joined.consent_text


def test_words_and_mail_are_shown_told_and_carried_elsewhere(door: Doorway) -> None:
    who = "carried@example.org"
    door.send("/subscribe", {"email": who, "list": "weekly", "shown": shown(door)})
    door.send(door.link_to(who))
    before = consents(door, who, "weekly")
    said = door.desk.done("subscribers", "show", who).out
    door.send("/link", {"email": who})
    told = json.loads(door.get(door.link_to(who, "own") + "/data").text)
    for consent in before:
        assert consent.consent_text in " ".join(said.split())
        assert consent.mail in " ".join(said.split())
    rows = [row for s in told["subscriptions"] for row in s["consents"]]
    assert [(row["words"], row["mail"]) for row in rows] == [(c.consent_text, c.mail) for c in before]
    exported = door.desk.done("subscribers", "export", "--list", "weekly", "--format", "jsonl").out
    line = next(text for text in exported.splitlines() if who in text)
    moved = "moved@example.org"
    (door.desk.folder / "moved.jsonl").write_text(line.replace(who, moved) + "\n", encoding="utf-8")
    door.desk.done("subscribers", "import", "moved.jsonl", "--list", "weekly")
    assert consents(door, moved, "weekly")[:2] == before


def _holder(door: Doorway, delivery: int) -> str:
    letters = [message for message in door.desk.messages() if message["List-Id"]]
    link = token(door, Purpose.PREFERENCES, delivery)
    [letter] = [m for m in letters if link in m.get_body(("html",)).get_content()]  # type: ignore[union-attr]
    return str(letter["To"].addresses[0].addr_spec)
