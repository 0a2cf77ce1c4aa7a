"""Stored mail is extracted anew when an extractor reads better."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from newsletter.content import comment_path, read_comments
from newsletter.replies import Reply, approve, list_replies, reread_replies
from tests.integration.replies.conftest import NOW, Harbour

Mail = Callable[..., str]


def _read_badly(harbour: Harbour) -> Reply:
    """Make the one reply look as an older extractor would have left it."""
    change = sa.text("update replies set extractor = 1, text = 'I own two.\n\nSent from my hip'")
    with harbour.database.write() as connection:
        connection.execute(change)
    (reply,) = list_replies(harbour.database)
    return reply


@pytest.fixture
def badly(harbour: Harbour, answer: Mail) -> Reply:
    harbour.deliver(answer())
    harbour.fetch()
    return _read_badly(harbour)


def test_what_waits_and_was_read_by_an_older_extractor_is_read_again(harbour: Harbour, badly: Reply) -> None:
    (one,) = reread_replies(harbour.database, harbour.settings)
    assert one.is_changed
    (reply,) = list_replies(harbour.database)
    assert (reply.text, reply.extractor > 1) == ("I own two.", True)
    assert reread_replies(harbour.database, harbour.settings) == ()


def test_a_dry_run_changes_nothing(harbour: Harbour, badly: Reply) -> None:
    assert reread_replies(harbour.database, harbour.settings, is_dry_run=True)[0].reply.text == "I own two."
    assert list_replies(harbour.database) == (badly,)


def test_a_published_comment_changes_only_when_it_is_named(harbour: Harbour, badly: Reply) -> None:
    approve(harbour.database, harbour.settings, badly.id, now=NOW)
    assert reread_replies(harbour.database, harbour.settings) == ()
    reread_replies(harbour.database, harbour.settings, [badly.id])
    assert read_comments(harbour.settings, "ferries").comments[0].text.strip() == "I own two."


def test_what_the_author_changed_in_a_comment_stays(harbour: Harbour, badly: Reply) -> None:
    approve(harbour.database, harbour.settings, badly.id, now=NOW)
    path = comment_path(harbour.settings, "ferries", badly.id)
    assert path is not None
    path.write_text(path.read_text().replace("I own two.", "I own two ferries."))
    (one,) = reread_replies(harbour.database, harbour.settings, [badly.id])
    assert "left alone" in one.remark
    assert "two ferries" in path.read_text()


def test_without_its_raw_mail_a_reply_stays_as_it_is(harbour: Harbour, badly: Reply) -> None:
    for path in (harbour.settings.var / "replies").iterdir():
        path.unlink()
    (one,) = reread_replies(harbour.database, harbour.settings)
    assert "no longer exists" in one.remark
    assert list_replies(harbour.database)[0].text == badly.text
