"""Readers answer readers: by the archive's page, by a notice, each once, and only those hear who want to."""

import mailbox
import re
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from typing import Any

import pytest

from newsletter import app
from newsletter.address import Address
from newsletter.archive import build_site
from newsletter.audience import unsubscribe
from newsletter.content import read_comments
from newsletter.delivery import DeliveryStatus, open_transport
from newsletter.delivery.notices import list_notices, send_due_notices
from newsletter.replies import (
    OurMessageFilter,
    Reply,
    ReplyState,
    approve,
    comment_reply_address,
    erase_replies,
    is_notified_of_answers,
    list_replies,
    set_answer_notification,
    withdraw_reply,
)
from newsletter.replies.parsing.headers import read_headers
from tests.integration.replies.conftest import NOW, Harbour

Mail = Callable[..., str]
ADA = "Ada <ada@example.net>"


def posted(harbour: Harbour) -> list[EmailMessage]:
    """Post what is due, and return what the outbox holds, oldest first."""
    with closing(open_transport(harbour.settings)) as transport:
        send_due_notices(harbour.database, harbour.keyring, harbour.settings, transport, clock=lambda: NOW)
    box = mailbox.Maildir(harbour.settings.var / "outbox", create=False)
    parser = BytesParser(policy=policy.default)
    return [parser.parsebytes(box.get_bytes(key)) for key in sorted(box.keys())]


def with_rules(harbour: Harbour, **rules: Any) -> Harbour:
    replies = harbour.settings.replies.model_copy(update=rules)
    return replace(harbour, settings=harbour.settings.model_copy(update={"replies": replies}))


def taken(harbour: Harbour, raw: str, name: str) -> Reply:
    harbour.deliver(raw, name)
    (reply,) = harbour.fetch().replies
    return reply


def approved(harbour: Harbour, reply: Reply) -> Reply:
    approve(harbour.database, harbour.settings, reply.id, keyring=harbour.keyring, now=NOW)
    return next(one for one in list_replies(harbour.database) if one.id == reply.id)


def under(harbour: Harbour, comment: Reply) -> str:
    address = comment_reply_address(harbour.settings, comment.id)
    assert address is not None
    return address


@pytest.fixture
def comment(harbour: Harbour, answer: Mail) -> Reply:
    """Jo's comment, which stands."""
    return approved(harbour, taken(harbour, answer(headers="References: <a@x>\n"), "1.eml"))


@pytest.fixture
def wished(harbour: Harbour, comment: Reply) -> Reply:
    """The same, by a writer who wants to hear."""
    set_answer_notification(harbour.database, comment, is_wanted=True, channel="test", now=NOW)
    return comment


@pytest.fixture
def second(harbour: Harbour, wished: Reply, answer: Mail) -> Reply:
    """Ada's answer to it from the archive's page, held."""
    raw = answer("Mine rings at six.", to=under(harbour, wished), sender=ADA, message_id="<two@ada.example>")
    return taken(harbour, raw.partition("\n\nOn Mon")[0], "2.eml")


def heard(harbour: Harbour) -> list[EmailMessage]:
    return [mail for mail in posted(harbour) if "has replied to your comment" in mail.get_content()]


def test_an_answer_from_the_page_is_held_for_its_place(harbour: Harbour, wished: Reply, second: Reply) -> None:
    assert (second.state, second.slug, second.in_reply_to) == (ReplyState.HELD, "ferries", wished.id)
    assert second.note == ""
    assert heard(harbour) == []


def test_the_writer_hears_once_in_their_own_thread_and_neither_address_leaks(
    harbour: Harbour, wished: Reply, second: Reply
) -> None:
    approved(harbour, second)
    approved(harbour, second)
    (mail,) = heard(harbour)
    assert heard(harbour)[0]["Message-ID"] == mail["Message-ID"]
    assert (mail["To"], mail["In-Reply-To"]) == ("Jo Winter <jo@example.net>", "<one@example.net>")
    assert str(mail["References"]).split() == ["<a@x>", "<one@example.net>"]
    assert (mail["Subject"], mail["Auto-Submitted"]) == ("Re: Ferries", "auto-generated")
    body = mail.get_content()
    assert "Mine rings at six." in body
    assert "> I own two." in body
    assert "ada" not in re.sub(r"\bAda\b", "", mail.as_string()).lower()
    assert "jo@example.net" not in body
    page = build_site(harbour.settings, now=NOW).files["issues/ferries/index.html"].decode()
    assert "example.net" not in page


