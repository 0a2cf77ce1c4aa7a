"""Import: a sheet's people join a list, in batches that can each be repeated.

A batch is one transaction: if the import breaks off, what was done stays done, and running it again
does the rest. Between two batches another writer gets its turn.
"""

import gc
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import reduce
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, func, insert, select, update

from newsletter.address import Address, is_reserved, read_plain
from newsletter.audience.admission import Origin, admit, dismiss, judge
from newsletter.audience.cells import cleaned
from newsletter.audience.fields import FieldKind
from newsletter.audience.hints import flags_of
from newsletter.audience.jsonlines import HashRow, read_json_rows
from newsletter.audience.report import Fate, ImportReport, Outcome
from newsletter.audience.roster import ensure_lists, imports, insert_missing, lists, subscriptions, suppressions
from newsletter.audience.rows import Row, read_rows
from newsletter.audience.ruling import Entry, Ruling
from newsletter.audience.sheet import Sheet, read_sheet
from newsletter.database import Database
from newsletter.errors import EditSettings
from newsletter.finding import Finding, Level
from newsletter.settings import FILE_NAME, Settings
from newsletter.tokens import Keyring

BATCH = 10_000
"""Rows to a transaction."""


def import_csv(
    database: Database, keyring: Keyring, path: Path, list_name: str, *, now: datetime, dry_run: bool = False
) -> ImportReport:
    """Import a whole CSV file; the raises are those of `read_sheet` and of the database."""
    return reduce(
        ImportReport.joined, import_sheet(database, keyring, read_sheet(path), list_name, now=now, dry_run=dry_run)
    )


def import_sources(
    database: Database, keyring: Keyring, settings: Settings, list_name: str, *, now: datetime
) -> ImportReport | None:
    """Import the file that `[lists.NAME] source` names, unless it is the one imported last; None if so.

    Raises EditSettings when the file is not there.
    """
    source = settings.list_named(list_name).source
    if source is None:
        return None
    path = settings.root / source
    if not path.is_file():
        raise EditSettings(
            f"{FILE_NAME}: [lists.{list_name}] source = '{source}': no such file. "
            "Put it there, or take the line out"
        )
    sheet = read_sheet(path)
    if _last_digest(database, list_name, sheet.name) == sheet.digest:
        return None
    return reduce(
        ImportReport.joined, import_sheet(database, keyring, sheet, list_name, now=now, kinds=settings.fields)
    )


def import_sheet(
    database: Database,
    keyring: Keyring,
    sheet: Sheet,
    list_name: str,
    *,
    now: datetime,
    dry_run: bool = False,
    kinds: Mapping[str, str] | None = None,
) -> Iterator[ImportReport]:
    """Import a sheet batch by batch, each yielding what became of its rows.

    Closing the iterator stops after the batch that was reported last. A dry run writes nothing.
    """
    typed = {name: FieldKind(kind) for name, kind in (kinds or {}).items()}
    origin = None if dry_run else _begin(database, sheet, list_name, now)
    with database.read() as connection:
        list_id = connection.scalar(select(lists.c.id).where(lists.c.name == list_name))
        newest = connection.scalar(select(func.max(subscriptions.c.id))) or 0
    yield ImportReport(file=sheet.name, list_name=list_name, findings=sheet.findings)
    rows = read_json_rows(sheet, typed) if sheet.is_json else read_rows(sheet, typed)
    while True:
        with _uncollected():
            if not (batch := list(islice(rows, BATCH))):
                break
            report, entries, hashes = _sorted_out(keyring, sheet, list_name, batch)
            with database.read() if origin is None else database.write() as connection:
                rulings = judge(connection, list_id, entries)
                if origin is not None:
                    admit(connection, origin, rulings)
                    _suppress_hashes(connection, hashes)
                dismiss(connection)
            done = report.joined(_report(sheet, list_name, rulings, newest, names_everybody=dry_run))
        yield done
    if origin is not None:
        with database.write() as connection:
            connection.execute(update(imports).where(imports.c.id == origin.import_id).values(finished_at=now))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the interpreter from looking for cycles among a batch's tuples, which have none."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _begin(database: Database, sheet: Sheet, list_name: str, now: datetime) -> Origin:
    ensure_lists(database, [list_name])
    with database.write() as connection:
        list_id = connection.execute(select(lists.c.id).where(lists.c.name == list_name)).scalar_one()
        begun = connection.execute(
            insert(imports)
            .values(list_id=list_id, name=sheet.name, digest=sheet.digest, started_at=now)
            .returning(imports.c.id)
        )
        return Origin(list_id=list_id, text=f"import {sheet.name}", import_id=begun.scalar_one(), at=now)


