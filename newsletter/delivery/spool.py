"""The spool: outcomes that the database could not take, kept in a file until it can.

Its room is taken before anything is sent, so that a full disk cannot lose what became of a message.
"""

import errno
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from newsletter.delivery.ledger import Outcome
from newsletter.delivery.mailing import DeliveryStatus
from newsletter.errors import StorageFull

_BYTES_EACH = 2048
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Spool:
    """A file of outcomes with room for all that can be in flight."""

    def __init__(self, path: Path, in_flight: int) -> None:
        """Open or make it; StorageFull when there is no room."""
        try:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            os.posix_fallocate(self._file, 0, in_flight * _BYTES_EACH)
        except OSError as error:
            if error.errno in _NO_ROOM:
                raise StorageFull(
                    f"{path}: no room to record what would be sent. Make room and run it again"
                ) from error
            raise

    def outcomes(self) -> tuple[Outcome, ...]:
        """Return what is kept; a line that was cut off by a crash is left out."""
        found = []
        for line in os.pread(self._file, os.fstat(self._file).st_size, 0).split(b"\n"):
            try:
                written = json.loads(line.strip(b"\0"))
            except ValueError:
                continue
            found.append(Outcome(**{**written, "status": DeliveryStatus(written["status"])}))
        return tuple(found)

    def keep(self, outcomes: Sequence[Outcome]) -> None:
        """Add outcomes, durable when this returns."""
        kept = (*self.outcomes(), *outcomes)
        lines = [json.dumps(_shortened(outcome), ensure_ascii=False) for outcome in kept]
        os.pwrite(self._file, b"".join(line.encode() + b"\n" for line in lines), 0)
        os.fsync(self._file)

    def clear(self) -> None:
        """Forget everything, once the database has it."""
        size = os.fstat(self._file).st_size
        os.pwrite(self._file, bytes(size), 0)
        os.fsync(self._file)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def _shortened(outcome: Outcome) -> dict[str, object]:
    """Return an outcome that fits its share of the room, whatever the next hop said."""
    return {**asdict(outcome), "reason": outcome.reason and outcome.reason[:200]}
