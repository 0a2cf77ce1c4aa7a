"""Preferences, unsubscribe, my data and its erasure, and a commenter's page."""

import json
import mailbox
import re
import sqlite3

from newsletter.delivery.message import WEB_PATHS
from newsletter.replies import WRITER_PAGE_PATH
from newsletter.tokens import Purpose
from newsletter.web.app import ROUTES
from tests.acceptance.test_reply_round_trip import ANSWER, answer_as_gmail
from tests.acceptance.web_server import RunningWebServer, eventually
from tests.integration.web.conftest import sign_up_and_confirm, subscriber_record, subscription_states, token


def test_every_link_path_is_a_route_of_the_web_server() -> None:
    for path in (*WEB_PATHS.values(), WRITER_PAGE_PATH):
        assert f"{path}{{token}}" in ROUTES


def test_every_link_in_an_email_leads_to_a_page(server: RunningWebServer) -> None:
    email = next(message for message in server.publication.messages() if message["List-Id"])
    page = email.get_body(("html",))
    assert page is not None
    paths = set(re.findall(r"https://letters\.lamplighter\.example(/[^\"<\s]+)", page.get_content()))
    assert {path.split("/")[1] for path in paths} >= {"u", "preferences", "view"}
    for path in paths:
        assert server.get(path).status == 200, path


def test_the_web_version_shows_no_personal_link_and_runs_no_script(server: RunningWebServer) -> None:
    page = server.get(f"/view/{token(server, Purpose.VIEW, 1)}")
    assert page.status == 200
    assert "/u/" not in page.text
    assert "/preferences/" not in page.text
    assert "sandbox" in page.headers["content-security-policy"]
    assert "script-src" not in page.headers["content-security-policy"]


def test_a_paused_subscription_gets_no_email_until_the_pause_ends(server: RunningWebServer) -> None:
    publication = server.publication
    number = 2
    path = f"/preferences/{token(server, Purpose.PREFERENCES, number)}"
    assert 'role="status"' in server.post_form(path, {"pause": "4"}).text
    assert publication.run_ok("send", "--again", "--json").json["excluded"] == {"paused": 1}
    server.post_form(path, {"pause": "none"})
    assert publication.run_ok("send", "--again", "--json").json["excluded"] == {}


def test_an_emailed_link_can_unsubscribe_but_subscribes_only_after_confirmation(server: RunningWebServer) -> None:
    path = f"/preferences/{token(server, Purpose.PREFERENCES, 3)}"
    who = "zofia@example.com"
    page = server.get(path)
    assert who not in page.text, "a letter may be forwarded"
    server.post_form(path, {"has_lists": "1", "list": "weekly"})
    assert subscription_states(server, who)["sample"] == "ended"
    confirm = server.link_to(who)
    assert subscription_states(server, who).get("weekly") != "confirmed"
    server.post_form(confirm)
    assert subscription_states(server, who)["weekly"] == "confirmed"


def test_a_newsletter_link_neither_shows_nor_deletes_my_data(server: RunningWebServer) -> None:
    stolen = token(server, Purpose.PREFERENCES, 4)
    assert server.get(f"/own/{stolen}").status == 404
    assert server.get(f"/own/{stolen}/data").status == 404
    assert server.post_form(f"/own/{stolen}/erase").status == 404
    assert server.get(f"/preferences/{token(server, Purpose.UNSUBSCRIBE, 4)}").status == 404


def test_my_data_is_exported_and_erased_by_a_mailed_link(server: RunningWebServer) -> None:
    who = "going@example.org"
    sign_up_and_confirm(server, who)
    assert server.post_form("/link", {"email": who}).status == 200
    path = server.link_to(who, "own")
    given = server.get(f"{path}/data")
    assert "attachment" in given.headers["content-disposition"]
    result = json.loads(given.text)
    assert result["address"] == who
    assert "replies_from_other_addresses" not in result, "they are other people's"
    assert [item["act"] for item in result["subscriptions"][0]["consents"]] == ["requested", "confirmed"]
    assert server.get(f"{path}/erase").status == 200
    assert subscriber_record(server, who) is not None
    assert server.post_form(f"{path}/erase").status == 200
    left = subscriber_record(server, who)
    assert left is not None
    assert left.subscriber is None
    assert left.suppression is not None
    assert server.get(path).status == 404, "the link is worth nothing afterwards"
    assert server.post_form(f"{path}/erase").status == 404


