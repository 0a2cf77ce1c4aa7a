"""The outbox: keeps messages here, in a Maildir that any mail client opens, instead of mailing them.

A message is durable before it is taken: its file is synced, then renamed, then the folder is synced.
The file's name holds the delivery, so that after a kill there is no doubt about any of them.
"""

import errno
import os
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from newsletter.atomic_file import make_private_folder
from newsletter.delivery.transports.base import Envelope, Receipt
from newsletter.errors import DiskFull, SendingHalted

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True, slots=True, order=True)
class OutboxMessage:
    """One message in the outbox."""

    delivery_id: int
    path: Path


class OutboxTransport:
    """Writes each message as a file of the Maildir at `folder`."""

    name = "outbox"
    connections = 4
    rate: float | None = None
    notices: tuple[str, ...] = ()

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            for name in ("tmp", "new", "cur"):
                make_private_folder(folder / name)
            self._tmp, self._new = (os.open(folder / name, os.O_RDONLY | os.O_DIRECTORY) for name in ("tmp", "new"))
        except OSError as error:
            raise _translate(error, folder) from error
        self._syncing = threading.Lock()
        self._renamed = 0
        self._synced = 0

    def submit(self, envelope: Envelope, message: bytes) -> Receipt:
        """Keep one message; its reference is the name of its file."""
        name = f"{int(time.time())}.D{envelope.delivery_id}.letter"
        try:
            self._write(name, message.replace(b"\r\n", b"\n"))
            os.rename(name, name, src_dir_fd=self._tmp, dst_dir_fd=self._new)
            self._sync_folder()
        except OSError as error:
            for folder in (self._tmp, self._new):  # it may have been renamed, and is not taken all the same
                with suppress(OSError):
                    os.unlink(name, dir_fd=folder)
            raise _translate(error, self.folder) from error
        return Receipt(reference=name)

    def held(self) -> frozenset[int]:
        """Return the deliveries whose messages are here, read or unread."""
        return frozenset(kept.delivery_id for kept in outbox_messages(self.folder))

    def close(self) -> None:
        """Close the folders."""
        os.close(self._tmp)
        os.close(self._new)

    def _write(self, name: str, octets: bytes) -> None:
        """Write a draft, durable when this returns."""
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600, dir_fd=self._tmp)
        try:
            view = memoryview(octets)
            while view:
                view = view[os.write(descriptor, view) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _sync_folder(self) -> None:
        """Sync the folder once for all renames that came before, whichever thread made them."""
        with self._syncing:
            self._renamed += 1
            mine = self._renamed
        with self._syncing:
            if self._synced < mine:
                through = self._renamed
                os.fsync(self._new)
                self._synced = through


def outbox_messages(folder: Path) -> Iterator[OutboxMessage]:
    """Yield what the outbox holds, in no order; nothing where there is no outbox."""
    for name in ("new", "cur"):
        if not (folder / name).is_dir():
            continue
        with os.scandir(folder / name) as entries:
            for entry in entries:
                parts = entry.name.split(".")
                if len(parts) > 1 and parts[1].startswith("D") and parts[1][1:].isdecimal():
                    yield OutboxMessage(int(parts[1][1:]), Path(entry.path))


def _translate(error: OSError, folder: Path) -> DiskFull | SendingHalted:
    if error.errno in _NO_ROOM:
        return DiskFull(f"{folder}: no room for another letter. Make room and run it again")
    return SendingHalted(f"{folder}: a letter could not be kept: {error.strerror}. Check the folder")
