"""What the doctor says of relays and mailboxes, asked of real servers."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from newsletter.doctor.check import CheckLevel, CheckResult
from newsletter.doctor.dns.resolver import Resolver
from newsletter.doctor.queues import check_mailbox
from newsletter.doctor.runner import CheckGroup, run_groups
from newsletter.doctor.smtp import check_smtp
from newsletter.settings import Settings
from tests.acceptance.test_doctor import free_port
from tests.integration.doctor.publication import settings_for

AUTHORITY = trustme.CA()


def served() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


def trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


class Relay(Controller):
    """A relay with or without STARTTLS and a login."""

    def __init__(self, **more: Any) -> None:
        self.more = more
        super().__init__(object(), hostname="127.0.0.1", port=free_port())

    def factory(self) -> SMTP:
        return SMTP(self.handler, hostname="relay.example", **self.more)


@contextmanager
def relay(**more: Any) -> Iterator[int]:
    controller = Relay(**more)
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


def let_in(_server: Any, _session: Any, _envelope: Any, _mechanism: Any, given: Any) -> AuthResult:
    return AuthResult(success=given.password == b"right", handled=False)


def settled(root: Path, port: int, **smtp: Any) -> Settings:
    password = smtp.pop("password", None)
    written = {"host": "127.0.0.1", "port": port, **smtp}
    return settings_for(root, delivery={"smtp": written}, smtp_password=password)


def look(settings: Settings, tls: ssl.SSLContext | None = None) -> dict[str, CheckResult]:
    part = CheckGroup(name="smtp", run=lambda: check_smtp(settings, tls))
    return {check.name: check for check in run_groups([part], seconds=20)}


def test_a_relay_with_tls_that_lets_us_in_is_ok(tmp_path: Path) -> None:
    with relay(tls_context=served(), require_starttls=True, authenticator=let_in) as port:
        settings = settled(tmp_path, port, security="starttls", username="me", password="right")
        found = look(settings, trusting())
    assert {name: check.level for name, check in found.items()} == dict.fromkeys(
        ("connection", "TLS", "login"), CheckLevel.OK
    )


@pytest.mark.parametrize(
    ("offers", "smtp", "name", "words"),
    [
        ({}, {"security": "starttls"}, "TLS", "no STARTTLS"),
        (
            {"tls_context": served(), "authenticator": let_in},
            {"security": "starttls", "username": "me", "password": "wrong"},
            "login",
            "refused: 535",
        ),
        ({"tls_context": served()}, {"security": "starttls", "username": "me"}, "login", "no password"),
        ({}, {"security": "tls"}, "connection", ""),
    ],
)
def test_what_keeps_us_out_is_named(
    tmp_path: Path, offers: dict[str, Any], smtp: dict[str, Any], name: str, words: str
) -> None:
    with relay(**offers) as port:
        found = look(settled(tmp_path, port, **smtp), trusting())
    assert found[name].level is CheckLevel.FAIL
    assert words in found[name].message
    assert found[name].remedy


def test_a_certificate_of_nobody_we_trust_fails(tmp_path: Path) -> None:
    with relay(tls_context=served()) as port:
        found = look(settled(tmp_path, port, security="starttls"))
    assert found["TLS"].level is CheckLevel.FAIL


def test_a_relay_that_is_not_there_fails(tmp_path: Path) -> None:
    found = look(settled(tmp_path, free_port()))
    assert (found["connection"].level, "refused" in found["connection"].message) == (CheckLevel.FAIL, True)


def test_a_password_is_in_no_message(tmp_path: Path) -> None:
    with relay(tls_context=served(), authenticator=let_in) as port:
        settings = settled(tmp_path, port, security="starttls", username="me", password="hush-hush")
        found = look(settings, trusting())
    assert "hush-hush" not in repr(found)


def test_a_maildir_is_looked_into_and_a_missing_one_fails(tmp_path: Path) -> None:
    settings = settings_for(tmp_path, replies={"mailbox": "maildir:answers"})
    assert [check.level for check in check_mailbox(settings, Resolver())] == [CheckLevel.FAIL]
    for folder in ("new", "cur", "tmp"):
        (tmp_path / "answers" / folder).mkdir(parents=True)
    (tmp_path / "answers" / "new" / "1.host").write_bytes(b"Subject: x\n\nhello\n")
    (check,) = check_mailbox(settings, Resolver())
    assert (check.level, "1 messages" in check.message) == (CheckLevel.OK, True)
    assert (tmp_path / "answers" / "new" / "1.host").exists()


def test_a_mailbox_on_a_server_that_is_away_fails(tmp_path: Path) -> None:
    place = f"imap://me@127.0.0.1:{free_port()}/INBOX"
    settings = settings_for(tmp_path, replies={"mailbox": place}, imap_password="x")
    part = CheckGroup(name="mailbox", run=lambda: check_mailbox(settings, Resolver()))
    (check,) = run_groups([part], seconds=20)
    assert (check.level, "cannot be reached" in check.message) == (CheckLevel.FAIL, True)
