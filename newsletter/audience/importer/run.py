"""Import: the people of a file join a list, in batches that can each be repeated.

The steps of one batch: read rows (`rows`, `jsonl`), drop repeated and invalid ones (`dedupe`), put the rest in
temporary tables (`staging_tables`), decide what happens to each (`decide`), write it (`upsert`), report it (`report`).
A batch is one transaction: if an import is interrupted, finished batches stay, and importing the file again does the
rest. Other writers can write between two batches.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import reduce
from itertools import islice
from pathlib import Path

from sqlalchemy import func, insert, select, update

from newsletter.audience.custom_fields import FieldKind
from newsletter.audience.importer.csv_file import ImportFile, inspect_file
from newsletter.audience.importer.decide import BatchDecision, decide_batch
from newsletter.audience.importer.dedupe import Batch, dedupe
from newsletter.audience.importer.jsonl import read_json_rows
from newsletter.audience.importer.report import ImportReport, RowResult, RowStatus
from newsletter.audience.importer.rows import read_rows
from newsletter.audience.importer.staging_tables import staged
from newsletter.audience.importer.upsert import ImportOrigin, upsert
from newsletter.audience.models import SubscriptionState
from newsletter.audience.tables import ensure_lists, imports, lists, subscriptions
from newsletter.database import Database
from newsletter.errors import SettingsError
from newsletter.gc_pause import gc_paused
from newsletter.settings import SETTINGS_FILE, Settings
from newsletter.tokens import Keyring

BATCH_ROWS = 10_000
"""Rows of one transaction."""
_PENDING = SubscriptionState.PENDING.value


def import_csv(
    database: Database, keyring: Keyring, path: Path, list_name: str, *, now: datetime, dry_run: bool = False
) -> ImportReport:
    """Import a whole CSV file; raises what `inspect_file` and the database raise."""
    return reduce(
        ImportReport.merged, import_file(database, keyring, inspect_file(path), list_name, now=now, dry_run=dry_run)
    )


def import_list_source(
    database: Database, keyring: Keyring, settings: Settings, list_name: str, *, now: datetime
) -> ImportReport | None:
    """Import the file that `[lists.NAME] source` names; None if there is none, or it was the last one imported.

    Raises SettingsError when the file does not exist.
    """
    source = settings.list_named(list_name).source
    if source is None:
        return None
    path = settings.root / source
    if not path.is_file():
        raise SettingsError(
            f"{SETTINGS_FILE}: [lists.{list_name}] source = '{source}': no such file. Put it there, or remove the line"
        )
    file = inspect_file(path)
    if _last_digest(database, list_name, file.name) == file.digest:
        return None
    return reduce(ImportReport.merged, import_file(database, keyring, file, list_name, now=now, kinds=settings.fields))


def import_file(
    database: Database,
    keyring: Keyring,
    source: ImportFile,
    list_name: str,
    *,
    now: datetime,
    dry_run: bool = False,
    kinds: Mapping[str, str] | None = None,
) -> Iterator[ImportReport]:
    """Import a file batch by batch, and yield a report of each.

    Closing the iterator stops after the last reported batch. A dry run writes nothing. `kinds` maps custom fields to
    what they hold.
    """
    typed = {name: FieldKind(kind) for name, kind in (kinds or {}).items()}
    origin = None if dry_run else _begin(database, source, list_name, now)
    with database.read() as connection:
        list_id = connection.scalar(select(lists.c.id).where(lists.c.name == list_name))
        newest = connection.scalar(select(func.max(subscriptions.c.id))) or 0
    yield ImportReport(file=source.name, list_name=list_name, findings=source.findings)
    rows = read_json_rows(source, typed) if source.is_json else read_rows(source, typed)
    while True:
        with gc_paused():
            if not (next_rows := list(islice(rows, BATCH_ROWS))):
                break
            report, batch = dedupe(keyring, source, list_name, next_rows)
            with staged(database, batch, is_dry_run=dry_run) as connection:
                decision = decide_batch(connection, list_id, batch, newest=newest)
                if origin is not None:
                    upsert(connection, origin, batch, decision)
            report = report.merged(_report(report, batch, decision, newest=newest, names_all=dry_run))
        yield report
    if origin is not None:
        with database.write() as connection:
            connection.execute(update(imports).where(imports.c.id == origin.import_id).values(finished_at=now))


def _begin(database: Database, source: ImportFile, list_name: str, now: datetime) -> ImportOrigin:
    """Record that the import has begun."""
    ensure_lists(database, [list_name])
    with database.write() as connection:
        list_id = connection.execute(select(lists.c.id).where(lists.c.name == list_name)).scalar_one()
        begun = connection.execute(
            insert(imports)
            .values(list_id=list_id, name=source.name, digest=source.digest, started_at=now)
            .returning(imports.c.id)
        )
        return ImportOrigin(list_id=list_id, text=f"import {source.name}", import_id=begun.scalar_one(), at=now)


def _report(
    deduped: ImportReport, batch: Batch, decision: BatchDecision, *, newest: int, names_all: bool
) -> ImportReport:
    """Return what became of the valid rows of a batch; the results name who was kept out, or everybody."""
    counts: Counter[RowStatus] = Counter(
        {
            RowStatus.ADDED: decision.newcomers,
            RowStatus.KNOWN: len(decision.unchanged),
        }
    )
    pending = batch.pending - {row.valid.row.line for row in decision.rows if row.status is not RowStatus.ADDED}
    results: dict[int, RowResult] = {}
    if names_all:
        for line, valid in batch.rows.items():
            status = RowStatus.KNOWN if line in decision.unchanged else RowStatus.ADDED
            reason = _PENDING if line in pending else ""
            results[line] = RowResult(line=line, address=valid.address, status=status, reason=reason)
    for row in decision.rows:
        status, line = row.status, row.valid.row.line
        if status is not RowStatus.KEPT_OUT and (row.known.subscription_id or 0) > newest:
            status = RowStatus.REPEATED  # an earlier batch of this import brought them
        counts[status] += 1
        if names_all or status is RowStatus.KEPT_OUT:
            reason = _PENDING if line in pending else row.reason
            results[line] = RowResult(line=line, address=row.valid.address, status=status, reason=reason)
    return ImportReport(
        file=deduped.file,
        list_name=deduped.list_name,
        counts=+counts,
        pending=len(pending),
        kept_out=Counter(row.reason for row in decision.rows if row.status is RowStatus.KEPT_OUT),
        results=tuple(results[line] for line in sorted(results)),
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
