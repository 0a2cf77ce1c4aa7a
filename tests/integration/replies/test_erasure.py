"""A person's whole record, and their erasure: in the roster, the ledger, the replies, var/ and the comments."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter import app
from newsletter.address import Address
from newsletter.app.readers.personal_data import ErasureResult
from newsletter.audience import SuppressionReason, add_subscriber, read_subscriber_record
from newsletter.content import read_comments
from newsletter.delivery.notices import list_notices
from newsletter.errors import DecisionRequired
from newsletter.replies import Reply, approve, list_replies, reject
from newsletter.replies import answer_reply as answer_reader
from tests.acceptance.command_runner import environment, run_command
from tests.integration.replies.conftest import NOW, Harbour
from tests.integration.stats.history import report

JO = Address.parse("jo@example.net")
ROOT = Path(__file__).parents[3]
Mail = Callable[..., str]


@pytest.fixture
def talk(harbour: Harbour, answer: Mail) -> Reply:
    """Jo has written a published comment, a private word and an auto-reply; Ada has written too."""
    harbour.deliver(answer("I own two ferries."))
    harbour.deliver(answer("private\n\nDo not tell Jo Winter's secret.", message_id="<2@x>"), "2.eml")
    harbour.deliver(answer("Away.", headers="Auto-Submitted: auto-replied\n", message_id="<3@x>"), "3.eml")
    ada = answer("I own none.", to=harbour.address(2), sender="Ada <ada@example.net>", message_id="<4@x>")
    harbour.deliver(ada, "4.eml")
    harbour.fetch()
    first = next(reply for reply in list_replies(harbour.database) if "two ferries" in reply.text)
    approve(harbour.database, harbour.settings, first.id, keyring=harbour.keyring, now=NOW)
    return first


def _erase(harbour: Harbour) -> ErasureResult:
    return app.erase_person(harbour.database, harbour.keyring, harbour.settings, JO, origin="test", now=NOW)


def _left_of_jo(harbour: Harbour) -> list[str]:
    """Return where Jo can still be read: in any file of the publication, the database's among them."""
    harbour.database.close()
    needles = (b"jo@example.net", b"Jo Winter", b"two ferries", b"Winter's secret")
    found = []
    for path in harbour.settings.root.rglob("*"):
        if path.is_file() and "answers" not in path.parts:
            found += [f"{path.name}: {needle.decode()}" for needle in needles if needle in path.read_bytes()]
    return found


def test_nothing_of_an_erased_person_is_left_anywhere(harbour: Harbour, talk: Reply) -> None:
    erased = _erase(harbour)
    assert (erased.was_known, erased.replies) == (True, 3)
    assert [path.name for path in erased.tombstones] == [f"2025-03-03-{talk.id}.md"]
    assert _left_of_jo(harbour) == []


def test_a_comment_of_an_erased_person_is_a_tombstone(harbour: Harbour, talk: Reply) -> None:
    _erase(harbour)
    (comment,) = read_comments(harbour.settings, "ferries").comments
    assert (comment.id, comment.is_withdrawn, comment.author, comment.text) == (talk.id, True, "", "")


def test_others_keep_what_is_theirs(harbour: Harbour, talk: Reply) -> None:
    _erase(harbour)
    assert [reply.from_address for reply in list_replies(harbour.database) if reply.text] == ["ada@example.net"]
    assert len(list((harbour.settings.var / "replies").glob("*.eml"))) == 1


def test_erasing_again_changes_nothing(harbour: Harbour, talk: Reply) -> None:
    _erase(harbour)
    again = _erase(harbour)
    assert (again.was_known, again.replies, again.tombstones, again.notices) == (False, 0, (), 0)
    record = read_subscriber_record(harbour.database, harbour.keyring, JO)
    assert record is not None
    assert record.suppression is not None
    assert record.suppression.reason is SuppressionReason.ERASED


def test_mail_of_an_erased_person_does_not_come_in_again(harbour: Harbour, answer: Mail, talk: Reply) -> None:
    _erase(harbour)
    harbour.deliver(answer("I own two ferries."), "again.eml")
    fetched = harbour.fetch()
    assert (fetched.replies, fetched.known) == ((), 5)  # the Maildir still holds them, as the author's own does


def test_what_is_due_to_an_erased_person_is_not_sent(harbour: Harbour, talk: Reply) -> None:
    answer_reader(harbour.database, harbour.settings, talk.id, "Which two?", is_private=True, now=NOW)
    assert [notice.recipient for notice in list_notices(harbour.database)] == ["jo@example.net"] * 2
    assert _erase(harbour).notices == 2
    assert list_notices(harbour.database) == ()


def test_a_friends_answer_to_a_forwarded_letter_is_named_and_stays(harbour: Harbour, answer: Mail) -> None:
    harbour.deliver(answer("Jo forwarded me this.", sender="Kim <kim@example.com>"))
    harbour.fetch()
    record = app.collect_personal_data(harbour.database, harbour.keyring, harbour.settings, JO)
    assert [reply.from_address for reply in record.elsewhere] == ["kim@example.com"]
    _erase(harbour)
    assert list_replies(harbour.database)[0].text == "Jo forwarded me this."


