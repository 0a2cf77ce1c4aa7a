"""Reports by mail: taken in from files and handed down by replies, believed by the signed address alone."""

import base64
import quopri
from collections.abc import Iterator
from pathlib import Path

import pytest

from newsletter.audience import list_suppressions
from newsletter.delivery.message import signed_address
from newsletter.feedback import EventKind, EventState, count_by_kind, count_resolved, list_events
from newsletter.tokens import Purpose
from tests.integration.feedback.ledger import KEYRING, Ledger, open_ledger

DSN = """\
From: MAILER-DAEMON@mx.example.net
To: {to}
Date: Tue, 01 Jan 2030 12:00:00 +0000
Subject: Undelivered Mail
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
 boundary="B"

--B
Content-Type: text/plain

Sorry.
--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; reader1@example.net
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <reader1@example.net>: gone

--B--
"""
ARF = """\
From: feedback@isp.example
To: abuse@example.org
Date: Tue, 01 Jan 2030 12:00:00 +0000
Subject: complaint
Content-Type: multipart/report; report-type=feedback-report; boundary=B

--B
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: X/1
Version: 1
Original-Mail-From: <{sender}>

--B
Content-Type: message/rfc822

From: news@example.org
Subject: x

Hello
--B--
"""


PLAIN = """\
Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<reader1@example.net>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Subject: The lamp
"""


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path) as ledger:
        yield ledger


def sender_of(ledger: Ledger, number: int, purpose: Purpose = Purpose.BOUNCE) -> str:
    found = signed_address(KEYRING, ledger.settings, "weekly", purpose, number)
    assert found is not None
    return found


def write(ledger: Ledger, text: str) -> Path:
    path = ledger.folder / "report.eml"
    path.write_bytes(text.replace("\n", "\r\n").encode())
    return path


def test_a_bounce_to_the_signed_sender_settles_and_suppresses(ledger: Ledger) -> None:
    number, *_ = ledger.numbers()
    ledger.put("uncertain")
    path = write(ledger, DSN.format(to=sender_of(ledger, number)))
    assert ledger.take_file(path).applied.settled == 1
    assert ledger.take_file(path).new == 0
    assert ledger.standing(number)[0] == "submitted"
    assert ledger.suppressed() == {"reader1@example.net": "bounced"}
    assert count_resolved(ledger.database, [ledger.mailing.id])[0].by == "signed address"


@pytest.mark.parametrize(
    ("head", "suppressed"),
    [
        ("From: MAILER-DAEMON@mx.example.net\n", True),
        ("From: Mail <mailer-daemon@mx.example.net>\nContent-Transfer-Encoding: base64\n", True),
        ("Return-Path: <>\nFrom: postmaster@mx.example.net\n", True),
        ("Return-Path: <jo@example.net>\nFrom: jo@example.net\n", False),
        ("From: MAILER-DAEMON <jo@example.net>\n", False),
    ],
)
def test_a_bounce_in_plain_words_counts_when_a_mail_system_sent_it(ledger: Ledger, head: str, suppressed: bool) -> None:
    number, *_ = ledger.numbers()
    body = PLAIN if "base64" not in head else base64.encodebytes(PLAIN.encode()).decode()
    path = write(ledger, f"{head}To: {sender_of(ledger, number)}\nSubject: failure notice\n\n{body}")
    ledger.take_file(path)
    assert ledger.take_file(path).new == 0
    assert ledger.suppressed() == ({"reader1@example.net": "bounced"} if suppressed else {})
    (event,) = list_events(ledger.database)
    assert (event.state is EventState.PARKED) is not suppressed
    assert suppressed or "no mail system sent" in event.reason


@pytest.mark.parametrize("purpose", [Purpose.REPLY, Purpose.UNSUBSCRIBE, None])
def test_a_bounce_in_plain_words_proves_nothing_without_the_signed_sender(
    ledger: Ledger, purpose: Purpose | None
) -> None:
    to = sender_of(ledger, ledger.numbers()[0], purpose) if purpose else "news@example.org"
    ledger.take_file(write(ledger, f"Return-Path: <>\nTo: {to}\n\n{PLAIN}"))
    assert [event.state for event in list_events(ledger.database)] == [EventState.PARKED]
    assert not ledger.suppressed()


