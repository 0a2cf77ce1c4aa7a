"""A database of the newest shape, and a desk for CSV files."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.audience import candidates
from newsletter.audience.importer import ImportReport, import_csv
from newsletter.database import Database
from newsletter.tokens import Keyring
from tests.fresh_database import fresh_database

NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = fresh_database(f"sqlite:///{tmp_path / 'newsletter.db'}")
    yield opened
    opened.close()


@pytest.fixture
def keyring() -> Keyring:
    return Keyring((b"k" * 32,))


@pytest.fixture
def bring(database: Database, keyring: Keyring, tmp_path: Path) -> Callable[..., ImportReport]:
    """Write a CSV file and import it to the list `weekly`."""

    def bring(text: str | bytes, name: str = "people.csv", dry_run: bool = False) -> ImportReport:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return import_csv(database, keyring, path, "weekly", now=NOW, dry_run=dry_run)

    return bring


@pytest.fixture
def standing(database: Database) -> Callable[[], dict[str, str | None]]:
    """Everybody on `weekly`, with the reason why they get no letter."""

    def standing() -> dict[str, str | None]:
        with database.read() as connection:
            return {row.address: row.exclusion for row in connection.execute(candidates("weekly"))}

    return standing