def test_unsubscribing_can_be_undone_at_once_but_only_ones_own(server: RunningWebServer) -> None:
    number = 5
    path = f"/u/{token(server, Purpose.UNSUBSCRIBE, number)}"
    page = server.get(path)
    assert page.status == 200
    left = server.post_form(path)
    assert "act" in left.text
    server.post_form(path, {"act": "again"})
    address = _address_of(server, number)
    assert subscription_states(server, address)["sample"] == "confirmed"
    server.publication.run_ok("subscribers", "remove", address, "--list", "sample")
    server.post_form(path, {"act": "again"})
    assert subscription_states(server, address)["sample"] == "ended"


def test_unsubscribing_from_everything_is_remembered(server: RunningWebServer) -> None:
    path = f"/u/{token(server, Purpose.UNSUBSCRIBE, 6)}"
    server.post_form(path, {"act": "all"})
    results = subscriber_record(server, _address_of(server, 6))
    assert results is not None
    assert results.suppression is not None
    assert results.suppression.reason == "unsubscribed"


def test_a_commenter_edits_and_withdraws_a_comment(server: RunningWebServer) -> None:
    publication = server.publication
    email = next(m for m in publication.messages() if m["List-Id"] and "bram.desmet@example.net" in str(m["To"]))
    box = mailbox.Maildir(publication.folder / "answers", create=True)
    raw = answer_as_gmail(email, ANSWER).replace(b"thaddeus@example.org", b"bram.desmet@example.net")
    box.add(raw)
    publication.run_ok("replies", "fetch", "--maildir", str(publication.folder / "answers"))
    (held,) = publication.run_ok("replies", "list", "--json").json_lines
    publication.run_ok("replies", "approve", held["id"])
    publication.run_ok("notices", "send")
    path = eventually(lambda: server.link_to("bram.desmet@example.net", "comment"))
    assert "never once spoke of it" in server.get(path).text
    server.post_form(path, {"act": "edit", "text": "Better words, with a@b.example in them."})
    server.post_form(path, {"act": "edit", "text": "Better words, with a@b.example in them."})
    waiting = [item for item in publication.run_ok("replies", "list", "--json").json_lines if item["state"] == "held"]
    assert len(waiting) == 1
    publication.run_ok("replies", "approve", waiting[0]["id"])
    folder = publication.folder / "issues" / held["issue"] / "comments"
    (comment,) = folder.glob(f"*{held['id']}*.md")
    assert "Better words" in comment.read_text()
    assert "a@b.example" not in comment.read_text()
    assert server.post_form(path, {"act": "withdraw"}).status == 200
    assert "Better words" not in comment.read_text()
    assert server.get(path).status == 404


def _address_of(server: RunningWebServer, delivery: int) -> str:
    database = sqlite3.connect(server.publication.folder / "var" / "newsletter.db")
    (address,) = database.execute(
        "SELECT address FROM subscribers WHERE id = (SELECT subscriber_id FROM deliveries WHERE id = ?)",
        (delivery,),
    ).fetchone()
    database.close()
    return str(address)


def test_a_first_name_set_on_ones_own_page_survives_imports(server: RunningWebServer) -> None:
    who = "renamed@example.org"
    rows = f"email,first_name,last_name\n{who},Old,Before\n"
    file = server.publication.write("renamed.csv", rows)
    server.publication.run_ok("subscribers", "import", str(file), "--list", "sample")
    server.post_form("/link", {"email": who})
    path = server.link_to(who, "own")
    assert 'value="Old"' in server.get(path).text
    server.post_form(path, {"first_name": " Zoë  =?utf-8?q?x?= "})
    server.publication.run_ok("subscribers", "import", str(file), "--list", "sample")
    file.write_text(rows.replace("Before", "After"), encoding="utf-8")
    server.publication.run_ok("subscribers", "import", str(file), "--list", "sample")
    results = subscriber_record(server, who)
    assert results is not None
    assert results.subscriber is not None
    assert results.subscriber.name == "Zoë After"


def test_a_newsletter_link_neither_shows_nor_changes_a_first_name(server: RunningWebServer) -> None:
    path = f"/preferences/{token(server, Purpose.PREFERENCES, 8)}"
    before = subscriber_record(server, _address_of(server, 8))
    assert 'name="first_name"' not in server.get(path).text
    server.post_form(path, {"first_name": "Somebody else"})
    assert subscriber_record(server, _address_of(server, 8)) == before
