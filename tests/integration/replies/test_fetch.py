"""Mail comes in once, finds its delivery, and does what it asks."""

import stat
from collections.abc import Callable

import pytest
from sqlalchemy import text

from newsletter.audience import list_suppressions
from newsletter.errors import SettingsError
from newsletter.feedback import list_events
from newsletter.replies import ReplyState, Verdict, list_replies, open_mailbox
from newsletter.tokens import Purpose
from tests.integration.replies.conftest import NOW, Harbour

WriteReply = Callable[..., str]


def test_an_answer_is_held_under_its_issue_without_the_quotation(harbour: Harbour, answer: WriteReply) -> None:
    harbour.deliver(answer())
    (reply,) = harbour.fetch().replies
    assert (reply.slug, reply.state, reply.verdict) == ("ferries", ReplyState.HELD, Verdict.HUMAN)
    assert (reply.text, reply.author, reply.note) == ("I own two.", "Jo Winter", "")
    assert reply.is_from_subscriber
    assert not reply.is_verified
    assert list_replies(harbour.database) == (reply,)


def test_the_raw_mail_is_private_and_the_message_is_marked_seen(harbour: Harbour, answer: WriteReply) -> None:
    path = harbour.deliver(answer())
    (reply,) = harbour.fetch().replies
    (kept,) = (harbour.settings.var / "replies").iterdir()
    assert kept.name == f"{reply.raw_hash}.eml"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert not path.exists()
    assert (harbour.settings.root / "answers" / "cur" / "1.eml:2,S").read_bytes() == kept.read_bytes()


def test_the_same_mail_twice_is_one_reply(harbour: Harbour, answer: WriteReply) -> None:
    harbour.deliver(answer())
    assert len(harbour.fetch().replies) == 1
    harbour.deliver(answer(), "again.eml")
    harbour.deliver("Received: by another way\n" + answer(), "way.eml")
    again = harbour.fetch()
    assert (again.replies, again.known) == ((), 3)


def test_the_date_is_never_later_than_now(harbour: Harbour, answer: WriteReply) -> None:
    harbour.deliver(answer().replace("3 Mar 2025 20:00:00", "3 Mar 2035 20:00:00"))
    assert harbour.fetch().replies[0].received_at == NOW


def test_a_reference_finds_the_delivery_where_the_address_does_not(harbour: Harbour, answer: WriteReply) -> None:
    with harbour.database.write() as connection:
        connection.execute(text("UPDATE deliveries SET reference = '0100abc-000000' WHERE id = 2"))
    headers = "In-Reply-To: <0100abc-000000@eu-west-1.amazonses.com>\n"
    harbour.deliver(answer(to="notes@example.org", sender="Ada <ada@example.net>", headers=headers))
    (reply,) = harbour.fetch().replies
    assert (reply.delivery_id, reply.slug, reply.is_from_subscriber) == (2, "ferries", True)


def test_mail_that_answers_nothing_is_held_and_says_so(harbour: Harbour, answer: WriteReply) -> None:
    harbour.deliver(answer(to="r+aaaaaaaaaaaaaaaaaaaaaaaaaaaaa@reply.example.org"))
    (reply,) = harbour.fetch().replies
    assert (reply.slug, reply.state) == (None, ReplyState.HELD)
    assert "no issue" in reply.note


@pytest.mark.parametrize(
    ("purpose", "said", "headers"),
    [
        (Purpose.UNSUBSCRIBE, "", ""),
        (Purpose.UNSUBSCRIBE, "Mail sent this", "Auto-Submitted: auto-replied\n"),
        (Purpose.REPLY, "Unsubscribe", ""),
        (Purpose.REPLY, "STOP.", ""),
    ],
)
def test_a_wish_to_leave_ends_the_subscription(
    harbour: Harbour, answer: WriteReply, purpose: Purpose, said: str, headers: str
) -> None:
    harbour.deliver(answer(said, to=harbour.address(1, purpose), headers=headers))
    (reply,) = harbour.fetch().replies
    assert reply.state is ReplyState.UNSUBSCRIBED
    assert _states(harbour) == {"jo@example.net": "ended", "ada@example.net": "confirmed"}


