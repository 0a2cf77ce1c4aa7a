"""What every transport promises, and how each classifies its provider's replies."""

import os
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from selectors import DefaultSelector
from typing import Any

import pytest
import trustme
from pydantic import SecretStr

from newsletter.aws import Credentials
from newsletter.delivery.sender.submission import MessageSubmitter
from newsletter.delivery.transports.base import Envelope, Receipt, Transport
from newsletter.delivery.transports.outbox import OutboxTransport, outbox_messages
from newsletter.delivery.transports.ses import open_ses
from newsletter.delivery.transports.smtp import SmtpConnection, SmtpTransport
from newsletter.delivery.transports.smtp_protocol import SmtpProtocol
from newsletter.errors import (
    Deferred,
    DiskFull,
    QuotaExceeded,
    Refused,
    SendingHalted,
    SettingsError,
    TransportError,
    Uncertain,
)
from newsletter.ses_simulator import Account, ApiError, parse_faults
from newsletter.ses_simulator.server import SesSimulator, publish_events, run_simulator
from newsletter.settings import SesSettings, SmtpSettings
from tests.contract import relay
from tests.contract.relay import Relay
from tests.contract.submitter import Submitter, submit_at_once

MESSAGE = b"From: a@b.example\r\nSubject: x\r\n\r\n.\r\n..dots\r\nbody\r\n.last\r\n"


def envelope(recipient: str = "reader@c.example", number: int = 7) -> Envelope:
    return Envelope(
        delivery_id=number,
        mailing_id=3,
        slug="an-issue",
        sender="b+token@replies.example",
        from_address="news@b.example",
        recipient=recipient,
    )


@dataclass
class MailServer:
    """A transport, and what its provider has accepted."""

    transport: Transport
    accepted: Callable[[], list[bytes]]


@pytest.fixture(
    params=[
        "outbox",
        "smtp",
        "smtp without pipelining",
        "ses by boto3",
        "ses by lean",
    ]
)
def mail_server(request: pytest.FixtureRequest, tmp_path: Path, aws: None) -> Iterator[MailServer]:
    if request.param == "outbox":
        outbox = OutboxTransport(tmp_path / "outbox")
        with closing(outbox):
            yield MailServer(outbox, lambda: [_crlf(kept.path.read_bytes()) for kept in outbox_messages(outbox.folder)])
    elif request.param.startswith("ses"):
        with (
            run_simulator(Account(), keeps_messages=True) as ses,
            closing(open_ses(ses_settings(ses, request.param.removeprefix("ses by ")))) as transport,
        ):
            yield MailServer(transport, lambda: [taken.message for taken in ses.accepted])
    else:
        is_pipelining = "without" not in request.param
        with relay.running(Relay(is_pipelining=is_pipelining)) as smtp_server:
            smtp = to_relay(smtp_server)
            with closing(smtp):
                yield MailServer(smtp, lambda: [message for _, _, message in smtp_server.accepted])


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def to_relay(
    smtp_server: Relay, password: str | None = None, tls: ssl.SSLContext | None = None, **more: object
) -> SmtpTransport:
    settings = SmtpSettings.model_validate({"host": "localhost", "port": smtp_server.port, "timeout": 5, **more})
    return SmtpTransport(settings, SecretStr(password) if password else None, tls)


def to(smtp_server: Relay, *arguments: Any, **more: Any) -> Submitter:
    """Return a function that makes a submitter for a relay."""
    return Submitter(to_relay(smtp_server, *arguments, **more))


def ses_settings(ses: SesSimulator, client: str = "boto3", **more: object) -> SesSettings:
    return SesSettings.model_validate({"endpoint": ses.url, "client": client, **more})


def to_ses(ses: SesSimulator, client: str = "boto3", **more: object) -> Submitter:
    return Submitter(open_ses(ses_settings(ses, client, **more)))


def _crlf(octets: bytes) -> bytes:
    return octets.replace(b"\n", b"\r\n")


# --- what all of them promise -------------------------------------------------


def test_a_message_arrives_unchanged_and_returns_a_receipt(mail_server: MailServer) -> None:
    with closing(MessageSubmitter(mail_server.transport)) as submitter:
        receipt = submitter.submit(envelope(), MESSAGE)
    assert receipt.reference
    assert mail_server.accepted() == [MESSAGE]


