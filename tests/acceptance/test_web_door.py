"""The web door with the real commands: from a form to a letter, and out again by one click."""

import re
import socket
import sqlite3
from urllib.parse import urlsplit

import pytest

from tests.acceptance.desk import PATIENCE, Desk
from tests.acceptance.doorway import MULTIPART, ONE_CLICK, Doorway, eventually, open_door
from tests.acceptance.stage import SEND, Stage

READER = "newcomer@example.org"


def state_of(desk: Desk, address: str) -> list[str]:
    shown = desk.run("subscribers", "show", address, "--json")
    return [each["state"] for each in shown.json["subscriptions"]] if shown.code == 0 else []


def unsubscribe_path(desk: Desk, address: str) -> str:
    letters = [m for m in desk.messages() if address in str(m["To"]) and m["List-Unsubscribe"]]
    found = re.match(r"<https://[^/]+(/u/[a-z2-7]{29})>", str(letters[-1]["List-Unsubscribe"]))
    assert found is not None
    return found[1]


def test_from_the_form_to_a_letter_and_out_by_one_click(desk: Desk) -> None:
    with open_door(desk) as door:
        assert door.send("/subscribe", {"email": READER, "list": "sample"}).status == 200
        path = door.link_to(READER)
        assert state_of(desk, READER) == ["pending"]
        assert desk.done("send", "--json").json["excluded"] == {"pending": 1}
        door.get(path)
        door.ask("HEAD", path)
        assert state_of(desk, READER) == ["pending"], "only the button confirms"
        assert door.send(path).status == 200
        assert state_of(desk, READER) == ["confirmed"]
        desk.done("send")
        leave = unsubscribe_path(desk, READER)
        answer = door.one_click(leave)
        assert (answer.status, "location" in answer.headers, "set-cookie" in answer.headers) == (200, False, False)
        assert state_of(desk, READER) == ["ended"]
        assert desk.done("send", "--again", "--json").json["excluded"] == {"unsubscribed": 1}


def test_one_click_takes_both_encodings_and_says_the_same_of_every_token(desk: Desk) -> None:
    desk.done("send")
    (first, second, *_) = (str(message["To"].addresses[0].addr_spec) for message in desk.messages())
    with open_door(desk) as door:
        body, kind = MULTIPART
        good = door.ask("POST", unsubscribe_path(desk, first), body, Content_Type=kind)
        used = door.one_click(unsubscribe_path(desk, first))
        other = door.one_click(unsubscribe_path(desk, second))
        forged = door.one_click("/u/" + "a" * 29)
        nonsense = door.one_click("/u/nonsense")
        answers = {(answer.status, answer.text) for answer in (good, used, other, forged, nonsense)}
        assert len(answers) == 1
        assert answers.pop()[0] == 200
        assert state_of(desk, first) == state_of(desk, second) == ["ended"]
        pages = {
            re.sub('/u/[^"]*', "", door.send(path).text) for path in (unsubscribe_path(desk, first), "/u/" + "b" * 29)
        }
        assert len(pages) == 1, "the page says the same of every token as well"


@pytest.mark.slow
def test_whoever_leaves_while_a_mailing_runs_is_mailed_no_more(stage: Stage) -> None:
    desk = stage.desk
    stage.account.rate = 10  # so that the last fifty leave long after they have left
    with open_door(desk) as door:
        sending = desk.start(*SEND)
        assert eventually(lambda: len(stage.taken()) > 20)
        database = sqlite3.connect(desk.folder / "var" / "newsletter.db")
        waiting = [
            n for (n,) in database.execute("SELECT id FROM deliveries WHERE status = 'planned' ORDER BY id DESC")
        ]
        gone = waiting[:50]
        for number in gone:
            assert door.one_click(f"/u/{token_of(desk, number)}").status == 200
        database.close()
    out, said = sending.communicate(timeout=PATIENCE)
    assert sending.returncode == 0, said
    assert not set(stage.taken()) & set(gone)
    assert stage.deliveries("excluded") == set(gone)
    assert '"unsubscribed":50' in out.replace(" ", "")


def token_of(desk: Desk, delivery: int) -> str:
    """The token that the letter of this delivery will carry."""
    from newsletter.settings import read_or_make_keys, read_settings
    from newsletter.tokens import Keyring, Purpose

    return Keyring(read_or_make_keys(read_settings(desk.folder))).sign(Purpose.UNSUBSCRIBE, delivery)


def test_the_door_finishes_what_it_has_begun_and_ends_with_0(desk: Desk) -> None:
    desk.done("send")
    leave = unsubscribe_path(desk, "zofia@example.com")
    with open_door(desk) as door:
        assert door.get("/healthz").json == {"status": "ok"}
        parts = urlsplit(door.url)
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=PATIENCE) as begun:
            begun.sendall(
                f"POST {leave} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                f"Content-Length: {len(ONE_CLICK)}\r\nExpect: 100-continue\r\n\r\n".encode()
            )
            assert begun.recv(4096).startswith(b"HTTP/1.1 100 ")  # it has begun to read
            begun.sendall(ONE_CLICK[:5])
            door.process.terminate()
            eventually(lambda: is_closed(door))
            begun.sendall(ONE_CLICK[5:])
            assert begun.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert state_of(desk, "zofia@example.com") == ["ended"]


def is_closed(door: Doorway) -> bool:
    """Whether nobody new is let in."""
    parts = urlsplit(door.url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=PATIENCE).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_port_that_is_taken_is_one_line(desk: Desk) -> None:
    with open_door(desk) as door:
        port = door.url.rpartition(":")[2]
        second = desk.run("serve", "--port", port)
        assert second.code == 1
        assert second.err.count("\n") == 1
        assert port in second.err


def test_a_list_that_is_not_there_is_one_line(desk: Desk) -> None:
    desk.set("[web]", '[web]\nlists = ["sampel"]')
    refused = desk.run("serve", "--port", "0")
    assert refused.code == 1
    assert "unknown list 'sampel'. Did you mean 'sample'?" in refused.err


def test_the_log_names_no_token_and_no_address(desk: Desk) -> None:
    door: Doorway
    with open_door(desk) as door:
        door.send("/subscribe", {"email": READER, "list": "sample"})
        path = door.link_to(READER)
        door.get(f"{path}?email={READER}")
        door.send(path)
        door.one_click("/u/" + "a" * 29)
        door.get(f"/nowhere/{path}")
    said = "".join(door.log)
    assert "/confirm/{token} 200" in said
    assert path.rpartition("/")[2] not in said
    assert "a" * 29 not in said
    assert READER not in said


def test_a_busy_database_is_try_later(desk: Desk) -> None:
    with open_door(desk) as door:
        locked = sqlite3.connect(desk.folder / "var" / "newsletter.db", isolation_level=None)
        locked.execute("BEGIN IMMEDIATE")
        answer = door.send("/subscribe", {"email": READER, "list": "sample"})
        locked.execute("ROLLBACK")
        locked.close()
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) > 0