def test_a_bounce_in_plain_words_that_tells_no_status_is_parked(ledger: Ledger) -> None:
    vague = PLAIN.replace(" (#5.1.1)", "").replace("This is a permanent error; I've given up. ", "")
    to = sender_of(ledger, ledger.numbers()[0])
    ledger.take_file(write(ledger, f"Return-Path: <>\nTo: {to}\n\n{vague}"))
    assert [event.state for event in list_events(ledger.database)] == [EventState.PARKED]
    assert not ledger.suppressed()


@pytest.mark.parametrize("encoding", ["base64", "BASE64", "quoted-printable"])
def test_a_report_may_be_encoded(ledger: Ledger, encoding: str) -> None:
    plain = DSN.format(to=sender_of(ledger, ledger.numbers()[0]))
    told = plain[plain.index("Reporting-MTA") : plain.index("\n--B--")].encode()
    encoded = quopri.encodestring(told, quotetabs=True) if "quoted" in encoding else base64.encodebytes(told)
    text = plain.replace(told.decode(), encoded.decode()).replace(
        "message/delivery-status\n", f"message/delivery-status\nContent-Transfer-Encoding: {encoding}\n"
    )
    assert text != plain
    ledger.take_file(write(ledger, text))
    assert ledger.suppressed() == {"reader1@example.net": "bounced"}
    (listed,) = list_suppressions(ledger.database)
    assert listed.suppression.origin.count("5.1.1") == 2  # the status, and the words of the server


@pytest.mark.parametrize("to", ["news@example.org", f"b+{'a' * 29}@replies.example.org", "REPLY"])
def test_a_bounce_that_anybody_could_have_written_is_parked(ledger: Ledger, to: str) -> None:
    number, *_ = ledger.numbers()
    to = sender_of(ledger, number, Purpose.REPLY) if to == "REPLY" else to
    ledger.take_file(write(ledger, DSN.format(to=to)))
    (event,) = list_events(ledger.database)
    assert (event.state, event.reason) == (
        EventState.PARKED,
        "no signed address of ours is in this report, so it proves nothing",
    )
    assert not ledger.suppressed()


@pytest.mark.parametrize(("kind", "suppressed"), [("abuse", 1), ("not-spam", 0), ("virus", 0)])
def test_a_feedback_report_names_the_letter_by_its_envelope_sender(ledger: Ledger, kind: str, suppressed: int) -> None:
    number, *_ = ledger.numbers()
    ledger.take_file(write(ledger, ARF.format(kind=kind, sender=sender_of(ledger, number))))
    assert len(ledger.suppressed()) == suppressed
    assert count_by_kind(ledger.database, [ledger.mailing.id]) == (
        {} if kind == "not-spam" else {EventKind.COMPLAINED: 1}
    )


@pytest.mark.parametrize(
    "text",
    [
        "From: jo@example.net\n\nHello\n",
        "From: jo@example.net\nContent-Type: multipart/mixed; boundary=B\n\n--B\n\nHello\n--B--\n",
        "Content-Type: multipart/report; boundary=B\n\n" + "--B\n" * 9999,
    ],
)
def test_a_mail_that_is_no_report_is_parked(ledger: Ledger, text: str) -> None:
    assert ledger.take_file(write(ledger, text)).applied.states == {EventState.PARKED: 1}


def test_a_complaint_ends_the_subscription_and_a_lifted_suppression_does_not_renew_it(ledger: Ledger) -> None:
    from newsletter.address import Address
    from newsletter.audience import lift_suppression, read_subscriber_record

    number, *_ = ledger.numbers()
    ledger.take(ledger.event("Complaint", number))
    person = Address.parse("reader1@example.net")
    lift_suppression(ledger.database, KEYRING, person, origin="test", now=ledger.now)
    record = read_subscriber_record(ledger.database, KEYRING, person)
    assert record is not None
    assert [str(each[0].state) for each in record.subscriptions] == ["ended"]
