"""Consented clicks on SQLite and on PostgreSQL, also with concurrent transactions."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import insert, text

from newsletter import audience
from newsletter.address import Address
from newsletter.app import consent_to_click_tracking, withdraw_click_tracking
from newsletter.audience import (
    ConsentProof,
    add_subscriber,
    find_subscriber_id,
    read_subscriber_record,
    with_click_consent,
)
from newsletter.database import Database
from newsletter.delivery.message.click_links import ClickLink, store_click_links
from newsletter.delivery.queue.claim import recipients_query
from newsletter.feedback import (
    AttributedClick,
    CountedClicks,
    delete_personal_clicks,
    list_personal_clicks,
    save_clicks,
)
from newsletter.feedback.tables import personal_clicks
from newsletter.tokens import Keyring
from tests.fresh_database import fresh_database
from tests.postgres import new_postgres_database

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
TODAY = NOW.date()
KEYRING = Keyring((b"k" * 32,))
ADA = Address("ada", "example.org")
LINK = ClickLink(key="a" * 16, mailing_id=1, url="https://books.example/", slug="lamp")
PATIENCE = 60.0


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """One mailing to Ada and Bob, deliveries 1 and 2, with one link."""
    if request.param == "sqlite":
        opened = fresh_database(f"sqlite:///{tmp_path / 'newsletter.db'}", busy_seconds=PATIENCE)
        yield filled(opened)
        opened.close()
        return
    with new_postgres_database(request.getfixturevalue("postgres")) as url:
        opened = fresh_database(url, busy_seconds=PATIENCE)
        yield filled(opened)
        opened.close()


def filled(database: Database) -> Database:
    for name in ("ada", "bob"):
        add_subscriber(database, KEYRING, Address(name, "example.org"), "weekly", origin="test", now=NOW)
    with database.write() as connection:
        connection.execute(
            text("INSERT INTO editions (digest, frozen, created_at) VALUES ('e', '{}', :now)"), {"now": NOW}
        )
        connection.execute(
            text(
                "INSERT INTO mailings (id, kind, slug, list_name, edition_digest, transport, created_at) "
                "VALUES (1, 'issue', 'lamp', 'weekly', 'e', 'outbox', :now)"
            ),
            {"now": NOW},
        )
        for number in (1, 2):
            connection.execute(
                text("INSERT INTO deliveries (id, mailing_id, subscriber_id, status) VALUES (:n, 1, :n, 'submitted')"),
                {"n": number},
            )
    store_click_links(database, [LINK])
    return database


def ada(database: Database) -> int:
    number = find_subscriber_id(database, ADA)
    assert number == 1
    return number


def agree(database: Database) -> None:
    assert consent_to_click_tracking(
        database, ada(database), origin="web", proof=ConsentProof(consent_text="May we?"), now=NOW
    )


def follow(database: Database, *deliveries: int) -> None:
    follows = frozenset(AttributedClick(LINK.key, number, TODAY) for number in deliveries)
    save_clicks(database, CountedClicks(clicks=Counter({(LINK.key, TODAY): 1}), attributed=follows))


def kept(database: Database) -> list[int]:
    with database.read() as connection:
        return list(connection.scalars(text("SELECT subscriber_id FROM personal_clicks ORDER BY 1")))


def sums(database: Database) -> list[int]:
    with database.read() as connection:
        return list(connection.scalars(text("SELECT number FROM clicks")))


def test_clicks_are_kept_only_while_a_reader_consents(database: Database) -> None:
    follow(database, 1, 2)
    assert kept(database) == []
    agree(database)
    for _ in range(2):
        follow(database, 1, 2, 999)
    assert kept(database) == [1]
    (click,) = list_personal_clicks(database, 1)
    assert (click.slug, click.url, click.day) == ("lamp", LINK.url, TODAY)
    assert withdraw_click_tracking(database, 1, origin="web", proof=ConsentProof(), now=NOW)
    assert kept(database) == []
    follow(database, 1)
    assert (kept(database), sums(database)) == ([], [4])
    record = read_subscriber_record(database, KEYRING, ADA)
    assert record is not None
    assert [item.act for item in record.subscriptions[0][1]] == ["confirmed", "clicks agreed", "clicks withdrawn"]


def test_a_claim_knows_who_consents(database: Database) -> None:
    agree(database)
    with database.read() as connection:
        people: object = [1, 2] if connection.dialect.name == "postgresql" else json.dumps([1, 2])
        results = recipients_query("weekly", connection.dialect.name).fetch(connection, {"people": people})
    assert {row[0]: bool(row[-1]) for row in results} == {1: True, 2: False}


def test_withdrawing_consent_waits_for_clicks_being_written_and_deletes_them_too(database: Database) -> None:
    agree(database)
    with database.write() as connection:
        assert with_click_consent(connection, {(1, "weekly")})
        other = Thread(
            target=withdraw_click_tracking,
            args=(database, 1),
            kwargs={"origin": "web", "proof": ConsentProof(), "now": NOW},
        )
        other.start()
        other.join(0.3)
        connection.execute(insert(personal_clicks), {"subscriber_id": 1, "link": LINK.key, "day": TODAY})
    other.join(PATIENCE)
    assert not other.is_alive()
    assert kept(database) == []


def test_no_click_is_written_while_consent_is_being_withdrawn(database: Database) -> None:
    agree(database)
    with database.write() as connection:
        audience.withdraw_click_consent(connection, 1, origin="web", proof=ConsentProof(), now=NOW)
        delete_personal_clicks(connection, 1)
        other = Thread(target=follow, args=(database, 1))
        other.start()
        other.join(0.3)
    other.join(PATIENCE)
    assert not other.is_alive()
    assert (kept(database), sums(database)) == ([], [1])
