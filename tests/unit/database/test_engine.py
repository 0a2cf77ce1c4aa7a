"""SQLite as we open it: durable or without a trace, and honest about what is in the way."""

import os
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, select, text
from sqlalchemy.exc import StatementError

from newsletter.database import Database, UtcDateTime, open_database, upgrade
from newsletter.errors import DatabaseBusy, DiskFull, NewsletterError, SettingsError

TABLE = Table("moments", MetaData(), Column("id", Integer, primary_key=True), Column("at", UtcDateTime))


@pytest.fixture
def database(tmp_path: Path) -> Database:
    opened = open_database(f"sqlite:///{tmp_path / 'var' / 'newsletter.db'}", busy_seconds=0.2)
    TABLE.metadata.create_all(opened.engine)
    return opened


def count(database: Database) -> int:
    with database.read() as connection:
        return len(connection.execute(select(TABLE)).all())


def test_a_transaction_that_raises_leaves_no_trace(database: Database) -> None:
    def fail() -> None:
        with database.write() as connection:
            connection.execute(insert(TABLE).values(at=None))
            raise NewsletterError

    with pytest.raises(NewsletterError):
        fail()
    assert count(database) == 0


def test_what_is_written_survives_a_power_cut(database: Database) -> None:
    with database.read() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 2
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1


def test_moments_come_back_in_utc_and_naive_ones_are_refused(database: Database) -> None:
    there = datetime(2026, 11, 2, 8, tzinfo=timezone(timedelta(hours=9)))
    with database.write() as connection:
        connection.execute(insert(TABLE).values(at=there))
        found = connection.scalar(select(TABLE.c.at))
    assert found == there
    assert found.tzinfo is UTC
    with pytest.raises(StatementError, match="no time zone"), database.write() as connection:
        connection.execute(insert(TABLE).values(at=datetime(2026, 1, 1)))  # noqa: DTZ001


def test_a_database_that_another_process_writes_to_is_busy(database: Database) -> None:
    holder = sqlite3.connect(database.place, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(DatabaseBusy, match=r"newsletter\.db: another process"), database.write():
        pass
    assert count(database) == 0
    holder.rollback()
    holder.close()
    with database.write() as connection:
        connection.execute(insert(TABLE).values(at=None))
    assert count(database) == 1


def test_two_threads_take_turns(database: Database) -> None:
    def write() -> None:
        for _ in range(20):
            with database.write() as connection:
                connection.execute(insert(TABLE).values(at=None))

    patient = open_database(f"sqlite:///{database.place}")
    database.close()
    database = patient
    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert count(database) == 80


def test_a_full_disk_is_said_and_nothing_is_half_done(database: Database) -> None:
    def fill() -> None:
        with database.write() as connection:
            pages = connection.scalar(text("PRAGMA page_count"))
            connection.execute(text(f"PRAGMA max_page_count={pages}"))
            connection.execute(insert(TABLE), [{"at": None} for _ in range(20_000)])

    with pytest.raises(DiskFull, match="Free some space"):
        fill()
    assert count(database) == 0


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "newsletter.db"
    path.write_bytes(b"This is a letter, not a database. " * 200)
    with pytest.raises(SettingsError, match=r"newsletter\.db: not a database"):
        upgrade(open_database(f"sqlite:///{path}"))


def test_a_database_that_may_only_be_read_is_named(database: Database) -> None:
    def write() -> None:
        with database.write() as connection:
            connection.execute(text("PRAGMA query_only=ON"))
            connection.execute(insert(TABLE).values(at=None))

    with pytest.raises(SettingsError, match="cannot be written"):
        write()


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "nonsense", "sqlite:////dev/null/newsletter.db"])
def test_an_address_that_leads_nowhere_is_the_settings_fault(url: str) -> None:
    with pytest.raises(SettingsError):
        upgrade(open_database(url))


def test_a_password_is_never_shown() -> None:
    opened = open_database("postgresql://ines:sesame@localhost/letters")
    assert "sesame" not in opened.place
    assert "ines" in opened.place


def test_a_database_of_a_newer_version_is_left_alone(database: Database) -> None:
    assert upgrade(database)
    assert not upgrade(database)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SettingsError, match="newer version of newsletter"):
        upgrade(database)


def test_two_processes_may_upgrade_at_once(tmp_path: Path) -> None:
    program = (
        "import sys; from newsletter.database import open_database, upgrade\n"
        "sys.stdin.readline(); upgrade(open_database(sys.argv[1]))"
    )
    url = f"sqlite:///{tmp_path / 'newsletter.db'}"
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", program, url],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ,
        )
        for _ in range(3)
    ]
    errors = [racer.communicate("go\n")[1] for racer in racers]
    assert [racer.returncode for racer in racers] == [0, 0, 0], errors
    assert not upgrade(open_database(url))


def test_an_sqlite_too_old_for_us_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 34, 1))
    monkeypatch.setattr(sqlite3, "sqlite_version", "3.34.1")
    with pytest.raises(SettingsError, match=r"SQLite 3\.34\.1.*3\.36"):
        open_database(f"sqlite:///{tmp_path / 'newsletter.db'}")


def test_very_many_rows_are_copied_out_of_the_log_while_we_go_on(database: Database, tmp_path: Path) -> None:
    file = tmp_path / "var" / "newsletter.db"
    numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)"
    with database.bulk_write() as connection:
        connection.execute(text(f"INSERT INTO moments (at) {numbers} SELECT '2026-01-01 00:00:00.000000' FROM n"))
    for thread in threading.enumerate():
        if thread.name == "checkpoint":
            thread.join()
    assert file.stat().st_size > 8_000_000
    assert count(database) == 300_000
    with database.read() as connection:
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
        assert connection.scalar(text("PRAGMA wal_autocheckpoint")) == 1000


def test_very_many_rows_leave_no_trace_where_one_of_them_fails(database: Database) -> None:
    def fail() -> None:
        with database.bulk_write() as connection:
            connection.execute(insert(TABLE).values(at=None))
            raise NewsletterError

    with pytest.raises(NewsletterError):
        fail()
    assert count(database) == 0
    with database.read() as connection:
        assert connection.scalar(text("PRAGMA foreign_keys")) == 1