def test_many_connections_submit_each_message_once(mail_server: MailServer) -> None:
    messages = [MESSAGE + b"%d\r\n" % number for number in range(40)]
    receipts = submit_at_once(
        mail_server.transport, [(envelope(number=number + 1), message) for number, message in enumerate(messages)]
    )
    assert all(receipt.reference for receipt in receipts)
    assert sorted(mail_server.accepted()) == sorted(messages)


# --- SMTP ---------------------------------------------------------------------


@pytest.mark.parametrize("is_pipelining", [True, False])
@pytest.mark.parametrize(
    ("recipient", "error", "taken"),
    [
        ("rcpt-550@c.example", Refused, 0),
        ("rcpt-451@c.example", Deferred, 0),
        ("rcpt-421@c.example", Deferred, 0),
        ("close-at-rcpt@c.example", Deferred, 0),
        ("final-554@c.example", Refused, 0),
        ("final-452@c.example", Deferred, 0),
        ("final-354@c.example", Uncertain, 0),
        ("final-99x@c.example", Uncertain, 0),
        ("endless@c.example", Uncertain, 1),
        ("close-in-data@c.example", Uncertain, 0),
        ("close-after-dot@c.example", Uncertain, 1),
    ],
)
def test_the_relays_reply_decides_whether_to_retry(
    recipient: str, error: type[TransportError], taken: int, is_pipelining: bool
) -> None:
    with relay.running(Relay(is_pipelining=is_pipelining)) as smtp_server, closing(to(smtp_server)) as transport:
        with pytest.raises(error) as caught:
            transport.submit(envelope(recipient), MESSAGE)
        assert type(caught.value) is error
        assert len(smtp_server.accepted) == taken
        transport.submit(envelope(), MESSAGE)
        assert len(smtp_server.accepted) == taken + 1


@pytest.mark.parametrize("is_pipelining", [True, False])
@pytest.mark.parametrize("code", [200, 250, 251, 252, 299])
def test_any_2xx_after_the_last_byte_is_a_receipt(code: int, is_pipelining: bool) -> None:
    with relay.running(Relay(is_pipelining=is_pipelining)) as smtp_server, closing(to(smtp_server)) as transport:
        assert transport.submit(envelope(f"final-{code}@c.example"), MESSAGE).reference
        assert len(smtp_server.accepted) == smtp_server.connections == 1


@pytest.mark.parametrize("is_pipelining", [True, False])
@pytest.mark.parametrize("is_hasty", [True, False])
def test_a_relay_that_closes_after_some_messages_defers_none_of_them(is_hasty: bool, is_pipelining: bool) -> None:
    with (
        relay.running(Relay(is_pipelining=is_pipelining, most=3, is_hasty=is_hasty)) as smtp_server,
        closing(to(smtp_server)) as transport,
    ):
        for number in range(10):
            transport.submit(envelope(f"reader{number}@c.example"), MESSAGE)
        assert [recipient for _, recipient, _ in smtp_server.accepted] == [f"reader{n}@c.example" for n in range(10)]
        assert smtp_server.connections == 4


@pytest.mark.parametrize("is_pipelining", [True, False])
@pytest.mark.parametrize("is_late", [True, False])
@pytest.mark.parametrize(
    "more_replies", [("250 2.0.0 queued as 4F2A",), ("250 once", "250 twice", "250 thrice"), ("354 go on",)]
)
def test_after_a_second_reply_the_connection_is_dropped_and_everybody_gets_one_message(
    more_replies: tuple[str, ...], is_late: bool, is_pipelining: bool
) -> None:
    smtp_server = Relay(is_pipelining=is_pipelining, is_late=is_late, more_replies=more_replies)
    with relay.running(smtp_server), closing(to_relay(smtp_server)) as transport:
        receipts = submit_at_once(
            transport, [(envelope(f"reader{number}@c.example", number + 1), MESSAGE) for number in range(12)]
        )
        assert [receipt.reference for receipt in receipts] == ["2.0.0 queued as 4F2A"] * 12
        assert sorted(recipient for _, recipient, _ in smtp_server.accepted) == sorted(
            f"reader{number}@c.example" for number in range(12)
        )
        assert {message for _, _, message in smtp_server.accepted} == {MESSAGE}


