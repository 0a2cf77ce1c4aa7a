"""Answers in an ordinary mailbox on a server: ours are taken and moved, the author's own stay as they are."""

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme
from pydantic import SecretStr

from newsletter.errors import SettingsError, TemporaryError
from newsletter.replies import OurMessageFilter, fetch_replies, open_mailbox
from newsletter.replies.mailboxes import PROCESSED, Imap, ReplyMailbox
from newsletter.replies.mailboxes.imap import parse_imap_url
from tests.contract.dovecot import PASSWORD, Dovecot, running_dovecot
from tests.integration.replies.conftest import NOW, Harbour

PRIVATE = b"From: Mum <mum@example.org>\r\nTo: notes@example.org\r\nSubject: Sunday\r\n\r\nLunch?\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with running_dovecot() as found:
        yield found


def _opened(server: Dovecot, user: str, harbour: Harbour, password: str = PASSWORD) -> ReplyMailbox:
    ours = OurMessageFilter(database=harbour.database, keyring=harbour.keyring, settings=harbour.settings)
    return open_mailbox(server.url(user), Path(), password=SecretStr(password), message_filter=ours)


def test_an_answer_is_taken_and_moved_and_the_authors_own_mail_stays_unseen(
    server: Dovecot, harbour: Harbour, answer: Callable[..., str]
) -> None:
    server.put(PRIVATE, "ada")
    server.put(answer("Taken.").encode(), "ada")
    box = _opened(server, "ada", harbour)
    fetched = fetch_replies(harbour.database, harbour.keyring, harbour.settings, box, now=NOW)
    assert [reply.text for reply in fetched.replies] == ["Taken."]
    assert server.raws("ada") == [PRIVATE]
    assert b"Seen" not in b"".join(server.flags("ada"))
    assert len(server.raws("ada", PROCESSED)) == 1


def test_a_mail_that_could_not_be_stored_stays_where_it_is(
    server: Dovecot, harbour: Harbour, answer: Callable[..., str]
) -> None:
    server.put(answer("Wait.").encode(), "ben")
    box = _opened(server, "ben", harbour)
    (harbour.settings.var / "replies").write_text("a file is in the way")
    with pytest.raises(OSError):
        fetch_replies(harbour.database, harbour.keyring, harbour.settings, box, now=NOW)
    assert len(server.raws("ben")) == 1
    (harbour.settings.var / "replies").unlink()
    assert len(fetch_replies(harbour.database, harbour.keyring, harbour.settings, box, now=NOW).replies) == 1


def test_under_another_uidvalidity_nothing_is_moved(server: Dovecot, tmp_path: Path) -> None:
    box = open_mailbox(server.url("cleo", "Lists"), tmp_path, password=SecretStr(PASSWORD))
    with server.visit("cleo") as client:
        client.create("Lists")
    server.put(b"Subject: old\r\n\r\nold\r\n", "cleo", "Lists")
    (received,) = box.waiting()
    with server.visit("cleo") as client:
        client.delete("Lists")
        client.create("Lists")
    server.put(b"Subject: new\r\n\r\nnew\r\n", "cleo", "Lists")
    box.acknowledge(received)
    assert server.raws("cleo", "Lists") == [b"Subject: new\r\n\r\nnew\r\n"]


def test_a_wrong_password_is_the_authors_to_mend(server: Dovecot, harbour: Harbour) -> None:
    with pytest.raises(SettingsError, match=r"refused .* NEWSLETTER_IMAP_PASSWORD$") as told:
        list(_opened(server, "dan", harbour, "wrong").waiting())
    assert "\n" not in str(told.value)
    assert "wrong" not in str(told.value)


def test_a_missing_folder_is_the_authors_to_mend(server: Dovecot) -> None:
    box = open_mailbox(server.url("eve", "Nowhere"), Path(), password=SecretStr(PASSWORD))
    with pytest.raises(SettingsError, match="no such folder"):
        list(box.waiting())


def test_a_server_out_of_reach_may_be_asked_again() -> None:
    box = open_mailbox("imap://jo@127.0.0.1:1/INBOX", Path(), password=SecretStr(PASSWORD))
    with pytest.raises(TemporaryError, match="cannot be reached"):
        list(box.waiting())


def test_tls_is_verified(tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")
    for number, pem in enumerate(issued.cert_chain_pems):
        pem.write_to_path(tmp_path / "cert.pem", append=number > 0)
    more = f"ssl = yes\nssl_cert = <{tmp_path}/cert.pem\nssl_key = <{tmp_path}/key.pem\n"
    with running_dovecot(more=more) as server:
        there = parse_imap_url(f"imaps://jo@localhost:{server.tls_port}/INBOX")
        with pytest.raises(SettingsError, match="certificate is not valid"):
            list(Imap(there, PASSWORD).waiting())
        trusting = ssl.create_default_context()
        authority.configure_trust(trusting)
        server.put(PRIVATE)
        assert [received.raw for received in Imap(there, PASSWORD, tls=trusting).waiting()] == [PRIVATE]


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("imaps://jo:secret@example.org/INBOX", "contains a password"),
        ("imaps://example.org/INBOX", "not an IMAP mailbox"),
        ("imaps://jo@example.org:port/INBOX", "Port"),
        ("pop3://jo@example.org", "not a mailbox"),
    ],
)
def test_what_is_no_mailbox_is_told_in_one_line(setting: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told) as error:
        open_mailbox(setting, Path(), password=SecretStr("x"))
    assert "secret" not in str(error.value)


def test_a_user_name_may_be_an_address() -> None:
    there = parse_imap_url("imaps://jo@example.org@imap.example.org/Lists%2FAnswers")
    assert (there.user, there.host, there.port, there.folder) == (
        "jo@example.org",
        "imap.example.org",
        993,
        "Lists/Answers",
    )
