"""What the doctor says of a mailbox on a real Dovecot: whether it lets us in, and nothing is touched."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.doctor.check import CheckLevel, CheckResult
from newsletter.doctor.dns.resolver import Resolver
from newsletter.doctor.queues import check_mailbox
from newsletter.doctor.runner import CheckGroup, run_groups
from tests.contract.dovecot import PASSWORD, Dovecot, running_dovecot
from tests.integration.doctor.publication import settings_for

MAIL = b"From: jo@example.net\r\nTo: r+abc@r.example.org\r\nSubject: Re: lamps\r\n\r\nHello\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with running_dovecot() as found:
        yield found


def look(root: Path, place: str, password: str | None = PASSWORD) -> list[CheckResult]:
    settings = settings_for(root, replies={"mailbox": place}, imap_password=password)
    return list(run_groups([CheckGroup(name="mailbox", run=lambda: check_mailbox(settings, Resolver()))], seconds=30))


@pytest.mark.parametrize("mails", [0, 3])
def test_a_mailbox_that_lets_us_in_is_ok_and_stays_as_it_is(server: Dovecot, tmp_path: Path, mails: int) -> None:
    user = f"reader{mails}"
    for _ in range(mails):
        server.put(MAIL, user)
    before = server.flags(user) if mails else []
    (check,) = look(tmp_path, server.url(user))
    assert (check.level, check.name) == (CheckLevel.OK, "imap")
    assert f"{user}@127.0.0.1" in check.message
    assert PASSWORD not in check.message
    if mails:
        assert server.raws(user) == [MAIL] * mails
        assert [line.replace(b"\\Recent", b"") for line in before] == [
            line.replace(b"\\Recent", b"") for line in server.flags(user)
        ]
        assert not any(b"\\Seen" in line for line in before)


@pytest.mark.parametrize(
    ("folder", "password", "says", "remedy"),
    [
        ("INBOX", "wrong", "refused", "NEWSLETTER_IMAP_PASSWORD"),
        ("INBOX", None, "password", "NEWSLETTER_IMAP_PASSWORD"),
        ("Nowhere", PASSWORD, "no such folder", "[replies] mailbox"),
    ],
)
def test_a_mailbox_that_does_not_let_us_in_fails_with_what_to_do(
    server: Dovecot, tmp_path: Path, folder: str, password: str | None, says: str, remedy: str
) -> None:
    (check,) = look(tmp_path, server.url(folder=folder), password)
    assert check.level is CheckLevel.FAIL
    assert says in check.message
    assert remedy in check.remedy
    assert "wrong" not in check.message


def test_a_server_without_a_certificate_for_us_fails(server: Dovecot, tmp_path: Path) -> None:
    place = f"imaps://jo@127.0.0.1:{server.port}/INBOX"  # a port that speaks no TLS
    (check,) = look(tmp_path, place)
    assert check.level is CheckLevel.FAIL
    assert check.remedy