@pytest.mark.parametrize("is_pipelining", [True, False])
def test_an_error_names_a_relay_that_replies_twice_to_each_recipient(is_pipelining: bool) -> None:
    smtp_server = Relay(is_pipelining=is_pipelining, recipient_reply="250 ok\r\n250 ok")
    with relay.running(smtp_server), closing(to(smtp_server)) as transport:
        for _ in range(2):
            with pytest.raises(Deferred, match="unexpected reply: 250 ok"):
                transport.submit(envelope(), MESSAGE)
        assert smtp_server.connections == 2
        assert not smtp_server.accepted


def test_a_connection_is_reopened_after_the_configured_number_of_messages() -> None:
    with relay.running(Relay()) as smtp_server, closing(to(smtp_server, messages_per_connection=4)) as transport:
        for _ in range(10):
            transport.submit(envelope(), MESSAGE)
        assert smtp_server.connections == 3
        assert len(smtp_server.accepted) == 10


@pytest.mark.parametrize("is_open_to_nobody", [True, False])
def test_a_connection_stays_usable_after_a_refused_recipient(is_open_to_nobody: bool) -> None:
    with (
        relay.running(Relay(is_open_to_nobody=is_open_to_nobody)) as smtp_server,
        closing(to(smtp_server)) as transport,
    ):
        for number in range(3):
            with pytest.raises(Refused):
                transport.submit(envelope("rcpt-550@c.example"), MESSAGE)
            transport.submit(envelope(f"reader{number}@c.example"), MESSAGE)
        assert smtp_server.connections == 1
        assert [recipient for _, recipient, _ in smtp_server.accepted] == [f"reader{n}@c.example" for n in range(3)]


@pytest.mark.parametrize(
    ("stage", "reply", "error"),
    [
        ("recipient_reply", "550 5.1.1 no such user", Refused),
        ("recipient_reply", "550 5.4.1 Recipient address rejected: Access denied", Refused),
        ("recipient_reply", "552 5.2.2 mailbox full", Refused),
        ("recipient_reply", "450 4.2.0 greylisted, come back", Deferred),
        ("recipient_reply", "554 5.7.1 <x@y>: Relay access denied", SendingHalted),
        ("recipient_reply", "550 5.7.1 Unable to relay", SendingHalted),
        ("recipient_reply", "550 relay not permitted", SendingHalted),
        ("recipient_reply", "550 5.1.8 bad sender", SendingHalted),
        ("sender_reply", "530 Authentication required", SendingHalted),
        ("sender_reply", "530 5.7.0 Must issue a STARTTLS command first", SendingHalted),
        ("sender_reply", "501 Invalid MAIL FROM address provided", SendingHalted),
        ("sender_reply", "421 Too many concurrent SMTP connections", Deferred),
        ("sender_reply", "454 Throttling failure: Maximum sending rate exceeded", Deferred),
        ("final_reply", "454 Throttling failure: Maximum sending rate exceeded", Deferred),
        ("final_reply", "454 Throttling failure: Daily message quota exceeded", QuotaExceeded),
        ("final_reply", "550 5.4.5 Daily user sending limit exceeded", QuotaExceeded),
        ("final_reply", "451 Temporary service failure", Deferred),
        ("final_reply", "451 Timeout waiting for data from client", Deferred),
        ("final_reply", "552 Message is too long", Refused),
        ("final_reply", "554 Transaction failed: Invalid domain name", Refused),
        (
            "final_reply",
            "554 Message rejected: Email address is not verified. These failed the check",
            SendingHalted,
        ),
        ("final_reply", "554 Message rejected: Sending paused for this account", SendingHalted),
        (
            "final_reply",
            "554 Access denied: User `arn:x` is not authorized to perform `ses:SendRawEmail`",
            SendingHalted,
        ),
        ("final_reply", "554 Message rejected: Configuration set `news` does not exist", SendingHalted),
    ],
)
def test_a_recipients_error_is_distinguished_from_an_accounts_error(
    stage: str, reply: str, error: type[TransportError]
) -> None:
    smtp_server = Relay(**{stage: reply})
    with relay.running(smtp_server), closing(to(smtp_server)) as transport:
        with pytest.raises(error) as caught:
            transport.submit(envelope(), MESSAGE)
        assert type(caught.value) is error
        assert reply in str(caught.value)
        assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("reply", "reference"),
    [
        ("250 Ok 0100018f2a3b4c5d-0a1b2c3d-1111-2222-3333-444455556666-000000",) * 2,
        ("250 2.0.0 queued as 4F2A", "2.0.0 queued as 4F2A"),
    ],
)
def test_the_smtp_reference_is_the_ses_message_id_or_the_whole_reply(reply: str, reference: str) -> None:
    with relay.running(Relay(final_reply=reply)) as smtp_server, closing(to(smtp_server)) as transport:
        assert transport.submit(envelope(), MESSAGE).reference == reference.removeprefix("250 Ok ")


