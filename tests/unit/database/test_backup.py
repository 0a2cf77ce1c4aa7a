"""A backup is whole whoever writes meanwhile, is never half there, and comes back as it was."""

import shutil
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.address import Address
from newsletter.audience import SuppressionReason, list_suppressions, suppress
from newsletter.database import Database, back_up, open_database, upgrade
from newsletter.errors import UsageError
from newsletter.tokens import Keyring

KEYRING = Keyring((b"k" * 32,))
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def opened(path: Path) -> Database:
    database = open_database(f"sqlite:///{path}")
    upgrade(database)
    return database


def test_a_backup_made_during_writes_holds_all_that_was_committed_before(tmp_path: Path) -> None:
    database = opened(tmp_path / "a.db")
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            address = Address(f"reader{number}", "example.org")
            suppress(database, KEYRING, address, SuppressionReason.BOUNCED, origin="test", now=NOW)

    gone = Address.parse("gone@example.org")
    suppress(database, KEYRING, gone, SuppressionReason.COMPLAINED, origin="test", now=NOW)
    writer = threading.Thread(target=write)
    writer.start()
    try:
        size = back_up(database, tmp_path / "backups" / "b.db")
    finally:
        stop.set()
        writer.join()
    path = tmp_path / "backups" / "b.db"
    assert path.stat().st_size == size
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in path.parent.iterdir()] == ["b.db"]
    shutil.copy(path, tmp_path / "restored.db")
    restored = opened(tmp_path / "restored.db")
    found = {each.suppression.address_hash for each in list_suppressions(restored)}
    assert KEYRING.address_hash(gone.key) in found
    restored.close()
    database.close()


def test_a_backup_replaces_nothing(tmp_path: Path) -> None:
    database = opened(tmp_path / "a.db")
    (tmp_path / "b.db").write_text("precious")
    with pytest.raises(UsageError, match="already"):
        back_up(database, tmp_path / "b.db")
    assert (tmp_path / "b.db").read_text() == "precious"
    database.close()
