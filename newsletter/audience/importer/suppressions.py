"""Refusing: lists of addresses that are not to be mailed, brought in from a file of another program or of ours."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from newsletter.address import Address
from newsletter.audience.importer.csv_file import row_finding
from newsletter.audience.importer.csv_reader import LINE_LENGTH, survey
from newsletter.audience.importer.jsonl import HashRow, read_json_rows
from newsletter.audience.importer.rows import Row, read_rows
from newsletter.audience.importer.vendor_formats import read_status
from newsletter.audience.importer.zip_archive import open_import_files
from newsletter.audience.models import SubscriptionState, SuppressionReason
from newsletter.audience.suppressions import remember, suppress_address
from newsletter.database import Database
from newsletter.errors import ContentError
from newsletter.finding import Finding, Level
from newsletter.tokens import Keyring

_BATCH = 2000
_REMEDY = "Mend the line and import again; the rest was read"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionImport:
    """What became of a batch of suppressions."""

    added: int
    known: int
    findings: tuple[Finding, ...]


def import_suppressions(
    database: Database, keyring: Keyring, path: Path, reason: SuppressionReason, *, now: datetime
) -> Iterator[SuppressionImport]:
    """Suppress every address of a file, batch by batch; harmless to repeat.

    The file is a table with a column of addresses, a bare list of them, or an export of ours with hashes. A reason
    in a row goes before `reason`. Raises UsageError for what cannot be read.
    """
    origin = f"import {path.name}"
    try:
        with open_import_files(path) as sheets:
            for sheet in sheets:
                rows = read_json_rows(sheet) if sheet.is_json else read_rows(sheet)
                yield from _batches(database, keyring, path.name, rows, reason, origin, now)
    except ContentError:
        yield from _batches(database, keyring, path.name, _bare(path), reason, origin, now)


def _bare(path: Path) -> Iterator[Row | HashRow | Finding]:
    """Read a file that has an address on each line and nothing else."""
    _, encoding, _ = survey(path)
    with path.open(encoding=encoding, errors="replace") as file:
        for line, text in enumerate(iter(lambda: file.readline(LINE_LENGTH), ""), 1):
            address = text.strip().strip(",;").strip('"')
            if address and not address.startswith("#"):
                yield Row(line, address, "", "", {}, SubscriptionState.CONFIRMED, None, "")


def _batches(
    database: Database,
    keyring: Keyring,
    name: str,
    rows: Iterator[Row | HashRow | Finding],
    reason: SuppressionReason,
    origin: str,
    now: datetime,
) -> Iterator[SuppressionImport]:
    while batch := list(islice(rows, _BATCH)):
        yield _apply(database, keyring, name, batch, reason, origin, now)


def _apply(
    database: Database,
    keyring: Keyring,
    name: str,
    batch: Sequence[Row | HashRow | Finding],
    reason: SuppressionReason,
    origin: str,
    now: datetime,
) -> SuppressionImport:
    findings: list[Finding] = []
    added = known = 0
    with database.write() as connection:
        for row in batch:
            if isinstance(row, Finding):
                findings += [row] if row.level is Level.ERROR else []
            elif isinstance(row, HashRow):
                if row.key_name != keyring.hash_key_name:
                    findings.append(row_finding(name, row.line, "a hash that was made with another key", _REMEDY))
                    continue
                is_new = remember(connection, row.address_hash, row.reason, origin=row.origin, at=row.at)
                added, known = added + is_new, known + (not is_new)
            else:
                try:
                    address = Address.parse(row.email)
                except ValueError as error:
                    findings.append(row_finding(name, row.line, f"'{row.email[:60]}' is no address: {error}", _REMEDY))
                    continue
                is_new = suppress_address(connection, keyring, address, _reason(row, reason), origin=origin, now=now)
                added, known = added + is_new, known + (not is_new)
    return SuppressionImport(added=added, known=known, findings=tuple(findings))


def _reason(row: Row, otherwise: SuppressionReason) -> SuppressionReason:
    told = row.suppression or read_status(row.fields.get("reason", ""))
    return told if isinstance(told, SuppressionReason) else otherwise