def test_a_connection_lost_before_the_last_byte_is_safe_to_retry() -> None:
    with (
        relay.running(Relay(size=0)) as smtp_server,
        closing(to(smtp_server)) as transport,
        pytest.raises(Deferred, match="end"),
    ):
        transport.submit(envelope("close-in-data@c.example"), MESSAGE + b"a line of text\r\n" * 2_000_000)


class Cut(socket.socket):
    """A socket that breaks after a number of bytes."""

    left = 0

    def sendmsg(self, buffers: Iterable[memoryview], *_more: object) -> int:
        octets = b"".join(buffers)[: min(7, self.left)]
        if not octets:
            raise BrokenPipeError("cut")
        self.left -= len(octets)
        return super().send(octets)


class OneMessage:
    """A source of one message."""

    def __init__(self, envelope: Envelope, message: bytes) -> None:
        self.messages = [(envelope, message)]
        self.result: Receipt | BaseException | None = None

    def next_message(self) -> tuple[Envelope, bytes] | None:
        return self.messages.pop() if self.messages else None

    def begin(self, _delivery_id: int) -> bool:
        return True

    def finish(self, _delivery_id: int, result: Receipt | BaseException | None) -> None:
        self.result = result


def test_a_message_is_uncertain_from_the_last_byte_on_and_not_before() -> None:
    octets = MESSAGE.replace(b"\r\n.", b"\r\n..") + b".\r\n"
    before = len(f"MAIL FROM:<{envelope().sender}>\r\nRCPT TO:<{envelope().recipient}>\r\nDATA\r\n")
    server = socket.create_server(("127.0.0.1", 0))
    for most in range(len(octets) + 1):
        connection = Cut()
        connection.connect(server.getsockname())
        theirs, _ = server.accept()
        with theirs, connection:
            connection.left = before + most
            theirs.sendall(b"250 ok\r\n250 ok\r\n354 go on\r\n")
            theirs.shutdown(socket.SHUT_WR)
            source = OneMessage(envelope(), MESSAGE)
            cut_off = SmtpConnection(connection, SmtpProtocol({"pipelining": ""}, "relay"))
            events = cut_off.advance(source, 0)
            while events:
                with DefaultSelector() as selector:
                    selector.register(cut_off, events)
                    ((_, ready),) = selector.select(10)
                events = cut_off.advance(source, ready)
            assert type(source.result) is (Uncertain if most == len(octets) else Deferred)
    server.close()


def test_a_kept_connection_that_the_relay_closed_is_reopened() -> None:
    with relay.running(Relay()) as smtp_server, closing(to(smtp_server)) as transport:
        transport.submit(envelope(), MESSAGE)
        (kept,) = transport._loop._connections
        with socket.socket(fileno=os.dup(kept.fileno())) as same:
            same.shutdown(socket.SHUT_RDWR)
        transport.submit(envelope(), MESSAGE)
        assert smtp_server.connections == 2
        assert len(smtp_server.accepted) == 2


def test_one_connection_serves_many_messages() -> None:
    with relay.running(Relay()) as smtp_server, closing(to(smtp_server)) as transport:
        for _ in range(20):
            transport.submit(envelope(), MESSAGE)
        assert smtp_server.connections == 1


def test_the_envelope_sender_is_the_signed_bounce_address() -> None:
    with relay.running(Relay()) as smtp_server, closing(to(smtp_server)) as transport:
        transport.submit(envelope(), MESSAGE)
        assert smtp_server.accepted[0][:2] == ("b+token@replies.example", "reader@c.example")


