"""Database and keys: upgrade the schema, back up and copy the database, rotate and adopt the secret key."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from newsletter.app.publication import Publication
from newsletter.audience import KeyAdoption, adopt_key, is_database_readable
from newsletter.database import Database, back_up, copy_database, open_database, upgrade
from newsletter.delivery.queue import sender_lock
from newsletter.errors import UsageError
from newsletter.settings import GRACE_DAYS, Rotation, rotate_keys

_BUSY_SECONDS = 4
"""How long a request waits while another process writes, before it is answered with 503."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpgradeResult:
    """A database whose schema is the newest."""

    location: str
    is_changed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A checked copy of the database in a file."""

    file: Path
    size: int
    """In bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyProgress:
    """How many rows of a table are copied."""

    table: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyResult:
    """A copy into another database, which holds all of it."""

    location: str


def upgrade_database(publication: Publication) -> UpgradeResult:
    """Upgrade the schema to the newest, in one transaction."""
    with closing(open_database(publication.settings.database_url)) as database:
        return UpgradeResult(location=str(database.place), is_changed=upgrade(database))


def back_up_database(publication: Publication, file: Path | None = None) -> Backup:
    """Copy the whole database into a file, even during a send, and check the copy; by default below var/backups."""
    stamp = f"{publication.now():%Y-%m-%dT%H%M%SZ}"
    path = file or publication.settings.var / "backups" / f"newsletter-{stamp}.db"
    return Backup(file=path, size=back_up(publication.database, path))


def copy_to(publication: Publication, url: str) -> Iterator[CopyProgress | CopyResult]:
    """Copy everything into the empty database at a URL, yielding how many rows of each table are copied.

    Nothing can be sent meanwhile. The copy is whole, or the other database stays empty. The result comes last.
    """
    if "://" not in url:
        raise UsageError(f"'{url}' is not the URL of a database. Write postgresql://user@host/name, or sqlite:///PATH")
    source = publication.database
    with (
        closing(open_database(url)) as target,
        sender_lock(source, "copying the database"),
        closing(copy_database(source, target)) as copying,
    ):
        for copied in copying:
            yield CopyProgress(table=copied.table, rows=copied.rows)
    yield CopyResult(location=str(target.place))


def open_for_server(publication: Publication) -> Database:
    """Open the upgraded database as the web server uses it: a request waits only a few seconds for another writer."""
    publication.database.close()  # opened only to upgrade it
    return open_database(publication.settings.database_url, busy_seconds=_BUSY_SECONDS)


def rotate_key(publication: Publication, *, grace_days: int = GRACE_DAYS) -> Rotation:
    """Make a new key that signs every link from now on; replaced keys verify for so many days more."""
    return rotate_keys(publication.settings, publication.now().date(), grace_days=grace_days)


def adopt_current_key(publication: Publication) -> KeyAdoption:
    """Hash everybody again with the key that is there, when the one that the database was filled with is lost."""
    return adopt_key(publication.database, publication.unchecked_keyring)


def check_readable(publication: Publication) -> None:
    """Read one row of the database; DatabaseBusy or another NewsletterError when it cannot be read."""
    is_database_readable(publication.database)
