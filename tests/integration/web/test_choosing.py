"""Choices, one's own page, the record and its erasure, and a writer's page."""

import json
import mailbox
import re
import sqlite3

from newsletter.delivery import WEB_PATHS
from newsletter.replies import WRITER_PAGE_PATH
from newsletter.tokens import Purpose
from newsletter.web.app import ROUTES
from tests.acceptance.doorway import Doorway, eventually
from tests.acceptance.test_circle import ANSWER, answer_as_gmail
from tests.integration.web.conftest import joined, record, states, token


def test_whoever_makes_a_link_owns_its_path_and_the_door_mounts_it() -> None:
    for path in (*WEB_PATHS.values(), WRITER_PAGE_PATH):
        assert f"{path}{{token}}" in ROUTES


def test_every_link_of_a_letter_leads_to_a_page(door: Doorway) -> None:
    letter = next(message for message in door.desk.messages() if message["List-Id"])
    page = letter.get_body(("html",))
    assert page is not None
    paths = set(re.findall(r"https://letters\.lamplighter\.example(/[^\"<\s]+)", page.get_content()))
    assert {path.split("/")[1] for path in paths} >= {"u", "preferences", "view"}
    for path in paths:
        assert door.get(path).status == 200, path


def test_a_letters_page_shows_no_readers_own_link_and_runs_nothing(door: Doorway) -> None:
    page = door.get(f"/view/{token(door, Purpose.VIEW, 1)}")
    assert page.status == 200
    assert "/u/" not in page.text
    assert "/preferences/" not in page.text
    assert "sandbox" in page.headers["content-security-policy"]
    assert "script-src" not in page.headers["content-security-policy"]


def test_a_pause_keeps_letters_away_until_it_is_over(door: Doorway) -> None:
    desk = door.desk
    number = 2
    path = f"/preferences/{token(door, Purpose.PREFERENCES, number)}"
    assert 'role="status"' in door.send(path, {"pause": "4"}).text
    assert desk.done("send", "--again", "--json").json["excluded"] == {"paused": 1}
    door.send(path, {"pause": "none"})
    assert desk.done("send", "--again", "--json").json["excluded"] == {}


def test_a_letters_link_narrows_but_joins_only_by_another_mail(door: Doorway) -> None:
    path = f"/preferences/{token(door, Purpose.PREFERENCES, 3)}"
    who = "zofia@example.com"
    page = door.get(path)
    assert who not in page.text, "a letter may be forwarded"
    door.send(path, {"has_lists": "1", "list": "weekly"})
    assert states(door, who)["sample"] == "ended"
    confirm = door.link_to(who)
    assert states(door, who).get("weekly") != "confirmed"
    door.send(confirm)
    assert states(door, who)["weekly"] == "confirmed"


def test_a_letters_link_neither_shows_nor_deletes_a_record(door: Doorway) -> None:
    stolen = token(door, Purpose.PREFERENCES, 4)
    assert door.get(f"/own/{stolen}").status == 404
    assert door.get(f"/own/{stolen}/data").status == 404
    assert door.send(f"/own/{stolen}/erase").status == 404
    assert door.get(f"/preferences/{token(door, Purpose.UNSUBSCRIBE, 4)}").status == 404


def test_the_whole_record_is_given_and_erased_by_a_mailed_link(door: Doorway) -> None:
    who = "going@example.org"
    joined(door, who)
    assert door.send("/link", {"email": who}).status == 200
    path = door.link_to(who, "own")
    given = door.get(f"{path}/data")
    assert "attachment" in given.headers["content-disposition"]
    told = json.loads(given.text)
    assert told["address"] == who
    assert "replies_from_other_addresses" not in told, "they are other people's"
    assert [each["act"] for each in told["subscriptions"][0]["consents"]] == ["requested", "confirmed"]
    assert door.get(f"{path}/erase").status == 200
    assert record(door, who) is not None
    assert door.send(f"{path}/erase").status == 200
    left = record(door, who)
    assert left is not None
    assert left.subscriber is None
    assert left.suppression is not None
    assert door.get(path).status == 404, "the link is worth nothing afterwards"
    assert door.send(f"{path}/erase").status == 404