def test_a_refused_sender_stops_the_send() -> None:
    with relay.running(Relay(sender_reply="550 not you")) as smtp_server, closing(to(smtp_server)) as transport:
        with pytest.raises(SendingHalted, match=r"550 not you.*\[replies\]"):
            transport.submit(envelope(), MESSAGE)
        assert not smtp_server.accepted


def test_a_message_larger_than_the_relay_accepts_stops_the_send_unsent() -> None:
    with relay.running(Relay()) as smtp_server, closing(to(smtp_server)) as transport:
        with pytest.raises(SendingHalted, match="200,000"):
            transport.submit(envelope(), MESSAGE + b"x" * 200_000)
        assert not any(command.startswith("MAIL") for command in smtp_server.commands)


@pytest.mark.parametrize(
    ("greeting", "error"), [("421 busy", Deferred), ("451 later", Deferred), ("554 go away", SendingHalted)]
)
def test_the_greeting_decides_whether_to_retry(greeting: str, error: type[TransportError]) -> None:
    with (
        relay.running(Relay(greeting=greeting)) as smtp_server,
        closing(to(smtp_server)) as transport,
        pytest.raises(error, match=greeting),
    ):
        transport.submit(envelope(), MESSAGE)


def test_an_error_names_an_unreachable_relay() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with closing(to(Relay(port=port))) as transport, pytest.raises(Deferred, match=f"localhost:{port}"):
            transport.submit(envelope(), MESSAGE)


def test_the_ses_quota_is_recognised_over_smtp() -> None:
    reply = "454 Throttling failure: Daily message quota exceeded."
    with (
        relay.running(Relay(sender_reply=reply)) as smtp_server,
        closing(to(smtp_server)) as transport,
        pytest.raises(QuotaExceeded),
    ):
        transport.submit(envelope(), MESSAGE)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ("235 welcome", None),
        ("535 wrong", SendingHalted),
        ("534 too weak", SendingHalted),
        ("454 not now", Deferred),
    ],
)
def test_a_login_that_fails_is_classified(reply: str, error: type[TransportError] | None) -> None:
    with (
        relay.running(Relay(login_reply=reply)) as smtp_server,
        closing(to(smtp_server, "secret", username="me")) as transport,
    ):
        if error is None:
            transport.submit(envelope(), MESSAGE)
            assert any(command.startswith("AUTH") for command in smtp_server.commands)
            return
        with pytest.raises(error):
            transport.submit(envelope(), MESSAGE)


def test_an_error_about_a_password_that_smtp_cannot_carry_does_not_show_it() -> None:
    with (
        relay.running(Relay()) as smtp_server,
        closing(to(smtp_server, "geheimnisschlüssel", username="me")) as transport,
        pytest.raises(SendingHalted, match="NEWSLETTER_SMTP_PASSWORD") as caught,
    ):
        transport.submit(envelope(), MESSAGE)
    assert "geheim" not in str(caught.value)


def test_a_password_is_never_sent_unencrypted_over_the_network() -> None:
    with pytest.raises(SettingsError, match="in clear"):
        SmtpTransport(SmtpSettings(host="relay.example", username="me"), SecretStr("secret"))
    with pytest.raises(SettingsError, match="NEWSLETTER_SMTP_PASSWORD"):
        SmtpTransport(SmtpSettings(host="relay.example", username="me", security="tls"), None)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_tls_is_verified(security: str) -> None:
    authority = trustme.CA()
    server, client = (
        ssl.create_default_context(purpose) for purpose in (ssl.Purpose.CLIENT_AUTH, ssl.Purpose.SERVER_AUTH)
    )
    authority.issue_cert("localhost").configure_cert(server)
    smtp_server = Relay(tls=server, is_tls_at_once=security == "tls")
    with relay.running(smtp_server):
        with closing(to(smtp_server, security=security)) as stranger, pytest.raises(SendingHalted, match="certificate"):
            stranger.submit(envelope(), MESSAGE)
        authority.configure_trust(client)
        with closing(to(smtp_server, tls=client, security=security)) as transport:
            transport.submit(envelope(), MESSAGE)
        assert len(smtp_server.accepted) == 1


