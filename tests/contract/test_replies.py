"""Replies, decisions, answers and notices on SQLite and on PostgreSQL."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from newsletter import app
from newsletter.address import Address
from newsletter.audience import add_subscriber, ensure_lists
from newsletter.content import read_comments
from newsletter.database import open_database, upgrade
from newsletter.delivery import DeliveryStatus, find_delivery, open_transport
from newsletter.delivery.notices import list_notices, send_due_notices
from newsletter.delivery.queue import start_mailing
from newsletter.replies import (
    ReplyState,
    answer_reply,
    approve,
    list_replies,
    plan_digest,
    reject,
    show_reply,
    withdraw_reply,
)
from newsletter.replies.store.display_names import find_display_name, save_display_name
from tests.integration.replies.conftest import NOW, Harbour, harbour, sandbox  # noqa: F401 - fixtures
from tests.postgres import new_postgres_database


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, harbour: Harbour) -> Iterator[Harbour]:  # noqa: F811
    if request.param == "sqlite":
        yield harbour
        return
    with new_postgres_database(request.getfixturevalue("postgres")) as url:
        database = open_database(url)
        upgrade(database)
        ensure_lists(database, ["weekly"])
        for address in ("jo@example.net", "ada@example.net"):
            add_subscriber(database, harbour.keyring, Address.parse(address), "weekly", origin="test", now=NOW)
        sent = find_delivery(harbour.database, 1)
        assert sent is not None
        start_mailing(database, sent.edition, transport="outbox", now=NOW)
        yield replace(harbour, database=database)
        database.close()


def test_a_reply_becomes_a_comment_and_a_tombstone_on_every_database(place: Harbour, tmp_path: Path) -> None:
    to = place.address()
    for number, output in enumerate(
        ("One.", "Two.", "One more, and https://a.example https://b.example https://c.example")
    ):
        place.deliver(
            f"From: Jo <jo@example.net>\nTo: <{to}>\nSubject: Re: x\nMessage-ID: <{number}@x>\n\n{output}\n",
            f"{number}.eml",
        )
    assert len(place.fetch().replies) == 3
    assert place.fetch().known == 3
    first, second, third = list_replies(place.database, state=ReplyState.HELD)
    assert "3 links" in third.note
    moderated = replace(
        place,
        settings=place.settings.model_copy(
            update={"replies": place.settings.replies.model_copy(update={"moderators": (Address.parse("a@x.org"),)})}
        ),
    )
    assert plan_digest(place.database, place.keyring, moderated.settings, now=NOW)
    assert not plan_digest(place.database, place.keyring, moderated.settings, now=NOW + timedelta(days=1))
    approve(place.database, place.settings, first.id, by="Ed", keyring=place.keyring, now=NOW)
    reject(place.database, second.id, by="Ed", reason="no", now=NOW)
    answered = answer_reply(place.database, place.settings, first.id, "Thank you.", now=NOW)
    assert answered.path is not None
    assert not answer_reply(place.database, place.settings, first.id, "Thank you.", now=NOW).is_new
    with closing(open_transport(place.settings)) as transport:
        posted = send_due_notices(place.database, place.keyring, place.settings, transport, clock=lambda: NOW)
    assert [notice.kind for notice in posted.submitted] == ["digest", "published", "answer"]
    assert {notice.status for notice in list_notices(place.database)} == {DeliveryStatus.SUBMITTED}
    shown = show_reply(place.database, place.settings, first.id)
    assert (shown.history.rejected, shown.decisions[0].by) == (1, "Ed")
    save_display_name(place.database, 1, "J.", NOW)
    save_display_name(place.database, 1, "J. W.", NOW)
    assert find_display_name(place.database, 1) == "J. W."
    withdraw_reply(place.database, place.settings, first.id, is_erased=True, now=NOW)
    stone, reply = read_comments(place.settings, "ferries").comments
    assert (stone.is_withdrawn, reply.is_by_author) == (True, True)


def test_a_person_is_erased_on_every_database(place: Harbour) -> None:
    place.deliver(f"From: Jo <jo@example.net>\nTo: <{place.address()}>\nMessage-ID: <1@x>\n\nI own two.\n")
    place.fetch()
    (held,) = list_replies(place.database)
    approve(place.database, place.settings, held.id, by="Ed", keyring=place.keyring, now=NOW)
    save_display_name(place.database, 1, "J. W.", NOW)
    jo = Address.parse("jo@example.net")
    whole = app.collect_personal_data(place.database, place.keyring, place.settings, jo)
    assert (len(whole.deliveries), len(whole.replies), len(whole.notices)) == (1, 1, 1)
    erased = app.erase_person(place.database, place.keyring, place.settings, jo, origin="test", now=NOW)
    assert (erased.replies, erased.notices, len(erased.tombstones)) == (1, 1, 1)
    (row,) = list_replies(place.database)
    assert (row.from_address, row.author, row.text, find_display_name(place.database, 1)) == ("", "", "", "")
    again = app.collect_personal_data(place.database, place.keyring, place.settings, jo)
    assert (again.deliveries, again.replies, again.notices) == ((), (), ())