def test_leaving_can_be_taken_back_at_once_but_not_what_others_ended(door: Doorway) -> None:
    number = 5
    path = f"/u/{token(door, Purpose.UNSUBSCRIBE, number)}"
    page = door.get(path)
    assert page.status == 200
    left = door.send(path)
    assert "act" in left.text
    door.send(path, {"act": "again"})
    address = _address_of(door, number)
    assert states(door, address)["sample"] == "confirmed"
    door.desk.done("subscribers", "remove", address, "--list", "sample")
    door.send(path, {"act": "again"})
    assert states(door, address)["sample"] == "ended"


def test_leaving_everything_is_remembered(door: Doorway) -> None:
    path = f"/u/{token(door, Purpose.UNSUBSCRIBE, 6)}"
    door.send(path, {"act": "all"})
    found = record(door, _address_of(door, 6))
    assert found is not None
    assert found.suppression is not None
    assert found.suppression.reason == "unsubscribed"


def test_a_writer_changes_and_takes_back_what_they_wrote(door: Doorway) -> None:
    desk = door.desk
    letter = next(m for m in desk.messages() if m["List-Id"] and "bram.desmet@example.net" in str(m["To"]))
    box = mailbox.Maildir(desk.folder / "answers", create=True)
    raw = answer_as_gmail(letter, ANSWER).replace(b"thaddeus@example.org", b"bram.desmet@example.net")
    box.add(raw)
    desk.done("replies", "fetch", "--maildir", str(desk.folder / "answers"))
    (held,) = desk.done("replies", "list", "--json").json_lines
    desk.done("replies", "approve", held["id"])
    desk.done("notices", "send")
    path = eventually(lambda: door.link_to("bram.desmet@example.net", "comment"))
    assert "never once spoke of it" in door.get(path).text
    door.send(path, {"act": "edit", "text": "Better words, with a@b.example in them."})
    door.send(path, {"act": "edit", "text": "Better words, with a@b.example in them."})
    waiting = [each for each in desk.done("replies", "list", "--json").json_lines if each["state"] == "held"]
    assert len(waiting) == 1
    desk.done("replies", "approve", waiting[0]["id"])
    folder = desk.folder / "issues" / held["issue"] / "comments"
    (comment,) = folder.glob(f"*{held['id']}*.md")
    assert "Better words" in comment.read_text()
    assert "a@b.example" not in comment.read_text()
    assert door.send(path, {"act": "withdraw"}).status == 200
    assert "Better words" not in comment.read_text()
    assert door.get(path).status == 404


def _address_of(door: Doorway, delivery: int) -> str:
    database = sqlite3.connect(door.desk.folder / "var" / "newsletter.db")
    (address,) = database.execute(
        "SELECT address FROM subscribers WHERE id = (SELECT subscriber_id FROM deliveries WHERE id = ?)",
        (delivery,),
    ).fetchone()
    database.close()
    return str(address)


def test_a_first_name_is_chosen_on_ones_own_page_and_no_import_says_another(door: Doorway) -> None:
    who = "renamed@example.org"
    rows = f"email,first_name,last_name\n{who},Old,Before\n"
    file = door.desk.write("renamed.csv", rows)
    door.desk.done("subscribers", "import", str(file), "--list", "sample")
    door.send("/link", {"email": who})
    path = door.link_to(who, "own")
    assert 'value="Old"' in door.get(path).text
    door.send(path, {"first_name": " Zoë  =?utf-8?q?x?= "})
    door.desk.done("subscribers", "import", str(file), "--list", "sample")
    file.write_text(rows.replace("Before", "After"), encoding="utf-8")
    door.desk.done("subscribers", "import", str(file), "--list", "sample")
    found = record(door, who)
    assert found is not None
    assert found.subscriber is not None
    assert found.subscriber.name == "Zoë After"


def test_a_letters_link_neither_shows_nor_changes_a_first_name(door: Doorway) -> None:
    path = f"/preferences/{token(door, Purpose.PREFERENCES, 8)}"
    before = record(door, _address_of(door, 8))
    assert 'name="first_name"' not in door.get(path).text
    door.send(path, {"first_name": "Somebody else"})
    assert record(door, _address_of(door, 8)) == before
