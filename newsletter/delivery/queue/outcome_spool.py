"""Outcome spool: outcomes that the database could not record, kept in `var/outcomes.spool` until it can.

Its room is reserved before anything is sent, so that a full disk cannot lose the outcome of a message.
"""

import errno
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from pathlib import Path

from newsletter.delivery.models import DeliveryStatus
from newsletter.delivery.queue.claim import DeliveryOutcome
from newsletter.errors import DiskFull
from newsletter.settings import Settings

_BYTES_PER_OUTCOME = 2048
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


def spool_path(settings: Settings) -> Path:
    """Return where the spool is."""
    return settings.var / "outcomes.spool"


class OutcomeSpool:
    """A file of outcomes with room for all that can be in flight."""

    def __init__(self, path: Path, in_flight: int) -> None:
        """Open or make it; DiskFull when there is no room."""
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            reserve_room(self._file, in_flight * _BYTES_PER_OUTCOME, path)
        except BaseException:
            os.close(self._file)
            raise

    def outcomes(self) -> tuple[DeliveryOutcome, ...]:
        """Return the outcomes; a line that was cut off by a crash, or is damaged, is left out.

        Its delivery stays claimed, and so becomes uncertain.
        """
        octets = os.pread(self._file, os.fstat(self._file).st_size, 0)
        return tuple(filter(None, map(_outcome, octets.split(b"\n"))))

    def keep(self, outcomes: Sequence[DeliveryOutcome]) -> None:
        """Add outcomes, durable when this returns."""
        every = (*self.outcomes(), *outcomes)
        os.pwrite(self._file, b"".join(_line(outcome) for outcome in every), 0)
        os.fsync(self._file)

    def clear(self) -> None:
        """Remove everything, once the database has recorded it."""
        size = os.fstat(self._file).st_size
        os.pwrite(self._file, bytes(size), 0)
        os.fsync(self._file)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)


def reserve_room(descriptor: int, size: int, path: Path) -> None:
    """Reserve an open file's room on disk, so that writing there cannot fail for want of it; DiskFull if it is full."""
    try:
        os.posix_fallocate(descriptor, 0, size)
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise DiskFull(f"{path}: no room to record what would be sent. Free some space and run it again") from error
        raise


def _outcome(line: bytes) -> DeliveryOutcome | None:
    try:
        record = json.loads(line.strip(b"\0"))
        known = {field.name: record[field.name] for field in fields(DeliveryOutcome) if field.name in record}
        outcome = DeliveryOutcome(**{**known, "status": DeliveryStatus(record["status"])})
    except (ValueError, TypeError, KeyError):
        return None
    texts = (outcome.reference, outcome.reason)
    is_whole = all(text is None or isinstance(text, str) for text in texts) and all(
        isinstance(number, int) for number in (outcome.delivery_id, outcome.due_at)
    )
    return outcome if is_whole else None


def _line(outcome: DeliveryOutcome) -> bytes:
    """Return an outcome as a line that fits its share of the room, however long the provider's answer is."""
    shortened = replace(outcome, reason=_cut(outcome.reason, 200), reference=_cut(outcome.reference, 300))
    return json.dumps(asdict(shortened), ensure_ascii=False).encode() + b"\n"


def _cut(text: str | None, length: int) -> str | None:
    """Return the beginning of a text, without characters that JSON writes as six octets."""
    return text and "".join(char if char.isprintable() else "?" for char in text[:length])