def test_nothing_is_sent_to_a_relay_without_starttls() -> None:
    with relay.running(Relay()) as smtp_server, closing(to(smtp_server, security="starttls")) as transport:
        with pytest.raises(SendingHalted, match="STARTTLS"):
            transport.submit(envelope(), MESSAGE)
        assert not smtp_server.accepted


# --- SES ----------------------------------------------------------------------

CLIENTS = ("boto3", "lean")
EVERY_CLIENT = pytest.mark.parametrize("client", CLIENTS)


@pytest.fixture(scope="module")
def faulty() -> Iterator[tuple[SesSimulator, dict[str, Submitter]]]:
    """An SES simulator whose faults the test sets, and a transport for each client."""
    keys = Credentials(access="testing", secret="testing")
    with run_simulator(Account(rate=1000, hang_seconds=0.05)) as ses, ExitStack() as stack:
        yield (
            ses,
            {
                client: stack.enter_context(
                    closing(Submitter(open_ses(ses_settings(ses, client, region="eu-west-1"), keys)))
                )
                for client in CLIENTS
            },
        )


@EVERY_CLIENT
@pytest.mark.parametrize(
    ("fault", "error", "accepted"),
    [
        ("429", Deferred, 0),
        ("limit", Deferred, 0),
        ("spent", QuotaExceeded, 0),
        ("spent-limit", QuotaExceeded, 0),
        ("spent-throttling", QuotaExceeded, 0),
        ("rejected", Refused, 0),
        ("bad", Refused, 0),
        ("unverified", SendingHalted, 0),
        ("no-sender", SendingHalted, 0),
        ("suspended", SendingHalted, 0),
        ("paused", SendingHalted, 0),
        ("no-set", SendingHalted, 0),
        ("denied", SendingHalted, 0),
        ("expired", SendingHalted, 0),
        ("clock", SendingHalted, 0),
        ("500", Uncertain, 0),
        ("503", Uncertain, 0),
        ("fail", Uncertain, 1),
        ("close", Uncertain, 1),
        ("hang", Uncertain, 1),
        ("garbage", Uncertain, 1),
    ],
)
def test_ses_is_called_once_whatever_it_responds(
    faulty: tuple[SesSimulator, dict[str, Submitter]],
    fault: str,
    error: type[TransportError],
    accepted: int,
    client: str,
) -> None:
    ses, transports = faulty
    before, attempts_before = len(ses.accepted), ses.account.attempts
    ses.account.faults = parse_faults(fault)
    with pytest.raises(error) as caught:
        transports[client].submit(envelope(), MESSAGE)
    assert type(caught.value) is error
    assert len(str(caught.value).splitlines()) == 1
    assert ses.account.attempts == attempts_before + 1
    assert len(ses.accepted) == before + accepted


@EVERY_CLIENT
@pytest.mark.usefixtures("aws")
def test_after_a_fault_the_next_message_is_accepted(client: str, tmp_path: Path) -> None:
    faults = parse_faults("close@1, hang@2, 500@3, garbage@4, 429@5, slow@6")
    with (
        run_simulator(Account(faults=faults, hang_seconds=0.05, slow_seconds=0.05)) as ses,
        closing(to_ses(ses, client)) as transport,
    ):
        for _ in range(5):
            with pytest.raises(TransportError):
                transport.submit(envelope(), MESSAGE)
        assert transport.submit(envelope(), MESSAGE).reference == ses.accepted[-1].message_id
        assert len(ses.accepted) == 4


@EVERY_CLIENT
@pytest.mark.usefixtures("aws")
def test_every_message_through_ses_carries_its_tags(client: str, tmp_path: Path) -> None:
    account = Account()
    publish_events(account, "news")
    with (
        run_simulator(account, keeps_messages=True) as ses,
        closing(to_ses(ses, client, configuration_set="news")) as transport,
    ):
        receipt = transport.submit(envelope(number=1), MESSAGE)
    (request,) = ses.requests
    (taken,) = ses.accepted
    assert receipt.reference == taken.message_id
    assert taken.tags == {"delivery": "1", "mailing": "3", "issue": "an-issue"}
    assert request["ConfigurationSetName"] == "news"
    assert request["ConfigurationOverrides"]["Tracking"] == {
        "OpenTrackingEnabled": "DISABLED",
        "ClickTrackingEnabled": "DISABLED",
    }