def _sorted_out(
    keyring: Keyring, sheet: Sheet, list_name: str, batch: Sequence[Row | HashRow | Finding]
) -> tuple[ImportReport, list[Entry], list[HashRow]]:
    """Tell sound rows from repeated ones and from those whose address is none."""
    hashes: list[HashRow] = []
    entries: dict[str, Entry] = {}
    findings: list[Finding] = []
    fates: Counter[Fate] = Counter()
    reserved = 0
    flagged: Counter[str] = Counter()
    hash_of = keyring.address_hasher()
    for row in batch:
        if isinstance(row, Finding):
            findings.append(row)
            fates[Fate.REJECTED] += row.level is Level.ERROR
            continue
        if isinstance(row, HashRow):
            if row.key_name == keyring.hash_key_name:
                hashes.append(row)
                fates[Fate.KEPT_OUT] += 1
            else:
                findings.append(_foreign_hash(sheet, row))
                fates[Fate.REJECTED] += 1
            continue
        address = read_plain(row.email)
        if address is None:
            try:
                address = str(Address.parse(row.email))
            except ValueError as error:
                findings.append(_no_address(sheet, row, str(error)))
                fates[Fate.REJECTED] += 1
                continue
        key = address.lower()
        if key in entries:
            fates[Fate.REPEATED] += 1
            continue
        reserved += is_reserved(address.rpartition("@")[2])
        if flags := flags_of(address):
            flagged.update(flags)
        entries[key] = Entry(row, address, key, hash_of(key))
    report = ImportReport(
        file=sheet.name,
        list_name=list_name,
        fates=+fates,
        reserved=reserved,
        flagged=flagged,
        findings=tuple(findings),
    )
    return report, list(entries.values()), hashes


def _suppress_hashes(connection: Connection, hashes: Sequence[HashRow]) -> None:
    rows = [
        {"address_hash": each.address_hash, "reason": each.reason.value, "at": each.at, "origin": each.origin}
        for each in hashes
    ]
    if rows:
        connection.execute(insert_missing(connection, suppressions), rows)


def _foreign_hash(sheet: Sheet, row: HashRow) -> Finding:
    message = "a suppression whose hash was made with another key, so it says nothing here"
    return Finding(
        rule="import",
        level=Level.ERROR,
        file=sheet.name,
        line=row.line,
        message=message,
        remedy="Bring var/secret.key (or NEWSLETTER_SECRET_KEY) of that publication along",
    )


def _no_address(sheet: Sheet, row: Row, reason: str) -> Finding:
    written = f"'{cleaned(row.email, 60)}' is no address: {reason}" if row.email else "no address"
    return Finding(
        rule="import",
        level=Level.ERROR,
        file=sheet.name,
        line=row.line,
        message=written,
        remedy="Mend the line and import again; the rest was read",
    )


def _report(
    sheet: Sheet, list_name: str, rulings: Sequence[Ruling], newest: int, *, names_everybody: bool
) -> ImportReport:
    fates: Counter[Fate] = Counter()
    outcomes: list[Outcome] = []
    for ruling in rulings:
        fate = ruling.fate
        if fate is not Fate.KEPT_OUT and (ruling.known.subscription_id or 0) > newest:
            fate = Fate.REPEATED  # a batch before this one brought them
        fates[fate] += 1
        if names_everybody or fate is Fate.KEPT_OUT:
            outcomes.append(
                Outcome(line=ruling.entry.row.line, address=ruling.entry.address, fate=fate, reason=ruling.reason)
            )
    return ImportReport(
        file=sheet.name,
        list_name=list_name,
        fates=fates,
        kept_out=Counter(ruling.reason for ruling in rulings if ruling.fate is Fate.KEPT_OUT),
        outcomes=tuple(outcomes),
    )


def _last_digest(database: Database, list_name: str, name: str) -> str | None:
    with database.read() as connection:
        return connection.scalar(
            select(imports.c.digest)
            .join(lists, lists.c.id == imports.c.list_id)
            .where(lists.c.name == list_name, imports.c.name == name, imports.c.finished_at.is_not(None))
            .order_by(imports.c.id.desc())
            .limit(1)
        )
