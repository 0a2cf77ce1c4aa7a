"""The author answers a reader by mail and in the archive, and the reader answers that."""

import mailbox
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

import pytest

from newsletter.archive import build_site
from newsletter.content import read_comments
from newsletter.delivery import DeliveryStatus, open_transport
from newsletter.delivery.notices import list_notices, send_due_notices
from newsletter.errors import DecisionRequired, UsageError
from newsletter.replies import Reply, ReplyState, answer_reply, approve, list_replies
from tests.integration.replies.conftest import NOW, Harbour

Mail = Callable[..., str]
WORDS = "So did my grandmother.\n\nShe kept three – and slept through all of them."


@pytest.fixture
def held(harbour: Harbour, answer: Mail) -> Reply:
    harbour.deliver(answer(headers="References: <a@x> <b@x>\n"))
    return harbour.fetch().replies[0]


def posted(harbour: Harbour) -> list[EmailMessage]:
    """Post what is due through the outbox, and return all that it holds."""
    with closing(open_transport(harbour.settings)) as transport:
        send_due_notices(harbour.database, harbour.keyring, harbour.settings, transport, clock=lambda: NOW)
    box = mailbox.Maildir(harbour.settings.var / "outbox", create=False)
    parser = BytesParser(policy=policy.default)
    return [parser.parsebytes(box.get_bytes(key)) for key in sorted(box.keys())]


def test_an_answer_is_a_mail_in_the_readers_own_thread(harbour: Harbour, held: Reply) -> None:
    answer_reply(harbour.database, harbour.settings, held.id, WORDS, now=NOW)
    (mail,) = posted(harbour)
    assert mail["To"] == "Jo Winter <jo@example.net>"
    assert mail["From"] == "Tidal Notes <notes@example.org>"
    assert mail["Subject"] == "Re: Ferries"
    assert mail["In-Reply-To"] == "<one@example.net>"
    assert str(mail["References"]).split() == ["<a@x>", "<b@x>", "<one@example.net>"]
    assert not [name for name in mail if name.lower().startswith(("list-", "feedback", "precedence", "auto-"))]
    body = mail.get_content()
    assert body.startswith(WORDS)
    assert "> I own two." in body


def test_the_same_words_again_are_one_mail(harbour: Harbour, held: Reply) -> None:
    first = answer_reply(harbour.database, harbour.settings, held.id, WORDS, now=NOW)
    second = answer_reply(harbour.database, harbour.settings, held.id, f"{WORDS}\r\n", now=NOW)
    assert (first.is_new, second.is_new) == (True, False)
    assert len(posted(harbour)) == len(posted(harbour)) == 1


def test_an_answer_stands_below_the_comment_once_that_is_published(harbour: Harbour, held: Reply) -> None:
    answered = answer_reply(harbour.database, harbour.settings, held.id, WORDS, now=NOW)
    assert answered.path is None
    assert read_comments(harbour.settings, "ferries").comments == ()
    approve(harbour.database, harbour.settings, held.id, now=NOW)
    question, reply = read_comments(harbour.settings, "ferries").comments
    assert (reply.in_reply_to, reply.is_by_author, reply.text) == (question.id, True, WORDS)
    again = answer_reply(harbour.database, harbour.settings, held.id, "And another thing.", now=NOW)
    assert again.path is not None
    assert len(read_comments(harbour.settings, "ferries").comments) == 3
    assert answered.notice.kind == "answer"
    again.path.write_text(again.path.read_text().replace("another", "a third"))
    approve(harbour.database, harbour.settings, held.id, now=NOW)
    assert "a third" in again.path.read_text()
    page = build_site(harbour.settings, now=NOW).files["issues/ferries/index.html"].decode()
    assert "slept through all of them" in page


def test_a_private_answer_never_stands_in_the_archive(harbour: Harbour, held: Reply) -> None:
    answer_reply(harbour.database, harbour.settings, held.id, WORDS, is_private=True, now=NOW)
    approve(harbour.database, harbour.settings, held.id, now=NOW)
    assert len(read_comments(harbour.settings, "ferries").comments) == 1


def test_an_answer_to_a_private_reply_is_private(harbour: Harbour, answer: Mail) -> None:
    from newsletter.replies import answer_reply as answer_to

    harbour.deliver(answer("Private: just for you."))
    (reply,) = harbour.fetch().replies
    assert answer_to(harbour.database, harbour.settings, reply.id, WORDS, now=NOW).answer.is_private
    (mail,) = posted(harbour)
    assert "publish" not in mail.get_content()


def test_what_the_reader_answers_stands_below_the_answer(harbour: Harbour, held: Reply, answer: Mail) -> None:
    from newsletter.replies import answer_reply as answer_to

    approve(harbour.database, harbour.settings, held.id, now=NOW)
    answered = answer_to(harbour.database, harbour.settings, held.id, WORDS, now=NOW)
    (mail,) = posted(harbour)
    quoted = "\n".join(f"> {line}" for line in mail.get_content().split("\n"))
    back = answer("Three!", to=str(mail["Reply-To"]), message_id="<two@example.net>")
    harbour.deliver(back.partition("\n\nOn Mon")[0] + f"\n\nTidal Notes wrote:\n{quoted}\n", "2.eml")
    (second,) = harbour.fetch().replies
    assert (second.slug, second.text, second.in_reply_to) == ("ferries", "Three!", answered.answer.id)
    assert second.is_from_subscriber
    approve(harbour.database, harbour.settings, second.id, now=NOW)
    assert read_comments(harbour.settings, "ferries").comments[-1].in_reply_to in {answered.answer.id, held.id}
    parents = {comment.id: comment.in_reply_to for comment in read_comments(harbour.settings, "ferries").comments}
    assert parents == {held.id: None, answered.answer.id: held.id, second.id: answered.answer.id}


