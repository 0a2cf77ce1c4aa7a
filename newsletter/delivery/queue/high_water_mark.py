"""The mark: what the ledger and its last sender knew when letters last left this machine, in `var/ledger.mark`.

The ledger counts its turns for each mailing, and each count is marked once it is committed. So a database
that has counted less than the mark says is an older copy: it does not know of letters that have left.

Each delivery is marked just before it is submitted, too. So of what a killed sender had claimed, all that is
not marked has certainly not left. Both outlive a kill, in the system's memory; they are believed until the
machine starts anew, and then no longer.
"""

import mmap
import os
import struct
from contextlib import closing
from pathlib import Path

from sqlalchemy import select

from newsletter.database import Database
from newsletter.delivery.numbers import pass_over_numbers
from newsletter.delivery.queue.outcome_spool import take_room
from newsletter.delivery.tables import mailings
from newsletter.errors import DecisionRequired
from newsletter.settings import Settings

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_COUNT = 40
"""Octets: a mailing and its turns."""
_DIGITS = 18
"""Of a number that a database can hold."""
_WORKER = 400
"""Octets: who marked what was begun, and since when the machine runs."""
_SLOT = struct.Struct("<q")


def refuse_older_copy(database: Database, settings: Settings) -> None:
    """Raise DecisionRequired when letters have left this machine of which the database knows nothing."""
    with closing(HighWaterMark(high_water_mark_path(settings), settings.delivery.in_flight)) as mark:
        mark.compare(database)


def accept_older_copy(database: Database, settings: Settings) -> None:
    """Make an older copy fit to go on with, by the author's word; of the newest one nothing is changed."""
    with closing(HighWaterMark(high_water_mark_path(settings), settings.delivery.in_flight)) as mark:
        if mark.mailing_ahead_of(database):
            with database.write() as connection:
                pass_over_numbers(connection)


def high_water_mark_path(settings: Settings) -> Path:
    """Return where the mark is."""
    return settings.var / "ledger.mark"


class HighWaterMark:
    """The file at `path`, open for one sender with so many deliveries in flight."""

    def __init__(self, path: Path, in_flight: int) -> None:
        """Open or make it; what it holds stays until `begin`. DiskFull when there is no room.

        Its room is taken now: to find none while writing to mapped memory would be the end of the process.
        """
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            size = max(os.fstat(self._file).st_size, _COUNT + _WORKER + in_flight * _SLOT.size)
            take_room(self._file, size, path)
            self._octets = mmap.mmap(self._file, size)
        except BaseException:
            os.close(self._file)
            raise

    def compare(self, database: Database) -> None:
        """Raise DecisionRequired when the database is older than the mark."""
        if mailing_id := self.mailing_ahead_of(database):
            raise DecisionRequired(
                f"{database.place}: this is an older copy. Letters of mailing {mailing_id} have left since, "
                "of which it knows nothing: they would go out twice. "
                "Restore a newer copy, or go on with --restored"
            )

    def mailing_ahead_of(self, database: Database) -> int | None:
        """Return the mailing of which more has left than the database knows; None unless it is an older copy."""
        words = self._octets[:_COUNT].split()
        if len(words) != 2 or not all(word.isdigit() and len(word) <= _DIGITS for word in words):
            return None  # a mark that is damaged is none: it only ever says more than the ledger does
        mailing_id, marked = map(int, words)
        with database.read() as connection:
            counted = connection.scalar(select(mailings.c.turns).where(mailings.c.id == mailing_id))
        return mailing_id if counted is None or counted < marked else None

    def begun(self, worker: str) -> frozenset[int] | None:
        """Return all that this worker may have submitted without recording it; None when that is not known."""
        if not (mine := _signature(worker)) or self._octets[_COUNT : _COUNT + _WORKER] != mine:
            return None
        return frozenset(number for (number,) in _SLOT.iter_unpack(self._octets[_COUNT + _WORKER :]))

    def begin(self, worker: str) -> None:
        """Forget who was before, and be the one who marks."""
        self._octets[_COUNT + _WORKER :] = bytes(len(self._octets) - _COUNT - _WORKER)
        self._octets[_COUNT : _COUNT + _WORKER] = _signature(worker) or bytes(_WORKER)

    def count(self, mailing_id: int, turns: int) -> None:
        """Mark that so many turns of a mailing are committed."""
        self._octets[:_COUNT] = f"{mailing_id} {turns}".ljust(_COUNT - 1).encode() + b"\n"

    def note(self, slot: int, delivery_id: int) -> None:
        """Mark that a delivery is being submitted; a slot is free again once that is recorded."""
        _SLOT.pack_into(self._octets, _COUNT + _WORKER + slot * _SLOT.size, delivery_id)

    def close(self) -> None:
        """Close the file; a thread that still submits can mark nothing any more."""
        self._octets.close()
        os.close(self._file)


def _signature(worker: str) -> bytes:
    """Return the worker together with the machine's start; nothing where that is not known."""
    try:
        return f"{_BOOT.read_text().strip()} {worker}".encode()[:_WORKER].ljust(_WORKER)
    except OSError:
        return b""