@EVERY_CLIENT
@pytest.mark.usefixtures("aws")
def test_the_rate_comes_from_the_account(monkeypatch: pytest.MonkeyPatch, client: str, tmp_path: Path) -> None:
    with run_simulator(Account(rate=14.0, spent=100)) as ses:
        monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", ses.url)
        with closing(Submitter(open_ses(SesSettings.model_validate({"client": client})))) as transport:
            assert transport.transport.rate == 14.0
            assert "49,900 of 50,000" in transport.transport.notices[0]
            transport.submit(envelope(), MESSAGE)
        assert len(ses.accepted) == 1


@EVERY_CLIENT
@pytest.mark.usefixtures("aws")
def test_an_exhausted_quota_stops_the_send_until_it_is_raised(client: str, tmp_path: Path) -> None:
    account = Account(quota=2)
    with run_simulator(account) as ses, closing(to_ses(ses, client)) as transport:
        transport.submit(envelope(), MESSAGE)
        transport.submit(envelope(), MESSAGE)
        with pytest.raises(QuotaExceeded, match="24 hours"):
            transport.submit(envelope(), MESSAGE)
        account.quota = 3
        transport.submit(envelope(), MESSAGE)
        assert len(ses.accepted) == 3


@pytest.mark.usefixtures("aws")
def test_the_lean_client_without_credentials_stops_the_send(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    with run_simulator(Account()) as ses, pytest.raises(SendingHalted, match="credentials"):
        to_ses(ses, "lean")


@pytest.mark.usefixtures("aws")
def test_an_account_that_cannot_be_read_is_only_a_warning(tmp_path: Path) -> None:
    account = Account(account_error=ApiError(403, "AccessDeniedException", "no"))
    with run_simulator(account) as ses, closing(to_ses(ses)) as transport:
        assert transport.transport.rate is None
        assert "AccessDeniedException" in transport.transport.notices[0]


@pytest.mark.usefixtures("aws")
def test_an_account_that_may_not_send_stops_the_send_at_once(tmp_path: Path) -> None:
    with run_simulator(Account(is_enabled=False)) as ses, pytest.raises(SendingHalted, match="switched off"):
        to_ses(ses)


@pytest.mark.usefixtures("aws")
def test_a_missing_region_is_a_settings_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    with pytest.raises(SettingsError, match="region"):
        open_ses(SesSettings())


@EVERY_CLIENT
@pytest.mark.usefixtures("aws")
def test_an_unreachable_endpoint_is_safe_to_retry(client: str, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with closing(Submitter(open_ses(SesSettings.model_validate({"endpoint": url, "client": client})))) as transport:
            assert "not known" in transport.transport.notices[0]
            with pytest.raises(Deferred):
                transport.submit(envelope(), MESSAGE)


# --- the outbox ---------------------------------------------------------------


def test_a_full_disk_accepts_nothing_and_leaves_nothing(tmp_path: Path, full_disk: Callable[[int], None]) -> None:
    with closing(OutboxTransport(tmp_path / "outbox")) as outbox:
        full_disk(10_000)
        with pytest.raises(DiskFull):
            outbox.submit(envelope(), MESSAGE + b"x" * 20_000)
        assert not list(outbox_messages(outbox.folder))
        assert not list((outbox.folder / "tmp").iterdir())


def test_the_outbox_looks_up_what_it_accepted(tmp_path: Path) -> None:
    with closing(OutboxTransport(tmp_path / "outbox")) as outbox:
        outbox.submit(envelope(number=7), MESSAGE)
        (kept,) = outbox_messages(outbox.folder)
        kept.path.rename(outbox.folder / "cur" / f"{kept.path.name}:2,S")  # as a mail client does once it is read
        assert outbox.accepted() == {7}


@pytest.fixture
def full_disk() -> Iterator[Callable[[int], None]]:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_concurrent_messages_use_separate_connections() -> None:
    with relay.running(Relay(seconds=1.0)) as smtp_server, closing(to_relay(smtp_server)) as transport:
        submit_at_once(transport, [(envelope(number=number), MESSAGE) for number in (1, 2, 3)])
        assert smtp_server.connections == 3
