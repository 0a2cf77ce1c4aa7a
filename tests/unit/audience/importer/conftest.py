"""Import files as they are: CSV, JSON Lines or ZIP."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.audience.importer import ImportReport, import_file, open_import_files
from newsletter.database import Database
from newsletter.tokens import Keyring

NOW = datetime(2026, 11, 3, 8, tzinfo=UTC)
Bring = Callable[..., list[ImportReport]]


@pytest.fixture
def bring_in(database: Database, keyring: Keyring) -> Bring:
    def bring_in(path: Path, **options: object) -> list[ImportReport]:
        with open_import_files(path, **options) as sheets:  # type: ignore[arg-type]
            return [report for sheet in sheets for report in import_file(database, keyring, sheet, "weekly", now=NOW)]

    return bring_in
