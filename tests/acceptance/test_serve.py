"""`newsletter serve`: from the sign-up form to an email and to one-click unsubscribe."""

import re
import socket
import sqlite3
from urllib.parse import urlsplit

import pytest

from tests.acceptance.publication_folder import TIMEOUT, PublicationFolder
from tests.acceptance.ses_publication import SEND, SesPublication
from tests.acceptance.web_server import MULTIPART, ONE_CLICK, RunningWebServer, eventually, run_web_server

READER = "newcomer@example.org"


def state_of(publication: PublicationFolder, address: str) -> list[str]:
    shown = publication.run("subscribers", "show", address, "--json")
    return [item["state"] for item in shown.json["subscriptions"]] if shown.code == 0 else []


def unsubscribe_path(publication: PublicationFolder, address: str) -> str:
    emails = [m for m in publication.messages() if address in str(m["To"]) and m["List-Unsubscribe"]]
    match = re.match(r"<https://[^/]+(/u/[a-z2-7]{29})>", str(emails[-1]["List-Unsubscribe"]))
    assert match is not None
    return match[1]


def test_from_the_signup_form_to_an_email_and_one_click_unsubscribe(publication: PublicationFolder) -> None:
    with run_web_server(publication) as server:
        assert server.post_form("/subscribe", {"email": READER, "list": "sample"}).status == 200
        path = server.link_to(READER)
        assert state_of(publication, READER) == ["pending"]
        assert publication.run_ok("send", "--json").json["excluded"] == {"pending": 1}
        server.get(path)
        server.request("HEAD", path)
        assert state_of(publication, READER) == ["pending"], "only the button confirms"
        assert server.post_form(path).status == 200
        assert state_of(publication, READER) == ["confirmed"]
        publication.run_ok("send")
        leave = unsubscribe_path(publication, READER)
        answer = server.one_click(leave)
        assert (answer.status, "location" in answer.headers, "set-cookie" in answer.headers) == (200, False, False)
        assert state_of(publication, READER) == ["ended"]
        assert publication.run_ok("send", "--again", "--json").json["excluded"] == {"unsubscribed": 1}


def test_one_click_accepts_both_encodings_and_answers_every_token_alike(publication: PublicationFolder) -> None:
    publication.run_ok("send")
    (first, second, *_) = (str(message["To"].addresses[0].addr_spec) for message in publication.messages())
    with run_web_server(publication) as server:
        body, kind = MULTIPART
        good = server.request("POST", unsubscribe_path(publication, first), body, Content_Type=kind)
        used = server.one_click(unsubscribe_path(publication, first))
        other = server.one_click(unsubscribe_path(publication, second))
        forged = server.one_click("/u/" + "a" * 29)
        nonsense = server.one_click("/u/nonsense")
        responses = {(answer.status, answer.text) for answer in (good, used, other, forged, nonsense)}
        assert len(responses) == 1
        assert responses.pop()[0] == 200
        assert state_of(publication, first) == state_of(publication, second) == ["ended"]
        pages = {
            re.sub('/u/[^"]*', "", server.post_form(path).text)
            for path in (unsubscribe_path(publication, first), "/u/" + "b" * 29)
        }
        assert len(pages) == 1, "the page says the same of every token as well"


@pytest.mark.slow
def test_a_reader_who_unsubscribes_during_a_mailing_is_not_mailed(ses_publication: SesPublication) -> None:
    publication = ses_publication.publication
    ses_publication.account.rate = 10  # so that the last fifty leave long after they have left
    with run_web_server(publication) as server:
        sending = publication.start(*SEND)
        assert eventually(lambda: len(ses_publication.accepted()) > 20)
        database = sqlite3.connect(publication.folder / "var" / "newsletter.db")
        waiting = [
            n for (n,) in database.execute("SELECT id FROM deliveries WHERE status = 'planned' ORDER BY id DESC")
        ]
        gone = waiting[:50]
        for number in gone:
            assert server.one_click(f"/u/{token_of(publication, number)}").status == 200
        database.close()
    out, output = sending.communicate(timeout=TIMEOUT)
    assert sending.returncode == 0, output
    assert not set(ses_publication.accepted()) & set(gone)
    assert ses_publication.deliveries("excluded") == set(gone)
    assert '"unsubscribed":50' in out.replace(" ", "")


def token_of(publication: PublicationFolder, delivery: int) -> str:
    """Return the token that the message of this delivery will contain."""
    from newsletter.settings import read_or_make_keys, read_settings
    from newsletter.tokens import Keyring, Purpose

    return Keyring(read_or_make_keys(read_settings(publication.folder))).sign(Purpose.UNSUBSCRIBE, delivery)


def test_the_web_server_finishes_requests_and_exits_with_0(publication: PublicationFolder) -> None:
    publication.run_ok("send")
    leave = unsubscribe_path(publication, "zofia@example.com")
    with run_web_server(publication) as server:
        assert server.get("/healthz").json == {"status": "ok"}
        parts = urlsplit(server.url)
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=TIMEOUT) as begun:
            begun.sendall(
                f"POST {leave} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                f"Content-Length: {len(ONE_CLICK)}\r\nExpect: 100-continue\r\n\r\n".encode()
            )
            assert begun.recv(4096).startswith(b"HTTP/1.1 100 ")  # it has begun to read
            begun.sendall(ONE_CLICK[:5])
            server.process.terminate()
            eventually(lambda: is_closed(server))
            begun.sendall(ONE_CLICK[5:])
            assert begun.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert state_of(publication, "zofia@example.com") == ["ended"]


def is_closed(server: RunningWebServer) -> bool:
    """Return whether new connections are refused."""
    parts = urlsplit(server.url)
    try:
        socket.create_connection((parts.hostname or "", parts.port or 0), timeout=TIMEOUT).close()
    except ConnectionRefusedError:
        return True
    return False


def test_a_port_in_use_is_a_one_line_error(publication: PublicationFolder) -> None:
    with run_web_server(publication) as server:
        port = server.url.rpartition(":")[2]
        second = publication.run("serve", "--port", port)
        assert second.code == 1
        assert second.err.count("\n") == 1
        assert port in second.err


def test_an_unknown_list_is_a_one_line_error(publication: PublicationFolder) -> None:
    publication.change_settings("[web]", '[web]\nlists = ["sampel"]')
    refused = publication.run("serve", "--port", "0")
    assert refused.code == 1
    assert "unknown list 'sampel'. Did you mean 'sample'?" in refused.err


def test_the_log_contains_no_token_and_no_address(publication: PublicationFolder) -> None:
    server: RunningWebServer
    with run_web_server(publication) as server:
        server.post_form("/subscribe", {"email": READER, "list": "sample"})
        path = server.link_to(READER)
        server.get(f"{path}?email={READER}")
        server.post_form(path)
        server.one_click("/u/" + "a" * 29)
        server.get(f"/nowhere/{path}")
    output = "".join(server.log)
    assert "/confirm/{token} 200" in output
    assert path.rpartition("/")[2] not in output
    assert "a" * 29 not in output
    assert READER not in output


def test_a_busy_database_answers_try_later(publication: PublicationFolder) -> None:
    with run_web_server(publication) as server:
        locked = sqlite3.connect(publication.folder / "var" / "newsletter.db", isolation_level=None)
        locked.execute("BEGIN IMMEDIATE")
        answer = server.post_form("/subscribe", {"email": READER, "list": "sample"})
        locked.execute("ROLLBACK")
        locked.close()
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) > 0
