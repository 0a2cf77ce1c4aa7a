"""Nothing becomes public but by the author's word, and that word counts once."""

from collections.abc import Callable

import pytest

from newsletter.content import read_comments
from newsletter.errors import DecisionRequired, UsageError
from newsletter.replies import Reply, ReplyState, approve, list_replies, reject, show_reply
from newsletter.replies.store.models import Decision
from newsletter.replies.store.queries import record_decision
from tests.integration.replies.conftest import ISSUE, NOW, Harbour

WriteReply = Callable[..., str]


@pytest.fixture
def held(harbour: Harbour, answer: WriteReply) -> Reply:
    harbour.deliver(answer())
    return harbour.fetch().replies[0]


def test_approving_writes_one_comment(harbour: Harbour, held: Reply) -> None:
    path = approve(harbour.database, harbour.settings, held.id, by="Ed", now=NOW)
    (comment,) = read_comments(harbour.settings, "ferries").comments
    assert (comment.id, comment.author, comment.text, comment.is_verified) == (
        held.id,
        "Jo Winter",
        "I own two.",
        False,
    )
    assert comment.date == held.received_at
    assert path.name == f"2025-03-03-{held.id}.md"
    (decided,) = list_replies(harbour.database, state=ReplyState.APPROVED)
    assert (decided.decided_by, decided.decided_at) == ("Ed", NOW)


def test_approving_again_changes_nothing(harbour: Harbour, held: Reply) -> None:
    first = approve(harbour.database, harbour.settings, held.id, by="Ed", now=NOW)
    assert approve(harbour.database, harbour.settings, held.id, by="Flo", now=NOW) == first
    assert len(read_comments(harbour.settings, "ferries").comments) == 1
    assert list_replies(harbour.database)[0].decided_by == "Ed"


def test_a_kill_between_file_and_row_is_made_good(harbour: Harbour, held: Reply) -> None:
    first = approve(harbour.database, harbour.settings, held.id, now=NOW)
    with harbour.database.write() as connection:
        connection.exec_driver_sql("UPDATE replies SET state = 'held', decided_at = NULL")
    assert approve(harbour.database, harbour.settings, held.id, now=NOW) == first
    assert len(list(first.parent.iterdir())) == 1


def test_the_beginning_of_an_id_is_enough(harbour: Harbour, held: Reply) -> None:
    assert show_reply(harbour.database, harbour.settings, held.id[:4]).reply == held
    with pytest.raises(UsageError, match="no reply 'zzz9'"):
        show_reply(harbour.database, harbour.settings, "zzz9")
    with pytest.raises(UsageError, match="no reply '%'"):
        show_reply(harbour.database, harbour.settings, "%")


def test_the_moderator_sees_what_was_cut(harbour: Harbour, held: Reply) -> None:
    shown = show_reply(harbour.database, harbour.settings, held.id)
    assert shown.subject == "Re: Ferries"
    assert "alarm clock" in shown.cuts[0].text
    shown.raw_message_path.unlink()
    assert show_reply(harbour.database, harbour.settings, held.id).cuts == ()


def test_a_rejected_reply_can_still_be_approved(harbour: Harbour, held: Reply) -> None:
    rejected = reject(harbour.database, held.id, by="Ed", reason="later", now=NOW)
    assert (rejected.state, rejected.decided_reason) == (ReplyState.REJECTED, "later")
    assert reject(harbour.database, held.id, now=NOW) == rejected
    approve(harbour.database, harbour.settings, held.id, now=NOW)
    with pytest.raises(UsageError, match="is published"):
        reject(harbour.database, held.id, now=NOW)


def test_a_private_reply_is_never_published(harbour: Harbour, answer: WriteReply) -> None:
    harbour.deliver(answer("Private\n\nOnly for you."))
    (reply,) = harbour.fetch().replies
    with pytest.raises(DecisionRequired, match="private"):
        approve(harbour.database, harbour.settings, reply.id, now=NOW)
    assert read_comments(harbour.settings, "ferries").comments == ()


def test_closed_comments_refuse(harbour: Harbour, answer: WriteReply) -> None:
    issue = harbour.settings.root / "issues" / "ferries" / "index.md"
    issue.write_text(ISSUE.replace("status: ready", "status: ready\ncomments: closed"))
    harbour.deliver(answer())
    (reply,) = harbour.fetch().replies
    assert "closed" in reply.note
    with pytest.raises(DecisionRequired, match="closed"):
        approve(harbour.database, harbour.settings, reply.id, now=NOW)


def test_an_answer_without_words_has_nothing_to_publish(harbour: Harbour, answer: WriteReply) -> None:
    harbour.deliver(answer(""))
    (reply,) = harbour.fetch().replies
    with pytest.raises(UsageError, match="no text"):
        approve(harbour.database, harbour.settings, reply.id, now=NOW)


def test_a_reply_without_an_issue_needs_one_named(harbour: Harbour, answer: WriteReply) -> None:
    harbour.deliver(answer(to="elsewhere@example.org"))
    (reply,) = harbour.fetch().replies
    with pytest.raises(UsageError, match="--issue"):
        approve(harbour.database, harbour.settings, reply.id, now=NOW)
    approve(harbour.database, harbour.settings, reply.id, slug="ferries", now=NOW)
    assert list_replies(harbour.database, slug="ferries")[0].state is ReplyState.APPROVED


def test_two_moderators_at_once_do_not_overrule_each_other(harbour: Harbour, held: Reply) -> None:
    reject(harbour.database, held.id, now=NOW)
    approval = Decision(reply_id=held.id, state=ReplyState.APPROVED, by="", reason="", channel="", at=NOW)
    with pytest.raises(UsageError, match="meanwhile"):
        record_decision(harbour.database, held, approval, slug="ferries")


def test_the_answer_of_a_hostile_name_is_plain(harbour: Harbour, answer: WriteReply) -> None:
    harbour.deliver(answer("<script>alert(1)</script> hi", sender='"<img src=x onerror=alert(1)>" <jo@example.net>'))
    (reply,) = harbour.fetch().replies
    approve(harbour.database, harbour.settings, reply.id, now=NOW)
    (comment,) = read_comments(harbour.settings, "ferries").comments
    assert "<" not in comment.author
    assert comment.text == "<script>alert(1)</script> hi"