def test_the_answer_to_the_notice_stands_three_deep(harbour: Harbour, second: Reply, answer: Mail) -> None:
    approved(harbour, second)
    (mail,) = heard(harbour)
    quoted = "\n".join(f"> {line}" for line in mail.get_content().split("\n"))
    raw = answer("At six!", to=str(mail["Reply-To"]), message_id="<3@x>").partition("\n\nOn Mon")[0]
    third = taken(harbour, f"{raw}\n\nTidal Notes wrote:\n{quoted}\n", "3.eml")
    assert (third.text, third.state, third.in_reply_to) == ("At six!", ReplyState.HELD, second.id)
    assert third.is_from_subscriber
    approved(harbour, third)
    site = build_site(harbour.settings, now=NOW).files["issues/ferries/index.html"].decode()
    assert re.findall(r'class="(depth-\d)"', site) == ["depth-0", "depth-1", "depth-2"]


def test_what_the_notice_said_is_no_word_of_whoever_quotes_it_unmarked(
    harbour: Harbour, second: Reply, answer: Mail
) -> None:
    approved(harbour, second)
    (mail,) = heard(harbour)
    raw = answer("At six!", to=str(mail["Reply-To"]), message_id="<3@x>").partition("\n\nOn Mon")[0]
    third = taken(harbour, f"{raw}\n\n{mail.get_content()}", "3.eml")
    assert third.text == "At six!"


def test_a_public_comment_may_be_quoted_line_by_line(harbour: Harbour, second: Reply, answer: Mail) -> None:
    approved(harbour, second)
    (mail,) = heard(harbour)
    said = "> Mine rings at six.\n\nSo early?\n\n> her secret: swordfish\n\nNo!"
    third = taken(harbour, answer(said, to=str(mail["Reply-To"]), message_id="<3@x>"), "3.eml")
    assert "> Mine rings at six." in third.text
    assert "swordfish" not in third.text


def test_nobody_hears_who_did_not_ask(harbour: Harbour, comment: Reply, answer: Mail) -> None:
    raw = answer("Mine rings at six.", to=under(harbour, comment), sender=ADA, message_id="<two@x>")
    approved(harbour, taken(harbour, raw, "2.eml"))
    assert heard(harbour) == []
    assert not is_notified_of_answers(harbour.database, harbour.settings, comment)


@pytest.mark.parametrize(("rule", "wish", "is_told"), [("always", None, 1), ("always", False, 0), ("never", True, 0)])
def test_the_setting_says_who_is_asked(
    harbour: Harbour, comment: Reply, answer: Mail, rule: str, wish: bool | None, is_told: int
) -> None:
    there = with_rules(harbour, tell_answered=rule)
    if wish is not None:
        set_answer_notification(there.database, comment, is_wanted=wish, channel="test", now=NOW)
    raw = answer("Mine rings at six.", to=under(there, comment), sender=ADA, message_id="<two@x>")
    approved(there, taken(there, raw, "2.eml"))
    assert len(heard(there)) == is_told


def test_the_word_that_a_comment_stands_asks_and_a_mail_says_yes(
    harbour: Harbour, comment: Reply, answer: Mail
) -> None:
    (mail,) = posted(harbour)
    found = re.search(r"another reader replies to it\?.*:\n(\S+)", mail.get_content())
    assert found is not None
    done = taken(harbour, answer("", to=found[1], message_id="<yes@x>"), "2.eml")
    assert (done.state, done.note) == (
        ReplyState.COMMAND,
        f"the writer of {comment.id} wants to be notified of answers",
    )
    assert is_notified_of_answers(harbour.database, harbour.settings, comment)


def test_the_record_of_a_person_tells_their_wish(harbour: Harbour, wished: Reply) -> None:
    address = Address.parse("jo@example.net")
    for wants in (True, False):
        set_answer_notification(harbour.database, wished, is_wanted=wants, channel="test", now=NOW)
        whole = app.collect_personal_data(harbour.database, harbour.keyring, harbour.settings, address)
        assert app.personal_data_json(address, whole)["wants_to_hear_of_answers"] is wants
    app.erase_person(harbour.database, harbour.keyring, harbour.settings, address, origin="test", now=NOW)
    whole = app.collect_personal_data(harbour.database, harbour.keyring, harbour.settings, address)
    assert whole.wants_to_hear is None


def test_a_forged_wish_changes_nothing(harbour: Harbour, comment: Reply, answer: Mail) -> None:
    (mail,) = posted(harbour)
    found = re.search(r"another reader replies to it\?.*:\n(\S+)", mail.get_content())
    assert found is not None
    taken(harbour, answer("", to=found[1], sender="Eve <eve@x.example>", message_id="<yes@x>"), "2.eml")
    assert not is_notified_of_answers(harbour.database, harbour.settings, comment)


