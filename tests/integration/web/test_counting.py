"""Counted links at the door: who is led where, and who is counted."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.types import Message, Scope

from newsletter.database import open_database, upgrade
from newsletter.delivery.counted import CountedLink, keep_links
from newsletter.feedback import ClickCounter, add_clicks
from newsletter.settings import read_settings
from newsletter.tokens import Keyring
from newsletter.web.app import make_app
from newsletter.web.counting import Bookkeeper
from newsletter.web.leavings import Leavings
from newsletter.web.limits import Limit
from newsletter.web.office import Limits, Office
from newsletter.web.pages import Pages
from newsletter.writing import make_publication

LINK = CountedLink(key="abcdefghijklmnop", mailing_id=1, url="https://books.example/a?b=1&c=%C3%A9#d")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """An office that counts, with one link."""
    make_publication(tmp_path)
    settings = read_settings(tmp_path, {})
    with closing(open_database(f"sqlite:///{tmp_path / 'n.db'}")) as database:
        upgrade(database)
        with database.write() as connection:
            connection.execute(
                text("INSERT INTO editions (digest, frozen, created_at) VALUES ('d', '{}', '2026-11-24 12:00:00')")
            )
            connection.execute(
                text(
                    "INSERT INTO mailings (id, kind, slug, list_name, edition_digest, transport, created_at) "
                    "VALUES (1, 'issue', 's', 'l', 'd', 'outbox', '2026-11-24 12:00:00')"
                )
            )
        keep_links(database, [LINK])
        keep_links(database, [LINK])
        yield Office(
            settings=settings,
            database=database,
            keyring=Keyring((b"k" * 32,)),
            pages=Pages(settings, ""),
            limits=Limits(all_forms=Limit(10, 60)),
            leavings=Leavings(lambda _: None),
            wake=lambda: None,
            clicks=ClickCounter(),
        )


def ask(
    office: Office, path: str, method: str = "GET", client: str = "198.51.100.7", **told: str
) -> dict[str, str]:
    """Ask the application itself; returns the status and the headers of its answer."""
    app = make_app(office)
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        sent.append(message)

    said = {"user-agent": FIREFOX, **{name.replace("_", "-"): value for name, value in told.items()}}
    scope: Scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path,
        "raw_path": path.encode(), "query_string": b"", "root_path": "", "scheme": "http",
        "headers": [(name.encode(), value.encode()) for name, value in said.items()], "client": (client, 1),
        "server": ("x", 80),
    }  # fmt: skip
    asyncio.run(app(scope, receive, send))
    start = next(message for message in sent if message["type"] == "http.response.start")
    return {"status": str(start["status"]), **{name.decode(): value.decode() for name, value in start["headers"]}}


def counted(office: Office) -> int:
    assert office.clicks is not None
    return office.clicks.take().total()


def test_a_reader_is_led_on_counted_once_and_told_nothing(office: Office) -> None:
    for _ in range(3):
        answer = ask(office, "/c/abcdefghijklmnop")
    assert (answer["status"], answer["location"]) == ("302", LINK.url)
    assert (answer["cache-control"], answer["referrer-policy"]) == ("no-store", "no-referrer")
    assert "set-cookie" not in answer
    assert counted(office) == 1


def test_a_machine_is_led_on_and_not_counted(office: Office) -> None:
    for answer in (
        ask(office, "/c/abcdefghijklmnop", "HEAD"),
        ask(office, "/c/abcdefghijklmnop", user_agent="curl/8.5"),
        ask(office, "/c/abcdefghijklmnop", user_agent=""),
        ask(office, "/c/abcdefghijklmnop", sec_purpose="prefetch"),
    ):
        assert (answer["status"], answer["location"]) == ("302", LINK.url)
    assert counted(office) == 0


@pytest.mark.parametrize(
    "token", ["abcdefghijklmnoq", "https:%2F%2Fevil.example", "ABCDEFGHIJKLMNOP", "'--", "a" * 5000, "é"]
)
def test_what_no_letter_carried_leads_nowhere(office: Office, token: str) -> None:
    answer = ask(office, f"/c/{token}")
    assert (answer["status"], answer.get("location")) == ("404", None)
    assert counted(office) == 0


def test_only_asking_for_it_follows_a_link(office: Office) -> None:
    assert ask(office, "/c/abcdefghijklmnop", "POST")["status"] == "405"


def test_what_was_counted_is_written_down_at_the_end_and_added_to_what_was(office: Office) -> None:
    assert office.clicks is not None
    today = datetime.now(UTC).date()
    add_clicks(office.database, Counter({(LINK.key, today): 2}))
    bookkeeper = Bookkeeper(office.database, office.clicks)
    bookkeeper.start()
    for number in range(3):
        ask(office, "/c/abcdefghijklmnop", client=f"203.0.113.{number}")
    bookkeeper.stop()
    with office.database.read() as connection:
        rows = connection.execute(text("SELECT link, number FROM clicks")).all()
    assert sum(row.number for row in rows) == 5
    assert {row.link for row in rows} == {LINK.key}
