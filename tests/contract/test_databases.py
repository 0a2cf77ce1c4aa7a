"""The audience and the database engine keep their promises on SQLite and on PostgreSQL."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import JSON, Column, Integer, MetaData, Table, Text, insert, make_url, select, text
from sqlalchemy.exc import DBAPIError

from newsletter.address import Address
from newsletter.audience import (
    SuppressionReason,
    add_subscriber,
    candidates,
    count_lists,
    ensure_lists,
    erase_subscriber,
    find_subscriber_id,
    lift_suppression,
    list_members,
    list_suppressions,
    read_subscriber_record,
    suppress,
    unsubscribe,
)
from newsletter.audience.importer import RowStatus, import_csv
from newsletter.audience.importer.dedupe import Batch
from newsletter.audience.importer.staging_tables import known_rows, staged
from newsletter.audience.tables import metadata
from newsletter.database import Database, open_database, upgrade
from newsletter.delivery.notices import list_notices, plan_welcome_series
from newsletter.errors import DatabaseBusy, SettingsError, TemporaryError
from newsletter.feedback.tables import metadata as feedback_metadata
from newsletter.settings import Settings
from newsletter.tokens import Keyring
from tests.fresh_database import fresh_database
from tests.integration.feedback.ledger import open_ledger
from tests.postgres import new_postgres_database

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)
KEYRING = Keyring((b"k" * 32,))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'newsletter.db'}"
        return
    with new_postgres_database(request.getfixturevalue("postgres")) as made:
        yield made


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = fresh_database(url, busy_seconds=0.3)
    yield opened
    opened.close()


def exclusion_reasons(database: Database) -> dict[str, str | None]:
    with database.read() as connection:
        return {row.address: row.exclusion for row in connection.execute(candidates("weekly"))}


def _touch_lists(database: Database) -> None:
    with database.write() as connection:
        connection.execute(text("UPDATE lists SET name = 'weekly'"))


def add(database: Database, name: str, list_name: str = "weekly") -> int:
    add_subscriber(database, KEYRING, Address(name, "example.org"), list_name, origin="command line", now=NOW)
    number = find_subscriber_id(database, Address(name, "example.org"))
    assert number is not None
    return number


@pytest.mark.parametrize("metadata", [metadata, feedback_metadata], ids=["audience", "feedback"])
def test_the_tables_are_what_the_migrations_make(database: Database, metadata: MetaData) -> None:
    def is_ours(_thing: Any, name: str | None, kind: str, _reflected: bool, other: Any) -> bool:
        return kind != "table" or name in metadata.tables

    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": is_ours, "compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_events_have_the_same_effect_on_every_database(url: str, tmp_path: Path) -> None:
    with open_ledger(tmp_path, url=url, pause_after=1, pause_least_bounces=1, pause_bounces=0.5) as ledger:
        first, second, third = ledger.numbers()
        ledger.put("uncertain", numbers=[first])
        result = (
            ledger.event("Send", first),
            ledger.event("Bounce", first),
            ledger.event("Bounce", second),
            ledger.event("Bounce", third, type="Transient", subtype="MailboxFull", status="5.2.2"),
            ledger.event("Delivery", third),
            "poison",
        )
        arrived = ledger.take(*result)
        assert (arrived.received, arrived.new, arrived.applied.settled, arrived.applied.suppressed) == (6, 6, 3, 2)
        assert [trip.bounced for trip in arrived.applied.trips] == [2]
        assert ledger.take(*reversed(result)).new == 0
        assert {name for _, name, *_ in ledger.facts()} == {"bounced", "delivered"}
        assert len(ledger.facts()) == 4
        assert ledger.suppressed() == {"reader1@example.net": "bounced", "reader2@example.net": "bounced"}


def test_processes_may_upgrade_at_once(url: str) -> None:
    program = (
        "import sys; from newsletter.database import open_database, upgrade\n"
        "sys.stdin.readline(); upgrade(open_database(sys.argv[1]))"
    )
    racers = [
        subprocess.Popen([sys.executable, "-c", program, url], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    errors = [racer.communicate("go\n")[1] for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0, 0], errors


def test_a_repeated_import_resubscribes_nobody(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "people.csv"
    path.write_text(
        "email,first_name,city,status\nada@example.org,Ådá,Łódź,\nbob@example.org,Bob,Ghent,pending\n"
        "cat@example.org,Cat,,unsubscribed\ndan@example.org,Dan,,bounced\neve@example.org,Eve,,\n",
        encoding="utf-8",
    )
    first = import_csv(database, KEYRING, path, "weekly", now=NOW)
    assert first.counts == {RowStatus.ADDED: 3, RowStatus.KEPT_OUT: 2}
    number = find_subscriber_id(database, Address("eve", "example.org"))
    assert number is not None
    unsubscribe(database, number, "weekly", origin="mail", now=NOW)
    expected = {
        "ada@example.org": None,
        "bob@example.org": "pending",
        "cat@example.org": "unsubscribed",
        "dan@example.org": "suppressed",
        "eve@example.org": "unsubscribed",
    }
    assert exclusion_reasons(database) == expected
    again = import_csv(database, KEYRING, path, "weekly", now=NOW)
    assert again.counts == {RowStatus.KNOWN: 2, RowStatus.KEPT_OUT: 3}
    assert exclusion_reasons(database) == expected
    dry = import_csv(database, KEYRING, path, "weekly", now=NOW, dry_run=True)
    assert dry.counts == again.counts
    record = read_subscriber_record(database, KEYRING, Address("ada", "example.org"))
    assert record is not None
    assert record.subscriber is not None
    assert (record.subscriber.first_name, record.subscriber.fields) == ("Ådá", {"city": "Łódź"})
    assert record.subscriber.created_at == NOW
    assert [member.subscription.subscriber.first_name for member in list_members(database, "weekly")] == [
        *("Ådá", "Bob", "Cat", "Dan", "Eve")
    ]


def test_the_gravest_exclusion_reason_counts_and_lifting_it_leaves_the_next(database: Database) -> None:
    number = add(database, "ada")
    ada = Address("ada", "example.org")
    unsubscribe(database, number, "weekly", origin="mail", now=NOW)
    suppress(database, KEYRING, ada, SuppressionReason.COMPLAINED, origin="report", now=NOW)
    assert exclusion_reasons(database) == {"ada@example.org": "suppressed"}
    assert [item.address for item in list_suppressions(database)] == ["ada@example.org"]
    lift_suppression(database, KEYRING, ada, origin="command line", now=NOW)
    assert exclusion_reasons(database) == {"ada@example.org": "unsubscribed"}
    add(database, "ada")
    assert exclusion_reasons(database) == {"ada@example.org": None}
    add(database, "bob", "daily")
    assert set(exclusion_reasons(database)) == {"ada@example.org"}
    assert [(count.name, count.confirmed) for count in count_lists(database)] == [("daily", 1), ("weekly", 1)]


def test_an_erased_subscriber_id_is_never_reused(database: Database) -> None:
    number = add(database, "ada")
    assert erase_subscriber(database, KEYRING, Address("ada", "example.org"), origin="command line", now=NOW) == number
    assert add(database, "bob") > number
    assert exclusion_reasons(database) == {"bob@example.org": None}


def test_candidates_can_be_copied_by_the_database_itself(database: Database) -> None:
    add(database, "ada")
    copies = Table("copies", MetaData(), Column("number", Integer), Column("fields", JSON), Column("exclusion", Text))
    candidate_rows = candidates("weekly").subquery()
    with database.write() as connection:
        copies.create(connection)
        connection.execute(
            insert(copies).from_select(
                ["number", "fields", "exclusion"],
                select(candidate_rows.c.subscriber_id, candidate_rows.c.fields, candidate_rows.c.exclusion),
            )
        )
        assert connection.execute(select(copies)).all() == [(1, {}, None)]


def test_a_second_writer_of_the_same_row_is_told_to_retry(database: Database, url: str) -> None:
    ensure_lists(database, ["weekly"])
    other = open_database(url)
    with other.write() as connection:
        connection.execute(text("UPDATE lists SET name = 'weekly'"))
        with pytest.raises(DatabaseBusy, match="another process"):
            _touch_lists(database)
    _touch_lists(database)
    other.close()


def test_the_small_table_leads_every_join_of_an_import(tmp_path: Path) -> None:
    database = fresh_database(f"sqlite:///{tmp_path / 'newsletter.db'}")
    with staged(database, Batch(rows={}, special=frozenset(), tags=(), hashes=()), is_dry_run=True) as connection:
        question = known_rows(1).compile(database.engine, compile_kwargs={"literal_binds": True})
        plan = [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {question}"))]
    database.close()
    assert plan[0] == "SCAN staged_rows"
    assert not any("SCAN" in step or "AUTOMATIC" in step for step in plan[1:])


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("postgresql://ines:sesame@127.0.0.1:9/letters", TemporaryError),
        ("postgresql://ines@no-such-host.invalid/letters", TemporaryError),
    ],
)
def test_an_unreachable_server_is_a_temporary_error(url: str, error: type[Exception]) -> None:
    pytest.importorskip("psycopg")
    with pytest.raises(error, match="cannot be reached") as caught:
        upgrade(open_database(url))
    assert "sesame" not in str(caught.value)


def test_a_database_that_does_not_exist_is_a_settings_error(postgres: str) -> None:
    absent = make_url(postgres).set(database="no_such_database", drivername="postgresql")
    with pytest.raises(SettingsError, match="does not exist"):
        upgrade(open_database(absent.render_as_string(hide_password=False)))


def test_a_consent_record_is_never_changed(database: Database) -> None:
    add(database, "ada")
    with pytest.raises(DBAPIError, match="consents are written once"), database.write() as connection:
        connection.execute(text("UPDATE consents SET act = 'ended'"))
    with database.read() as connection:
        assert connection.scalars(text("SELECT act FROM consents")).all() == ["confirmed"]


def test_tags_fields_and_history_are_imported_on_every_database(database: Database, tmp_path: Path) -> None:
    path = tmp_path / "people.jsonl"
    path.write_text(
        '{"email":"ada@example.org","fields":{"città":"Łódź"},"tags":["VIP","Σ"],"consents":'
        '[{"act":"requested","at":"2020-01-02T03:04:05Z","origin":"web","words":"v1","mail":"m1"}]}\n'
        '{"email":"bob@example.org","state":"ended"}\n'
    )
    for _ in range(2):
        import_csv(database, KEYRING, path, "weekly", now=NOW)
    ada, bob = list_members(database, "weekly")
    assert ada.subscription.subscriber.tags == ("VIP", "Σ")
    assert ada.subscription.subscriber.fields == {"città": "Łódź"}
    assert bob.subscription.state == "ended"
    results = read_subscriber_record(database, KEYRING, Address("ada", "example.org"))
    assert results is not None
    assert [(consent.act, consent.consent_text) for consent in results.subscriptions[0][1]] == [("requested", "v1")]


def test_a_series_is_planned_once_on_every_database(database: Database, tmp_path: Path) -> None:
    folder = tmp_path / "series" / "welcome"
    folder.mkdir(parents=True)
    (folder / "1.md").write_text("---\ntitle: Hello\nstatus: ready\n---\nHi.\n")
    entry = {"title": "T", "from": "T <t@example.org>", "list_id": "t.example.org"}
    settings = Settings.model_validate({"publication": {"title": "T"}, "lists": {"weekly": entry}, "root": tmp_path})
    add(database, "ada")
    assert [plan_welcome_series(database, settings, NOW).planned for _ in range(3)] == [1, 0, 0]
    assert [notice.recipient for notice in list_notices(database)] == ["ada@example.org"]