@pytest.mark.parametrize("word", ["stop", "Stop.", "unsubscribe", "abbestellen"])
def test_stop_in_answer_to_a_notice_ends_it_and_no_subscription(
    harbour: Harbour, wished: Reply, second: Reply, answer: Mail, word: str
) -> None:
    approved(harbour, second)
    (mail,) = heard(harbour)
    done = taken(harbour, answer(word, to=str(mail["Reply-To"]), message_id="<3@x>"), "3.eml")
    assert (done.state, done.note) == (
        ReplyState.COMMAND,
        f"the writer of {wished.id} wants no more notices of answers",
    )
    assert not is_notified_of_answers(harbour.database, harbour.settings, wished)


def test_the_address_in_a_notice_ends_it_even_for_what_is_due(
    harbour: Harbour, wished: Reply, second: Reply, answer: Mail
) -> None:
    approved(harbour, second)
    (notice,) = [notice for notice in list_notices(harbour.database) if notice.kind == "answered"]
    found = re.search(r"empty email to:\n(\S+)", notice.text)
    assert found is not None
    taken(harbour, answer("", to=found[1], message_id="<3@x>"), "3.eml")
    assert heard(harbour) == []
    assert not is_notified_of_answers(harbour.database, harbour.settings, wished)


def test_who_leaves_the_list_hears_nothing_either(harbour: Harbour, wished: Reply, second: Reply) -> None:
    approved(harbour, second)
    assert wished.subscriber_id is not None
    unsubscribe(harbour.database, wished.subscriber_id, "weekly", origin="mail", now=NOW)
    assert heard(harbour) == []
    (notice,) = [notice for notice in list_notices(harbour.database) if notice.kind == "answered"]
    assert (notice.status, notice.reason) == (DeliveryStatus.FAILED, "the recipient is now unsubscribed")


def test_who_answers_themselves_is_not_told(harbour: Harbour, wished: Reply, answer: Mail) -> None:
    raw = answer("And a third.", to=under(harbour, wished), message_id="<two@x>")
    approved(harbour, taken(harbour, raw, "2.eml"))
    assert heard(harbour) == []


def test_words_taken_back_are_not_sent_any_more(harbour: Harbour, second: Reply) -> None:
    approved(harbour, second)
    withdraw_reply(harbour.database, harbour.settings, second.id, now=NOW)
    assert heard(harbour) == []


def test_words_taken_back_after_the_notice_left_leave_the_database(harbour: Harbour, second: Reply) -> None:
    approved(harbour, second)
    heard(harbour)
    withdraw_reply(harbour.database, harbour.settings, second.id, now=NOW)
    assert not [
        notice for notice in list_notices(harbour.database) if "rings" in notice.text and notice.kind == "answered"
    ]


def test_an_erased_writer_is_told_nothing(harbour: Harbour, wished: Reply, second: Reply) -> None:
    there = with_rules(harbour, tell_answered="always")
    erase_replies(
        there.database, there.settings, wished.subscriber_id, Address.parse("jo@example.net"), by="test", now=NOW
    )
    approved(there, second)
    assert heard(there) == []
    assert len(read_comments(there.settings, "ferries").comments) == 2


def test_an_unproven_stranger_is_not_written_to(harbour: Harbour, comment: Reply, answer: Mail) -> None:
    there = with_rules(harbour, tell_answered="always")
    raw = answer("Mine rings at six.", to=under(there, comment), sender="Eve <eve@x.example>", message_id="<2@x>")
    eve = approved(there, taken(there, raw, "2.eml"))
    assert len(heard(there)) == 1
    back = answer("At six?", to=under(there, eve), message_id="<3@x>")
    approved(there, taken(there, back, "3.eml"))
    assert [mail["To"] for mail in heard(there)] == ["Jo Winter <jo@example.net>"]


def test_the_address_of_a_page_names_only_what_stands(harbour: Harbour, comment: Reply, answer: Mail) -> None:
    for number, name in enumerate(("c.nothing", "c.../x", "i.nothing", "c.", "x.ferries"), 2):
        raw = answer("Hm.", to=f"r+{name}@reply.example.org", message_id=f"<{number}@x>")
        assert taken(harbour, raw, f"{number}.eml").slug is None
    raw = answer("Hm.", to="r+i.ferries@reply.example.org", message_id="<9@x>")
    reply = taken(harbour, raw, "9.eml")
    assert (reply.slug, reply.in_reply_to, reply.state) == ("ferries", None, ReplyState.HELD)


def test_in_a_shared_mailbox_mail_to_a_page_is_ours(harbour: Harbour, comment: Reply) -> None:
    there = with_rules(harbour, domain=None, address=Address.parse("me@example.org"))
    ours = OurMessageFilter(database=there.database, keyring=there.keyring, settings=there.settings)
    for address, is_ours in ((under(there, comment), True), ("me+c.nothing@example.org", False)):
        headers, _, _ = read_headers(f"From: a@b.cc\nTo: {address}\n\n".encode())
        assert ours.is_ours(headers) is is_ours
