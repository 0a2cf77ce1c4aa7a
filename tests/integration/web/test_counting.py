"""Counted links at the door: who is led where, and who is counted."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from newsletter.delivery.counted import CountedLink, keep_links
from newsletter.feedback import ClickCounter, Counted, write_clicks
from newsletter.web.counting import Bookkeeper
from newsletter.web.office import Office
from tests.integration.web.inside import Said, ask, office_at

LINK = CountedLink(key="abcdefghijklmnop", mailing_id=1, url="https://books.example/a?b=1&c=%C3%A9#d")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An office that counts, with one link."""
    office = office_at(tmp_path, ClickCounter())
    with closing(office.database):
        with office.database.write() as connection:
            connection.execute(
                text("INSERT INTO editions (digest, frozen, created_at) VALUES ('d', '{}', '2026-11-24 12:00:00')")
            )
            connection.execute(
                text(
                    "INSERT INTO mailings (id, kind, slug, list_name, edition_digest, transport, created_at) "
                    "VALUES (1, 'issue', 's', 'l', 'd', 'outbox', '2026-11-24 12:00:00')"
                )
            )
        keep_links(office.database, [LINK])
        keep_links(office.database, [LINK])
        yield office


def follow(office: Office, path: str, method: str = "GET", user_agent: str = FIREFOX, **told: str) -> Said:
    """Follow a link with a reader's browser."""
    return ask(office, path, method, user_agent=user_agent, **told)


def counted(office: Office) -> int:
    assert office.clicks is not None
    return office.clicks.take().clicks.total()


def test_a_reader_is_led_on_counted_once_and_told_nothing(office: Office) -> None:
    for _ in range(3):
        answer = follow(office, "/c/abcdefghijklmnop")
    assert (answer.status, answer.headers["location"]) == (302, LINK.url)
    assert (answer.headers["cache-control"], answer.headers["referrer-policy"]) == ("no-store", "no-referrer")
    assert "set-cookie" not in answer.headers
    assert counted(office) == 1


def test_a_machine_is_led_on_and_not_counted(office: Office) -> None:
    for answer in (
        follow(office, "/c/abcdefghijklmnop", "HEAD"),
        follow(office, "/c/abcdefghijklmnop", user_agent="curl/8.5"),
        follow(office, "/c/abcdefghijklmnop", user_agent=""),
        follow(office, "/c/abcdefghijklmnop", sec_purpose="prefetch"),
    ):
        assert (answer.status, answer.headers["location"]) == (302, LINK.url)
    assert counted(office) == 0


@pytest.mark.parametrize(
    "token", ["abcdefghijklmnoq", "https:%2F%2Fevil.example", "ABCDEFGHIJKLMNOP", "'--", "a" * 5000, "é"]
)
def test_what_no_letter_carried_leads_nowhere(office: Office, token: str) -> None:
    answer = follow(office, f"/c/{token}")
    assert (answer.status, answer.headers.get("location")) == (404, None)
    assert counted(office) == 0


def test_only_asking_for_it_follows_a_link(office: Office) -> None:
    assert follow(office, "/c/abcdefghijklmnop", "POST").status == 405


def test_what_was_counted_is_written_down_at_the_end_and_added_to_what_was(office: Office) -> None:
    assert office.clicks is not None
    today = datetime.now(UTC).date()
    write_clicks(office.database, Counted(clicks=Counter({(LINK.key, today): 2})))
    bookkeeper = Bookkeeper(office.database, office.clicks)
    bookkeeper.start()
    for number in range(3):
        follow(office, "/c/abcdefghijklmnop", client=f"203.0.113.{number}")
    bookkeeper.stop()
    with office.database.read() as connection:
        rows = connection.execute(text("SELECT link, number FROM clicks")).all()
    assert sum(row.number for row in rows) == 5
    assert {row.link for row in rows} == {LINK.key}
