"""Opens the publication that a command works on: settings, keys and an up-to-date database."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from newsletter.errors import WrongUse
from newsletter.settings import FILE_NAME, Settings, find_root, read_hashing_key, read_or_make_keys, read_settings
from newsletter.tokens import Keyring

if TYPE_CHECKING:
    from newsletter.database import Database


@dataclass(frozen=True)
class Publication:
    """The publication a command works on; keys and database are opened when first asked for."""

    settings: Settings

    @cached_property
    def keyring(self) -> Keyring:
        """The keys that sign and verify tokens; EditSettings when the database was filled with another one."""
        from newsletter.audience import refuse_other_key

        refuse_other_key(self.database, self.present_keyring)
        return self.present_keyring

    @cached_property
    def present_keyring(self) -> Keyring:
        """The keys that are there, whether or not they are the database's."""
        return Keyring(read_or_make_keys(self.settings), read_hashing_key(self.settings))

    @cached_property
    def database(self) -> "Database":
        """The database, brought to its newest shape."""
        from newsletter.database import open_database, upgrade  # which `compose` has no need to wait for

        database = open_database(self.settings.database_url)
        upgrade(database)
        return database

    def close(self) -> None:
        """Close the database, if it was opened."""
        opened: Database | None = self.__dict__.get("database")
        if opened is not None:
            opened.close()


def open_publication(context: typer.Context) -> Publication:
    """Return the publication that --publication names, or the nearest one above the current folder."""
    wanted: Path | None = context.obj
    if wanted is None:
        return Publication(read_settings(find_root(Path.cwd())))
    if not (wanted / FILE_NAME).is_file():
        raise WrongUse(f"no {FILE_NAME} in {wanted}. 'newsletter init {wanted}' makes a publication there")
    return Publication(read_settings(wanted))
