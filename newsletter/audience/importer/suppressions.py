"""Suppression import: addresses that must not be mailed, from a file of another program or one of our exports."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection

from newsletter.address import Address
from newsletter.audience.importer.csv_charset import survey
from newsletter.audience.importer.csv_file import row_finding
from newsletter.audience.importer.csv_reader import LINE_LENGTH
from newsletter.audience.importer.jsonl import HashRow, read_json_rows
from newsletter.audience.importer.rows import Row, read_rows
from newsletter.audience.importer.vendor_formats import parse_status
from newsletter.audience.importer.zip_archive import open_import_files
from newsletter.audience.models import SubscriptionState, SuppressionReason
from newsletter.audience.suppressions import insert_suppression, suppress_address
from newsletter.database import Database
from newsletter.errors import ContentError
from newsletter.finding import Finding, Level
from newsletter.tokens import Keyring

_BATCH_ROWS = 2000
_REMEDY = "Correct the line and import again; the rest was read"


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressionImport:
    """What became of a batch of suppressions."""

    added: int
    known: int
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """Where suppressions come from, and why they are suppressed if their row does not say."""

    name: str
    reason: SuppressionReason
    origin: str
    now: datetime


def import_suppressions(
    database: Database, keyring: Keyring, path: Path, reason: SuppressionReason, *, now: datetime
) -> Iterator[SuppressionImport]:
    """Suppress every address of a file, batch by batch, and yield a report of each; harmless to repeat.

    The file is a table with a column of addresses, a bare list of them, or one of our exports with hashes. A reason
    in a row takes precedence over `reason`. Raises UsageError for what cannot be read.
    """
    source = _Source(name=path.name, reason=reason, origin=f"import {path.name}", now=now)
    try:
        with open_import_files(path) as files:
            for file in files:
                rows = read_json_rows(file) if file.is_json else read_rows(file)
                yield from _suppress_batches(database, keyring, source, rows)
    except ContentError:
        yield from _suppress_batches(database, keyring, source, _bare_addresses(path))


def _bare_addresses(path: Path) -> Iterator[Row | HashRow | Finding]:
    """Read a file that has one address on each line and nothing else."""
    with path.open(encoding=survey(path).encoding, errors="replace") as file:
        for line, text in enumerate(iter(lambda: file.readline(LINE_LENGTH), ""), 1):
            address = text.strip().strip(",;").strip('"')
            if address and not address.startswith("#"):
                yield Row(line, address, "", "", {}, SubscriptionState.CONFIRMED, None, "")


def _suppress_batches(
    database: Database, keyring: Keyring, source: _Source, rows: Iterator[Row | HashRow | Finding]
) -> Iterator[SuppressionImport]:
    while batch := list(islice(rows, _BATCH_ROWS)):
        with database.write() as connection:
            report = _suppress_batch(connection, keyring, source, batch)
        yield report


def _suppress_batch(
    connection: Connection, keyring: Keyring, source: _Source, batch: Sequence[Row | HashRow | Finding]
) -> SuppressionImport:
    findings: list[Finding] = []
    added = known = 0
    for row in batch:
        if isinstance(row, Finding):
            findings += [row] if row.level is Level.ERROR else []
            continue
        if isinstance(row, HashRow):
            if row.key_name != keyring.hash_key_name:
                message = "the hash was made with another key"
                findings.append(row_finding(source.name, row.line, message, _REMEDY))
                continue
            is_new = insert_suppression(connection, row.address_hash, row.reason, origin=row.origin, at=row.at)
        else:
            try:
                address = Address.parse(row.email)
            except ValueError as error:
                message = f"'{row.email[:60]}' is not an address: {error}"
                findings.append(row_finding(source.name, row.line, message, _REMEDY))
                continue
            reason = _reason(row, source.reason)
            is_new = suppress_address(connection, keyring, address, reason, origin=source.origin, now=source.now)
        added, known = added + is_new, known + (not is_new)
    return SuppressionImport(added=added, known=known, findings=tuple(findings))


def _reason(row: Row, default: SuppressionReason) -> SuppressionReason:
    reason = row.suppression or parse_status(row.fields.get("reason", ""))
    return reason if isinstance(reason, SuppressionReason) else default
