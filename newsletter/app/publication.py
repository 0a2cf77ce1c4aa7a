"""Publication: one newsletter's settings, keys and database, opened once and handed to every use case."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from newsletter.errors import UsageError
from newsletter.settings import SETTINGS_FILE, Settings, find_root, read_hashing_key, read_or_make_keys, read_settings
from newsletter.tokens import Keyring

if TYPE_CHECKING:
    from newsletter.database import Database


class Publication:
    """The folder of a newsletter.toml; keys and database are opened when they are first used.

    A context manager: leaving it closes the database.
    """

    def __init__(self, settings: Settings, clock: Callable[[], datetime] | None = None) -> None:
        """`clock` returns aware times; the default is the system clock."""
        self.settings = settings
        self.now: Callable[[], datetime] = clock or _utc_now

    @classmethod
    def open(cls, folder: Path | None = None) -> Self:
        """Open the publication in a folder; without one, in the current folder or the nearest above it.

        UsageError when there is none, SettingsError when its newsletter.toml cannot be read.
        """
        if folder is None:
            return cls(read_settings(find_root(Path.cwd())))
        if not (folder / SETTINGS_FILE).is_file():
            raise UsageError(f"no {SETTINGS_FILE} in {folder}. 'newsletter init {folder}' makes a publication there")
        return cls(read_settings(folder))

    @cached_property
    def keyring(self) -> Keyring:
        """The keys that sign and verify tokens; SettingsError when the database was filled with different keys."""
        from newsletter.audience import check_hash_key

        check_hash_key(self.database, self.unchecked_keyring)
        return self.unchecked_keyring

    @cached_property
    def unchecked_keyring(self) -> Keyring:
        """The keys, without a check that the database was filled with them."""
        return Keyring(read_or_make_keys(self.settings), read_hashing_key(self.settings))

    @cached_property
    def database(self) -> "Database":
        """The database, migrated to the newest schema."""
        from newsletter.database import open_database, upgrade  # costly to import, and `compose` needs neither

        database = open_database(self.settings.database_url)
        upgrade(database)
        return database

    def derive(self, settings: Settings, database: "Database | None" = None) -> Self:
        """Return this publication with other settings, and another connection to its database if one is given."""
        derived = type(self)(settings, self.now)
        derived.__dict__.update(keyring=self.keyring, database=database or self.database)
        return derived

    def close(self) -> None:
        """Close the database, if it was opened."""
        opened: Database | None = self.__dict__.get("database")
        if opened is not None:
            opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _utc_now() -> datetime:
    return datetime.now(UTC)