def test_a_copy_that_comes_later_ends_no_renewed_subscription(harbour: Harbour, answer: WriteReply) -> None:
    mail = answer("stop")
    harbour.deliver(mail)
    harbour.fetch()
    with harbour.database.write() as connection:
        connection.execute(text("UPDATE subscriptions SET state = 'confirmed'"))
    harbour.deliver("Received: by another way\n" + mail, "copy.eml")
    assert harbour.fetch().known == 2
    assert _states(harbour)["jo@example.net"] == "confirmed"


def test_an_endless_answer_is_cut_and_says_so(harbour: Harbour, answer: WriteReply) -> None:
    harbour.deliver(answer("word " * 10_000))
    (reply,) = harbour.fetch().replies
    assert len(reply.text) == 20_000
    assert "cut after 20,000 characters" in reply.note


def test_a_stranger_cannot_unsubscribe_by_a_leaked_reply_address(harbour: Harbour, answer: WriteReply) -> None:
    harbour.deliver(answer("stop", sender="Eve <eve@example.net>"))
    (reply,) = harbour.fetch().replies
    assert (reply.state, reply.is_from_subscriber) == (ReplyState.HELD, False)
    assert _states(harbour)["jo@example.net"] == "confirmed"


@pytest.mark.parametrize(("status", "suppressed"), [("5.1.1", 1), ("5.2.2", 0), ("4.4.7", 0)])
def test_only_a_permanent_bounce_suppresses(harbour: Harbour, status: str, suppressed: int) -> None:
    harbour.deliver(
        f"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.net\nTo: {harbour.address(1, Purpose.BOUNCE)}\n"
        "Subject: Undelivered Mail\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        "--b\n\nSorry.\n--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
        f"Final-Recipient: rfc822; jo@example.net\nAction: failed\nStatus: {status}\n--b--\n"
    )
    (reply,) = harbour.fetch().replies
    assert (reply.verdict, reply.state) == (Verdict.BOUNCE, ReplyState.IGNORED)
    assert len(list(list_suppressions(harbour.database))) == suppressed


PLAIN = (
    "Hi. This is the qmail-send program at mx.example.net.\n"
    "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
    "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
    "<jo@example.net>:\n{reason}\n\n--- Below this line is a copy of the message.\n\nSubject: x\n"
)


@pytest.mark.parametrize(
    ("reason", "note"),
    [
        ("Sorry, no mailbox here by that name. (#5.1.1)", "status 5.1.1: the address is suppressed"),
        ("Sorry, no mailbox here by that name.", "status 5.0.0: the address is suppressed"),
        ("It is over quota. (#5.2.2)", "status 5.2.2: the address is kept"),
        ("It did not answer. (#4.4.1)", "status 4.4.1: the address is kept"),
    ],
)
def test_a_bounce_in_plain_words_is_the_report_that_it_is(harbour: Harbour, reason: str, note: str) -> None:
    to = harbour.address(1, Purpose.BOUNCE)
    harbour.deliver(
        f"From: MAILER-DAEMON@mx.example.net\nTo: {to}\nSubject: failure notice\n\n{PLAIN.format(reason=reason)}"
    )
    (reply,) = harbour.fetch().replies
    assert (reply.verdict, reply.state, reply.note) == (Verdict.BOUNCE, ReplyState.IGNORED, note)
    assert [event.kind for event in list_events(harbour.database)] == ["plain bounce"]


@pytest.mark.parametrize(
    ("head", "purpose"),
    [
        ("From: Jo <jo@example.net>\nSubject: failure notice\n", Purpose.BOUNCE),
        ("From: MAILER-DAEMON <jo@example.net>\nSubject: failure notice\n", Purpose.BOUNCE),
        ("From: MAILER-DAEMON@mx.example.net\nSubject: failure notice\n", Purpose.REPLY),
        ("Return-Path: <>\nFrom: jo@example.net\nSubject: Re: x\n\nJo got:\n", Purpose.BOUNCE),
    ],
)
def test_whoever_quotes_a_bounce_in_plain_words_suppresses_nobody(
    harbour: Harbour, head: str, purpose: Purpose
) -> None:
    to = harbour.address(1, purpose)
    harbour.deliver(f"To: {to}\n{head}\n{PLAIN.format(reason='Sorry, no mailbox here. (#5.1.1)')}")
    assert len(harbour.fetch().replies) == 1
    assert not list(list_suppressions(harbour.database))
    assert not list_events(harbour.database)


