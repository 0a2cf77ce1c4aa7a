"""Staging tables are there for one transaction, and leave nothing behind."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from newsletter.audience.importer.csv_file import ImportFile, inspect_file
from newsletter.audience.importer.dedupe import Batch, dedupe
from newsletter.audience.importer.rows import read_rows
from newsletter.audience.importer.staging_tables import staged, staged_rows
from newsletter.database import Database
from newsletter.errors import NewsletterError
from newsletter.tokens import Keyring


@pytest.fixture
def source(tmp_path: Path) -> ImportFile:
    path = tmp_path / "people.csv"
    path.write_text("email,first_name,city\nada@example.org,Ada,Ghent\nbob@example.org,Bob,\n")
    return inspect_file(path)


@pytest.fixture
def batch(source: ImportFile, keyring: Keyring) -> Batch:
    return dedupe(keyring, source, "weekly", read_rows(source))[1]


@pytest.mark.parametrize("is_dry_run", [False, True])
def test_a_batch_is_staged_for_one_transaction(database: Database, batch: Batch, is_dry_run: bool) -> None:
    for _ in range(2):
        with staged(database, batch, is_dry_run=is_dry_run) as connection:
            rows = connection.execute(select(staged_rows.c.line, staged_rows.c.first_name, staged_rows.c.fields)).all()
            assert rows == [(2, "Ada", '{"city": "Ghent"}'), (3, "Bob", "{}")]
    with pytest.raises(OperationalError, match="staged_rows"), database.read() as connection:
        connection.execute(text("SELECT * FROM staged_rows"))


def test_nothing_is_left_of_a_batch_whose_transaction_failed(database: Database, batch: Batch, tmp_path: Path) -> None:
    def fail() -> None:
        with staged(database, batch, is_dry_run=False) as connection:
            connection.execute(text("INSERT INTO lists (name) SELECT address FROM staged_rows"))
            raise NewsletterError

    with pytest.raises(NewsletterError):
        fail()
    with closing(sqlite3.connect(tmp_path / "newsletter.db", isolation_level=None)) as other:
        other.execute("PRAGMA busy_timeout=0")
        other.execute("BEGIN IMMEDIATE")
        with staged(database, batch, is_dry_run=True) as connection:
            assert connection.scalar(text("SELECT count(*) FROM lists")) == 0
    with staged(database, batch, is_dry_run=False) as connection:
        assert connection.scalar(text("SELECT count(*) FROM staged_rows")) == 2
