"""Outbox transport: keeps messages in a local Maildir, which any mail client opens, instead of mailing them.

A message is durable before it counts as accepted: its file is synced, then renamed, then the folder is synced. The
file's name holds the delivery's number, so that after a kill none is uncertain.
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
from newsletter.delivery.transports.thread_connection import BlockingTransport
from newsletter.errors import DiskFull, SendingHalted

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True, slots=True, order=True)
class OutboxMessage:
    """One message in the outbox."""

    delivery_id: int
    path: Path


class OutboxTransport(BlockingTransport):
    """Writes each message as a file of the Maildir at `folder`."""

    name = "outbox"
    connections = 4

    def __init__(self, folder: Path) -> None:
        """Make the folders; DiskFull or SendingHalted where that fails."""
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
        """Keep one message; its reference is its file's name. DiskFull or SendingHalted where it cannot be written."""
        name = f"{int(time.time())}.D{envelope.delivery_id}.letter"
        try:
            self._write(name, message.replace(b"\r\n", b"\n"))
            os.rename(name, name, src_dir_fd=self._tmp, dst_dir_fd=self._new)
            self._sync_folder()
        except OSError as error:
            for folder in (self._tmp, self._new):  # renamed or not, it does not count as accepted
                with suppress(OSError):
                    os.unlink(name, dir_fd=folder)
            raise _translate(error, self.folder) from error
        return Receipt(reference=name)

    def accepted(self) -> frozenset[int]:
        """Return the deliveries whose messages are here, read or unread."""
        return frozenset(message.delivery_id for message in outbox_messages(self.folder))

    def close(self) -> None:
        """Close the folders."""
        os.close(self._tmp)
        os.close(self._new)

    def _write(self, name: str, octets: bytes) -> None:
        """Write a file in `tmp`, durable when this returns."""
        descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600, dir_fd=self._tmp)
        try:
            view = memoryview(octets)
            while view:
                view = view[os.write(descriptor, view) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _sync_folder(self) -> None:
        """Sync the folder once for all renames before this call, whichever thread made them (group commit)."""
        with self._syncing:
            self._renamed += 1
            mine = self._renamed
        with self._syncing:
            if self._synced < mine:
                through = self._renamed
                os.fsync(self._new)
                self._synced = through


def outbox_messages(folder: Path) -> Iterator[OutboxMessage]:
    """Yield the messages in the outbox, in no order; none where there is no outbox."""
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
        return DiskFull(f"{folder}: no room for another message. Free some space and run it again")
    return SendingHalted(f"{folder}: a message could not be written: {error.strerror}. Check the folder")
