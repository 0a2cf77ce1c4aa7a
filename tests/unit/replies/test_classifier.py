"""A person is never taken for a machine, and a machine seldom for a person."""

import pytest

from newsletter.replies.classify.classifier import Verdict, classify_message
from newsletter.replies.inbound.effects import bounce_status
from newsletter.replies.parsing.message import parse_message

HUMANS = {
    "plain": "",
    "exchange": "X-Auto-Response-Suppress: DR, OOF, AutoReply",
    "says no": "Auto-Submitted: no",
    "about an office": "Subject: Out of office hours I read you",
    "about reading": "Subject: Read: the chapter on ferries",
    "about bounces": "Subject: Undeliverable love",
    "spam score": "X-Spam-Flag: NO",
    "subject of ours": "Subject: Re: Automatic replies are a disease",
}
MACHINES = {
    "RFC 3834": ("Auto-Submitted: auto-replied; owner-email=x@example.net", Verdict.AUTO_REPLY),
    "old header": ("X-Autoreply: yes", Verdict.AUTO_REPLY),
    "precedence": ("Precedence: auto_reply", Verdict.AUTO_REPLY),
    "exchange rule": ("X-MS-Exchange-Generated-Message-Source: Mailbox Rules Agent", Verdict.AUTO_REPLY),
    "empty return path": ("Return-Path: <>", Verdict.AUTO_REPLY),
    "subject": ("Subject: Automatic reply: Ferries", Verdict.AUTO_REPLY),
    "subject de": ("Subject: Abwesenheitsnotiz: Ferries", Verdict.AUTO_REPLY),
    "subject fr": ("Subject: Réponse automatique : Ferries", Verdict.AUTO_REPLY),
    "subject ja": ("Subject: 自動応答: Ferries", Verdict.AUTO_REPLY),
    "receipt": (
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b",
        Verdict.AUTO_REPLY,
    ),
    "report": ("Content-Type: multipart/report; report-type=delivery-status; boundary=b", Verdict.BOUNCE),
    "failed": ("X-Failed-Recipients: x@example.net", Verdict.BOUNCE),
    "arf": ("Content-Type: multipart/report; report-type=feedback-report; boundary=b", Verdict.COMPLAINT),
    "list": ("List-Id: <gardens.example.net>", Verdict.LIST),
    "another newsletter": ("List-Unsubscribe: <mailto:x@example.net>", Verdict.LIST),
    "bulk": ("Precedence: bulk", Verdict.LIST),
    "loop": ("List-Id: Ours <tidal.example.org>", Verdict.LOOP),
    "echo": ("X-Loop: example.net", Verdict.LOOP),
    "debian list": ("X-Loop: x@lists.example.org\nX-Mailing-List: <x@lists.example.org>", Verdict.LIST),
    "spam": ("X-Spam-Flag: YES", Verdict.SPAM),
    "ses virus": ("X-SES-Virus-Verdict: FAIL", Verdict.SPAM),
}
DSN = """Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

It did not work.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; jo@example.net
Action: {action}
Status: {status}
--b--
"""


def _screened(header: str, body: str = "I liked it.") -> Verdict:
    raw = f"From: Jo <jo@example.net>\n{header}\n".rstrip("\n") + f"\n\n{body}"
    return classify_message(parse_message(raw.encode()), own_lists=frozenset({"tidal.example.org"})).verdict


@pytest.mark.parametrize("header", HUMANS.values(), ids=HUMANS)
def test_a_person_is_let_in(header: str) -> None:
    assert _screened(header) is Verdict.HUMAN


@pytest.mark.parametrize(("header", "verdict"), MACHINES.values(), ids=MACHINES)
def test_a_machine_is_told(header: str, verdict: Verdict) -> None:
    assert _screened(header) is verdict


def test_an_old_bounce_is_told_by_its_sender_and_words() -> None:
    raw = b"From: MAILER-DAEMON@mx.example.net\nSubject: failure notice\n\nSorry, no such user here. 550 5.1.1"
    assert classify_message(parse_message(raw)).verdict is Verdict.BOUNCE


def test_the_status_of_a_bounce_is_told() -> None:
    assert bounce_status(parse_message(DSN.format(action="failed", status="5.1.1").encode())) == "5.1.1"
