"""High-water mark: how far sending had come on this machine, in `var/ledger.mark`, outside the database.

The database counts the sender's transactions for each mailing, and each count is marked once it is committed. So a
database that has counted less than the mark is an older copy, restored from a backup: it does not know of messages
that have left.

Each delivery is marked just before it is submitted, too. So of what a killed sender had claimed, everything that is not
marked has certainly not left. Both survive a kill, in memory that is mapped to the file; the marked deliveries count
until the machine restarts, and no longer.
"""

import mmap
import os
import struct
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, select, text

from newsletter.database import Database
from newsletter.delivery.queue.outcome_spool import reserve_room
from newsletter.delivery.tables import mailings
from newsletter.errors import DecisionRequired
from newsletter.settings import Settings

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_COUNT = 40
"""Octets: a mailing and the number of its transactions."""
_DIGITS = 18
"""Of a number that a database can hold."""
_WORKER = 400
"""Octets: the machine's boot id, and the worker that marked deliveries."""
_SLOT = struct.Struct("<q")
_ID_GAP = 10_000_000
"""More ids than a copy of the database can have missed between two backups."""
_TABLES_WITH_PUBLIC_IDS = ("deliveries", "notices")
_SKIP_IDS_ON_SQLITE = text("UPDATE sqlite_sequence SET seq = seq + :gap WHERE name = :table")
_FIRST_ID_ON_SQLITE = text("INSERT INTO sqlite_sequence (name, seq) VALUES (:table, :gap)")
_SKIP_IDS_ON_POSTGRESQL = text(
    "SELECT setval(pg_get_serial_sequence(:table, 'id'), nextval(pg_get_serial_sequence(:table, 'id')) + :gap)"
)


def refuse_older_copy(database: Database, settings: Settings) -> None:
    """Raise DecisionRequired when the database is an older copy, which does not know of messages that have left."""
    with closing(HighWaterMark(high_water_mark_path(settings), settings.delivery.in_flight)) as mark:
        mark.compare(database)


def accept_older_copy(database: Database, settings: Settings) -> None:
    """Prepare an older copy for sending, by the author's decision; the newest one is not changed."""
    with closing(HighWaterMark(high_water_mark_path(settings), settings.delivery.in_flight)) as mark:
        if mark.mailing_ahead_of(database):
            with database.write() as connection:
                _skip_ids(connection)


def _skip_ids(connection: Connection) -> None:
    """Skip the ids of deliveries and notices that were used after this copy was made: other readers hold them.

    Their signed addresses contain the id, so a reply or an unsubscribe would be taken for that of the next holder.
    """
    for table in _TABLES_WITH_PUBLIC_IDS:
        values = {"gap": _ID_GAP, "table": table}
        if connection.dialect.name != "sqlite":
            connection.execute(_SKIP_IDS_ON_POSTGRESQL, values)
        elif not connection.execute(_SKIP_IDS_ON_SQLITE, values).rowcount:  # none was used so far
            connection.execute(_FIRST_ID_ON_SQLITE, values)


def high_water_mark_path(settings: Settings) -> Path:
    """Return the file of the mark."""
    return settings.var / "ledger.mark"


class HighWaterMark:
    """The file at `path`, open for one sender with so many deliveries in flight."""

    def __init__(self, path: Path, in_flight: int) -> None:
        """Open or make it; what it holds stays until `begin`. DiskFull when there is no room.

        Its room is reserved now: without room, writing to mapped memory would kill the process.
        """
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            size = max(os.fstat(self._file).st_size, _COUNT + _WORKER + in_flight * _SLOT.size)
            reserve_room(self._file, size, path)
            self._octets = mmap.mmap(self._file, size)
        except BaseException:
            os.close(self._file)
            raise

    def compare(self, database: Database) -> None:
        """Raise DecisionRequired when the database is older than the mark."""
        if mailing_id := self.mailing_ahead_of(database):
            raise DecisionRequired(
                f"{database.place}: this is an older copy. It lacks messages of mailing {mailing_id} that were sent "
                "since it was made, so they would be sent twice. "
                "Restore a newer copy, or continue with --restored"
            )

    def mailing_ahead_of(self, database: Database) -> int | None:
        """Return the mailing of which more has left than the database knows; None unless it is an older copy."""
        parts = self._octets[:_COUNT].split()
        if len(parts) != 2 or not all(part.isdigit() and len(part) <= _DIGITS for part in parts):
            return None  # a damaged mark counts as none: it only ever adds to what the database knows
        mailing_id, marked = map(int, parts)
        with database.read() as connection:
            counted = connection.scalar(select(mailings.c.transactions).where(mailings.c.id == mailing_id))
        return mailing_id if counted is None or counted < marked else None

    def begun(self, worker: str) -> frozenset[int] | None:
        """Return the deliveries that this worker may have submitted without recording it; None when that is unknown."""
        if not (signature := _signature(worker)) or self._octets[_COUNT : _COUNT + _WORKER] != signature:
            return None
        return frozenset(number for (number,) in _SLOT.iter_unpack(self._octets[_COUNT + _WORKER :]))

    def begin(self, worker: str) -> None:
        """Clear the deliveries of the last worker, and mark as this one from now on."""
        self._octets[_COUNT + _WORKER :] = bytes(len(self._octets) - _COUNT - _WORKER)
        self._octets[_COUNT : _COUNT + _WORKER] = _signature(worker) or bytes(_WORKER)

    def count(self, mailing_id: int, transactions: int) -> None:
        """Mark that so many transactions of a mailing are committed."""
        self._octets[:_COUNT] = f"{mailing_id} {transactions}".ljust(_COUNT - 1).encode() + b"\n"

    def note(self, slot: int, delivery_id: int) -> None:
        """Mark that a delivery is being submitted; its slot is free again once the outcome is recorded."""
        _SLOT.pack_into(self._octets, _COUNT + _WORKER + slot * _SLOT.size, delivery_id)

    def close(self) -> None:
        """Close the file; nothing can be marked any more."""
        self._octets.close()
        os.close(self._file)


def _signature(worker: str) -> bytes:
    """Return the worker together with the machine's boot id; nothing where that is unknown."""
    try:
        return f"{_BOOT_ID.read_text().strip()} {worker}".encode()[:_WORKER].ljust(_WORKER)
    except OSError:
        return b""