def test_a_record_tells_what_every_station_holds(harbour: Harbour, talk: Reply) -> None:
    (line,) = app.collect_personal_data(harbour.database, harbour.keyring, harbour.settings, JO).deliveries
    report(harbour.database, 1, [line.id], "delivered")
    record = app.collect_personal_data(harbour.database, harbour.keyring, harbour.settings, JO)
    assert [line.slug for line in record.deliveries] == ["ferries"]
    (delivery,) = app.personal_data_json(JO, record)["deliveries"]
    assert [fact["kind"] for fact in delivery["reported"]] == ["delivered"]
    assert {reply.state for reply in record.replies} == {"approved", "private", "ignored"}
    assert [notice.kind for notice in record.notices] == ["published"]
    assert len(record.raw_mails) == 3


KILL_POINTS = (
    "suppressions.py:suppress:return",
    "erasure.py:erase_recipient:return",
    "comments.py:write_tombstone:return",
    "queries.py:mark_withdrawn:call",
    "queries.py:mark_withdrawn:return",
    "queries.py:erase_personal_columns:return",
    "display_names.py:delete_display_name:return",
    "subscriptions.py:erase_subscriber:call",
    "subscriptions.py:erase_subscriber:return",
)


@pytest.mark.slow
@pytest.mark.parametrize("step", KILL_POINTS)
def test_an_erasure_that_was_killed_is_finished_by_saying_it_again(harbour: Harbour, talk: Reply, step: str) -> None:
    command = ["subscribers", "erase", "jo@example.net", "--yes"]
    environs = {"NEWSLETTER_SECRET_KEY": "k" * 40, "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    killed = subprocess.run(
        [sys.executable, "-m", "tests.acceptance.kill_points", step, "1", *command],
        cwd=harbour.settings.root, env=environs, capture_output=True, check=False,
    )  # fmt: skip
    assert killed.returncode == -9, killed
    own = environment(NEWSLETTER_SECRET_KEY="k" * 40, PATH=os.environ["PATH"])
    again = run_command(command, cwd=harbour.settings.root, environment=own)
    assert again.returncode == 0, again
    assert all(reply.from_address != "jo@example.net" and "ferries" not in reply.text
               for reply in list_replies(harbour.database))  # fmt: skip
    assert len(list((harbour.settings.var / "replies").glob("*.eml"))) == 1
    assert read_comments(harbour.settings, "ferries").comments[0].is_withdrawn
    assert _erase(harbour).replies == 0


def test_an_erased_person_is_not_added_by_mistake(harbour: Harbour, talk: Reply) -> None:
    _erase(harbour)
    with pytest.raises(DecisionRequired, match="erased"):
        add_subscriber(harbour.database, harbour.keyring, JO, "weekly", origin="test", now=NOW)


def _keeping(harbour: Harbour, days: int) -> Harbour:
    replies = harbour.settings.replies.model_copy(update={"keep_raw_days": days})
    return replace(harbour, settings=harbour.settings.model_copy(update={"replies": replies}))


def _mails(harbour: Harbour) -> int:
    return len(list((harbour.settings.var / "replies").glob("*.eml")))


def test_a_raw_mail_is_kept_for_its_time_after_the_decision(harbour: Harbour, answer: Mail) -> None:
    harbour.deliver(answer())
    place = _keeping(harbour, 30)
    place.fetch()
    decided = NOW + timedelta(days=100)
    reject(place.database, list_replies(place.database)[0].id, now=decided)
    assert place.fetch(decided + timedelta(days=29)).dropped == 0
    assert place.fetch(decided + timedelta(days=30)).dropped == 1
    assert _mails(place) == 0
    assert list_replies(place.database)[0].text == "I own two."


@pytest.mark.parametrize("said", ["I own two.", "private\n\nI own two."])
def test_a_raw_mail_is_never_dropped_before_a_decision(harbour: Harbour, answer: Mail, said: str) -> None:
    harbour.deliver(answer(said))
    place = _keeping(harbour, 1)
    place.fetch()
    assert place.fetch(NOW + timedelta(days=5_000)).dropped == 0
    assert _mails(place) == 1


def test_with_0_days_raw_mail_is_kept_for_good(harbour: Harbour, answer: Mail) -> None:
    harbour.deliver(answer(headers="Auto-Submitted: auto-replied\n"))
    place = _keeping(harbour, 0)
    place.fetch()
    assert place.fetch(NOW + timedelta(days=5_000)).dropped == 0
    assert _mails(place) == 1


def test_a_dropped_mail_is_known_when_it_comes_again(harbour: Harbour, answer: Mail) -> None:
    mail = answer(headers="Auto-Submitted: auto-replied\n")
    harbour.deliver(mail)
    place = _keeping(harbour, 1)
    place.fetch()
    harbour.deliver(mail, "2.eml")
    again = place.fetch(NOW + timedelta(days=2))
    assert (again.known, again.dropped, _mails(place)) == (2, 1, 0)


@pytest.mark.slow
def test_the_command_says_what_is_left_to_its_author(harbour: Harbour, talk: Reply) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        own = environment(NEWSLETTER_SECRET_KEY="k" * 40, PATH=os.environ["PATH"])
        return run_command(["subscribers", *arguments], cwd=harbour.settings.root, environment=own)

    held = "1 subscription, 3 replies and 1 notice"
    assert held in run("erase", "jo@example.net", "--dry-run").stdout
    assert '"replies":[{' in run("show", "jo@example.net", "--json").stdout
    first = run("erase", "jo@example.net", "--yes")
    assert held in first.stdout
    assert f"{talk.id}.md is a tombstone now" in first.stdout
    assert "in your mailbox" in first.stderr
    again = run("erase", "jo@example.net", "--yes")
    assert (again.returncode, "was not known" in again.stdout) == (0, True)
    assert "suppressed: erased" in run("show", "jo@example.net").stdout