def test_an_answer_to_a_private_answer_stands_below_the_comment_itself(
    harbour: Harbour, held: Reply, answer: Mail
) -> None:
    from newsletter.replies import answer_reply as answer_to

    approve(harbour.database, harbour.settings, held.id, now=NOW)
    answer_to(harbour.database, harbour.settings, held.id, WORDS, is_private=True, now=NOW)
    (mail,) = posted(harbour)
    harbour.deliver(answer("Three!", to=str(mail["Reply-To"]), message_id="<two@example.net>"), "2.eml")
    (second,) = harbour.fetch().replies
    approve(harbour.database, harbour.settings, second.id, now=NOW)
    parents = {comment.id: comment.in_reply_to for comment in read_comments(harbour.settings, "ferries").comments}
    assert parents == {held.id: None, second.id: held.id}


def test_the_message_id_of_an_answer_finds_it_too(harbour: Harbour, held: Reply, answer: Mail) -> None:
    from newsletter.replies import answer_reply as answer_to

    answered = answer_to(harbour.database, harbour.settings, held.id, WORDS, now=NOW)
    (mail,) = posted(harbour)
    headers = f"In-Reply-To: {mail['Message-ID']}\n"
    harbour.deliver(answer("Three!", to="notes@example.org", headers=headers, message_id="<two@x>"), "2.eml")
    assert harbour.fetch().replies[0].in_reply_to == answered.answer.id
    guessed = str(mail["Message-ID"]).replace(".", ".0", 1)[:40] + ".notice@example.org>"
    harbour.deliver(
        answer("Four!", to="notes@example.org", headers=f"In-Reply-To: {guessed}\n", message_id="<3@x>"), "3.eml"
    )
    assert harbour.fetch().replies[0].in_reply_to is None


def test_who_is_not_known_to_have_written_is_not_written_to(harbour: Harbour, answer: Mail) -> None:
    from newsletter.replies import answer_reply as answer_to

    harbour.deliver(answer(sender="Eve <eve@evil.example>"))
    (reply,) = harbour.fetch().replies
    with pytest.raises(DecisionRequired, match="your own mail client"):
        answer_to(harbour.database, harbour.settings, reply.id, WORDS, now=NOW)
    assert list_notices(harbour.database) == ()


def test_a_machine_is_not_answered(harbour: Harbour, answer: Mail) -> None:
    from newsletter.replies import answer_reply as answer_to

    harbour.deliver(answer(headers="Auto-Submitted: auto-replied\n"))
    (reply,) = list_replies(harbour.database) or harbour.fetch().replies
    assert reply.state is ReplyState.IGNORED
    with pytest.raises(UsageError, match="automatic message"):
        answer_to(harbour.database, harbour.settings, reply.id, WORDS, now=NOW)


def test_an_empty_answer_is_none(harbour: Harbour, held: Reply) -> None:
    with pytest.raises(UsageError, match="empty"):
        answer_reply(harbour.database, harbour.settings, held.id, " \n", now=NOW)


def test_hostile_ids_and_names_break_no_header(harbour: Harbour, answer: Mail) -> None:
    from newsletter.replies import answer_reply as answer_to

    mail_of = answer(message_id="<x\r\nBcc: eve@evil.example>", sender='"Jo\r\n Bcc: e@x" <jo@example.net>')
    harbour.deliver(mail_of)
    (reply,) = harbour.fetch().replies
    answer_to(harbour.database, harbour.settings, reply.id, "a\r\n.\r\nBcc: eve@evil.example\r\n", now=NOW)
    (mail,) = posted(harbour)
    assert mail["Bcc"] is None
    assert [address.addr_spec for address in mail["To"].addresses] == ["jo@example.net"]


def test_a_suppressed_address_gets_no_answer(harbour: Harbour, held: Reply) -> None:
    from newsletter.address import Address
    from newsletter.audience import SuppressionReason, suppress

    answer_reply(harbour.database, harbour.settings, held.id, WORDS, now=NOW)
    suppress(
        harbour.database,
        harbour.keyring,
        Address.parse("jo@example.net"),
        SuppressionReason.BOUNCED,
        origin="test",
        now=NOW,
    )
    assert posted(harbour) == []
    (notice,) = list_notices(harbour.database)
    assert (notice.status, notice.reason) == (DeliveryStatus.FAILED, "the address is suppressed: bounced")


def test_an_answer_may_come_from_an_address_of_its_own(harbour: Harbour, held: Reply) -> None:
    from newsletter.address import Mailbox

    replies = harbour.settings.replies.model_copy(update={"sender": Mailbox.parse("Ines <ines@example.org>")})
    settings = harbour.settings.model_copy(update={"replies": replies})
    answer_reply(harbour.database, settings, held.id, WORDS, now=NOW)
    (mail,) = posted(replace(harbour, settings=settings))
    assert mail["From"] == "Ines <ines@example.org>"