def test_a_complaint_suppresses(harbour: Harbour) -> None:
    harbour.deliver(
        f"From: fbl@mx.example.net\nTo: {harbour.address(1)}\n"
        "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
        "--b\n\nIt is.\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n--b--\n"
    )
    assert harbour.fetch().replies[0].verdict is Verdict.COMPLAINT
    assert len(list(list_suppressions(harbour.database))) == 1


def test_private_as_the_first_word_keeps_an_answer_private(harbour: Harbour, answer: WriteReply) -> None:
    harbour.deliver(answer("Private: only for you."))
    assert harbour.fetch().replies[0].state is ReplyState.PRIVATE


def test_a_machine_is_ignored_and_kept(harbour: Harbour, answer: WriteReply) -> None:
    harbour.deliver(answer(headers="Auto-Submitted: auto-replied\n"))
    (reply,) = harbour.fetch().replies
    assert (reply.verdict, reply.state) == (Verdict.AUTO_REPLY, ReplyState.IGNORED)


def test_our_own_letter_coming_back_is_a_loop(harbour: Harbour, answer: WriteReply) -> None:
    harbour.deliver(answer(headers="List-Id: Tidal Notes <tidal.example.org>\n"))
    assert harbour.fetch().replies[0].verdict is Verdict.LOOP


def test_quoted_tokens_and_addresses_do_not_reach_the_text(harbour: Harbour, answer: WriteReply) -> None:
    token = harbour.address()
    harbour.deliver(answer(f"Is {token} yours? https://elsewhere.example/u/{token[2:31]} or +44 20 7946 0018"))
    (reply,) = harbour.fetch().replies
    assert token[2:31] not in reply.text
    assert "@" not in reply.text
    assert "7946" not in reply.text


def test_only_what_is_public_is_quoted(harbour: Harbour, answer: WriteReply) -> None:
    said = (
        "> Dear Jo Winter, you asked for this\n\nI did.\n\n"
        "> The harbour wakes at five and nobody owns an alarm clock.\n\nI own two.\n\n"
        "> My doctor says I have a week left to live\n\nAda wrote me that."
    )
    harbour.deliver(answer(said))
    (reply,) = harbour.fetch().replies
    assert reply.text == (
        "I did.\n\n> The harbour wakes at five and nobody owns an alarm clock.\n\nI own two.\n\nAda wrote me that."
    )
    assert "quotes text that is not public" in reply.note


def test_plain_files_in_a_folder_are_mail_too(harbour: Harbour, answer: WriteReply) -> None:
    folder = harbour.settings.root / "answers"
    folder.mkdir()
    (folder / "saved.eml").write_text(answer())
    (folder / "notes.txt").write_text("not mail")
    assert len(harbour.fetch().replies) == 1
    assert (folder / "saved.eml").exists()


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (None, "mailbox is not set"),
        ("imap://me@mail.example.org/INBOX", "Set NEWSLETTER_IMAP_PASSWORD"),
        ("pigeon:loft", "not a mailbox"),
    ],
)
def test_a_mailbox_that_cannot_be_says_what_to_do(harbour: Harbour, setting: str | None, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        open_mailbox(setting, harbour.settings.root)


def test_a_missing_folder_says_so(harbour: Harbour) -> None:
    with pytest.raises(SettingsError, match="no such folder"):
        harbour.fetch()


def _states(harbour: Harbour) -> dict[str, str]:
    query = "SELECT address, state FROM subscriptions JOIN subscribers ON subscribers.id = subscriber_id"
    with harbour.database.read() as connection:
        return {row.address: row.state for row in connection.execute(text(query))}
