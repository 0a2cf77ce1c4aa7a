"""Reading ahead: a process beside the one that writes reads a large sheet, and always has the next batch ready.

Reading and sorting rows is half of an import's work, and the database's is the other.
"""

import contextlib
import gc
import multiprocessing
import signal
from collections.abc import Generator, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager
from multiprocessing.connection import Connection

from newsletter.audience.custom_fields import FieldKind
from newsletter.audience.importer.csv_file import ImportFile
from newsletter.audience.importer.dedupe import Batch, sort_out
from newsletter.audience.importer.jsonl import HashRow, read_json_rows
from newsletter.audience.importer.report import ImportReport
from newsletter.audience.importer.rows import Row
from newsletter.audience.importer.stretches import Stretch, read_stretches
from newsletter.errors import TemporaryError
from newsletter.finding import Finding
from newsletter.tokens import Keyring

BATCH = 10_000
"""Rows to a transaction."""
LARGE = 3_000_000
"""Bytes of a sheet from which on a second process is worth the half second that it takes to start."""
_Sorted = tuple[ImportReport, Batch]


def read_batches(
    keyring: Keyring, sheet: ImportFile, list_name: str, kinds: Mapping[str, FieldKind]
) -> Generator[_Sorted, None, None]:
    """Read a sheet's rows in sorted batches, ahead of the caller where it is large.

    Raises OSError when the file cannot be read on, TemporaryError when the process that reads it was ended.
    """
    is_large = sheet.path.stat().st_size >= LARGE
    return (_read_ahead if is_large else _read)(keyring, sheet, list_name, kinds)


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep the interpreter from looking for cycles among tuples that have none and are gone with their batch."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _read(
    keyring: Keyring, sheet: ImportFile, list_name: str, kinds: Mapping[str, FieldKind]
) -> Generator[_Sorted, None, None]:
    rows = iter(read_json_rows(sheet, kinds) if sheet.is_json else read_stretches(sheet, kinds))
    while True:
        with uncollected():
            if not (batch := _next_rows(rows)):
                return
            done = sort_out(keyring, sheet, list_name, batch)
        yield done


def _next_rows(rows: Iterator[Row | HashRow | Finding | Stretch]) -> list[Row | HashRow | Finding | Stretch]:
    """Take the rows of a batch; its last stretch may be over its end."""
    batch: list[Row | HashRow | Finding | Stretch] = []
    count = 0
    while count < BATCH and (told := next(rows, None)) is not None:
        batch.append(told)
        count += len(told.lines) if isinstance(told, Stretch) else 1
    return batch


def _read_ahead(
    keyring: Keyring, sheet: ImportFile, list_name: str, kinds: Mapping[str, FieldKind]
) -> Generator[_Sorted, None, None]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    reader = context.Process(target=_tell, args=(theirs, keyring, sheet, list_name, kinds), daemon=True)
    with closing(ours):
        reader.start()
        theirs.close()
        try:
            while (told := _heard(ours, sheet)) is not None:
                if isinstance(told, Exception):
                    raise told
                yield told
        finally:
            reader.terminate()
            reader.join()


def _heard(ours: Connection, sheet: ImportFile) -> _Sorted | Exception | None:
    try:
        told: _Sorted | Exception | None = ours.recv()
    except EOFError:
        raise TemporaryError(
            f"{sheet.name}: the process that reads it was ended, perhaps for want of memory. "
            "Import it again: that goes on where it stopped"
        ) from None
    return told


def _tell(
    theirs: Connection, keyring: Keyring, sheet: ImportFile, list_name: str, kinds: Mapping[str, FieldKind]
) -> None:
    """Read, in the process beside the one who writes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the one who writes decides when to stop
    sending: Future[None] | None = None
    with contextlib.suppress(BrokenPipeError), ThreadPoolExecutor(1) as pool:  # who writes may have gone
        for told in _told(keyring, sheet, list_name, kinds):
            if sending is not None:  # one batch may wait for the writer while the next is read
                sending.result()
            sending = pool.submit(theirs.send, told)
        if sending is not None:
            sending.result()


def _told(
    keyring: Keyring, sheet: ImportFile, list_name: str, kinds: Mapping[str, FieldKind]
) -> Iterator[_Sorted | Exception | None]:
    """Give batch after batch, then None, or the exception that ended the reading."""
    try:
        yield from _read(keyring, sheet, list_name, kinds)
        yield None
    except Exception as error:
        yield error
