"""Welcome series: each email once, in order, on its day, and none after unsubscribing."""

import email.policy
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path

import pytest

from newsletter.address import Address
from newsletter.audience import add_subscriber, erase_subscriber, find_subscriber_id, unsubscribe
from newsletter.audience.importer import import_csv
from newsletter.database import Database
from newsletter.delivery import DeliveryStatus, open_transport, outbox_messages
from newsletter.delivery.notices import list_notices, plan_welcome_series, send_due_notices
from newsletter.settings import Settings, read_settings
from newsletter.tokens import Keyring
from tests.fresh_database import fresh_database

KEYRING = Keyring((b"k" * 40,))
START = datetime(2026, 11, 3, 12, tzinfo=UTC)
DAY = timedelta(days=1)
TOML = """
[publication]
title = "The Almanac"
postal_address = "1 Long Lane, Porto"
[lists.weekly]
title = "Weekly"
from = "Almanac <news@example.org>"
list_id = "weekly.example.org"
[replies]
domain = "r.example.org"
"""
LETTERS = {
    "1-hello.md": "---\ntitle: Hello\nstatus: ready\n---\nDear {{ subscriber.first_name }}, **hi**.\n",
    "2-tour.md": "---\ntitle: A tour\nstatus: ready\ndays: 3\n---\nLook around.\n",
    "3-draft.md": "---\ntitle: Not yet\ndays: 4\n---\nUnfinished.\n",
}
CODE = """
import sys, pathlib, contextlib
from datetime import UTC, datetime, timedelta
from newsletter.database import open_database
from newsletter.delivery import open_transport, plan_series, post_notices
from newsletter.settings import read_settings
from newsletter.tokens import Keyring
settings = read_settings(pathlib.Path(sys.argv[1]), {})
database = open_database(settings.database_url)
now = datetime.fromisoformat(sys.argv[2])
print("ready", flush=True)
plan_series(database, settings, now)
with contextlib.closing(open_transport(settings)) as transport:
    post_notices(database, Keyring((b"k" * 40,)), settings, transport, clock=lambda: now)
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "newsletter.toml").write_text(TOML)
    folder = tmp_path / "series" / "welcome"
    folder.mkdir(parents=True)
    for name, text in LETTERS.items():
        (folder / name).write_text(text)
    return read_settings(tmp_path, {})


@pytest.fixture
def database(settings: Settings) -> Database:
    opened = fresh_database(settings.database_url)
    plan_welcome_series(opened, settings, START)
    return opened


def join(database: Database, name: str, now: datetime) -> None:
    address = Address.parse(f"{name}@example.net")
    add_subscriber(database, KEYRING, address, "weekly", first_name=name.title(), origin="web", now=now)


def leave(database: Database, name: str, now: datetime) -> None:
    number = find_subscriber_id(database, Address.parse(f"{name}@example.net"))
    assert number is not None
    unsubscribe(database, number, "weekly", origin="mail", now=now)


def post(database: Database, settings: Settings, now: datetime) -> None:
    plan_welcome_series(database, settings, now)
    with closing(open_transport(settings)) as transport:
        posted = send_due_notices(database, KEYRING, settings, transport, clock=lambda: now)
    assert (posted.stopped_by, posted.deferred) == (None, 0)


def taken(settings: Settings) -> list[tuple[str, str]]:
    return [(mail["To"].addresses[0].addr_spec, str(mail["Subject"])) for mail in mails(settings)]


def mails(settings: Settings) -> list[EmailMessage]:
    found = (
        path for path in (settings.var / "outbox").rglob("*") if path.is_file() and "@" in path.read_text("latin-1")
    )
    read = [message_from_bytes(path.read_bytes(), policy=email.policy.default) for path in sorted(found)]
    return [mail for mail in read if isinstance(mail, EmailMessage) and mail["To"]]


def test_emails_are_sent_on_their_day_in_order_and_once(database: Database, settings: Settings) -> None:
    join(database, "ada", START + DAY)
    for hours in range(0, 24 * 9, 12):
        post(database, settings, START + DAY + timedelta(hours=hours))
        expected = ["Hello"] if hours < 72 else ["Hello", "A tour"]
        assert sorted(subject for _, subject in taken(settings)) == sorted(expected)


def test_an_email_is_composed_and_has_an_unsubscribe_link(database: Database, settings: Settings) -> None:
    join(database, "ada", START)
    post(database, settings, START)
    (mail,) = mails(settings)
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert "Dear Ada" in text.get_content()
    assert "<strong" in html.get_content()
    assert "newsletter.invalid" not in mail.as_string()
    assert "u+" in text.get_content()
    assert mail["Auto-Submitted"] == "auto-generated"
    assert not [name for name in mail if name.lower().startswith("list-")]


def test_who_unsubscribes_gets_no_more_not_even_what_was_planned(database: Database, settings: Settings) -> None:
    for name in ("ada", "bob", "eve"):
        join(database, name, START)
    post(database, settings, START)
    leave(database, "ada", START + DAY)
    plan_welcome_series(database, settings, START + 3 * DAY)
    leave(database, "bob", START + 3 * DAY)
    erase_subscriber(database, KEYRING, Address.parse("eve@example.net"), origin="mail", now=START + 3 * DAY)
    post(database, settings, START + 3 * DAY)
    assert Counter(taken(settings)) == {(f"{name}@example.net", "Hello"): 1 for name in ("ada", "bob", "eve")}
    failed = list_notices(database, DeliveryStatus.FAILED)
    assert {notice.reason for notice in failed} == {"the recipient is now unsubscribed"}


def test_who_subscribes_again_is_not_welcomed_twice(database: Database, settings: Settings) -> None:
    join(database, "ada", START)
    post(database, settings, START)
    leave(database, "ada", START + DAY)
    join(database, "ada", START + 2 * DAY)
    post(database, settings, START + 2 * DAY)
    assert taken(settings) == [("ada@example.net", "Hello")]


def test_neither_imported_nor_earlier_subscribers_are_welcomed(
    tmp_path: Path, settings: Settings, database: Database
) -> None:
    join(database, "old", START - 2 * DAY)
    (tmp_path / "people.csv").write_text("email\nann@example.net\n")
    import_csv(database, KEYRING, tmp_path / "people.csv", "weekly", now=START)
    post(database, settings, START + DAY)
    assert taken(settings) == []


def test_an_invalid_email_is_named_and_the_others_are_sent(database: Database, settings: Settings) -> None:
    (settings.root / "series" / "welcome" / "0-broken.md").write_text("---\ntitle: Broken\nstatus: ready\n---\n")
    (settings.root / "series" / "welcome" / "4-odd.md").write_text("---\nstatus: ready\ndays: soon\n---\nX\n")
    join(database, "ada", START)
    found = plan_welcome_series(database, settings, START)
    assert [finding.file for finding in found.findings] == [
        "series/welcome/0-broken.md",
        "series/welcome/4-odd.md",
    ]
    assert found.planned == 1


@pytest.mark.slow
def test_a_kill_at_any_instant_sends_nothing_twice(database: Database, settings: Settings) -> None:
    names = [f"reader{number}" for number in range(12)]
    for name in names:
        join(database, name, START)
    for number in range(5):
        command = [sys.executable, "-c", CODE, str(settings.root), START.isoformat()]
        process = subprocess.Popen(command, stdout=subprocess.PIPE)
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(0.05 + 0.11 * number)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
    post(database, settings, START)
    assert Counter(taken(settings)) == {(f"{name}@example.net", "Hello"): 1 for name in names}
    assert {notice.status for notice in list_notices(database)} == {DeliveryStatus.SUBMITTED}
    assert len(list(outbox_messages(settings.var / "outbox"))) == len(names)
