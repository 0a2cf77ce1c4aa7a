"""The mark: how far the ledger was when letters last left this machine, in a file beside the database.

The ledger counts its turns for each mailing, and each count is marked once it is committed. So a database
that has counted less than the mark says is an older copy: it does not know of letters that have left.
The mark survives a kill; a power cut may leave an older one, never a newer one than the database.
"""

import os
from contextlib import closing
from pathlib import Path

from sqlalchemy import select

from newsletter.database import Database
from newsletter.delivery.tables import mailings
from newsletter.errors import AskPerson
from newsletter.settings import Settings

_WIDTH = 40


def refuse_older_copy(database: Database, settings: Settings) -> None:
    """Raise AskPerson when letters have left this machine of which the database knows nothing."""
    with closing(Mark(mark_path(settings))) as mark:
        mark.compare(database)


def mark_path(settings: Settings) -> Path:
    """Return where the mark is."""
    return settings.var / "ledger.mark"


class Mark:
    """The file at `path`, open for one sender."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)

    def compare(self, database: Database) -> None:
        """Raise AskPerson when the database is older than the mark."""
        words = os.pread(self._file, _WIDTH, 0).split()
        if len(words) != 2 or not all(word.isdigit() for word in words):
            return
        mailing_id, marked = map(int, words)
        with database.read() as connection:
            counted = connection.scalar(select(mailings.c.turns).where(mailings.c.id == mailing_id))
        if counted is None or counted < marked:
            raise AskPerson(
                f"{database.place}: this is an older copy. Letters of mailing {mailing_id} have left since, "
                "of which it knows nothing: they would go out twice. "
                "Restore a newer copy, or go on with --restored"
            )

    def set(self, mailing_id: int, turns: int) -> None:
        """Mark that so many turns of a mailing are committed."""
        os.pwrite(self._file, f"{mailing_id} {turns}".ljust(_WIDTH - 1).encode() + b"\n", 0)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)
