"""Import: a sheet's people join a list, in batches that can each be repeated.

A batch is one transaction: if the import breaks off, what was done stays done, and running it again
does the rest. Between two batches another writer gets its turn.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from functools import reduce
from pathlib import Path

from sqlalchemy import Connection, func, insert, select, update

from newsletter.audience.custom_fields import FieldKind
from newsletter.audience.importer.ahead import read_batches, uncollected
from newsletter.audience.importer.csv_file import ImportFile, inspect_file
from newsletter.audience.importer.dedupe import Batch
from newsletter.audience.importer.jsonl import HashRow
from newsletter.audience.importer.report import ImportReport, RowResult, RowStatus
from newsletter.audience.importer.staging import Judgement, judge, staged, staged_people
from newsletter.audience.importer.upsert import Origin, admit
from newsletter.audience.models import SubscriptionState
from newsletter.audience.tables import ensure_lists, imports, insert_missing, lists, subscriptions, suppressions
from newsletter.database import Database
from newsletter.errors import SettingsError
from newsletter.settings import SETTINGS_FILE, Settings
from newsletter.tokens import Keyring

_PENDING = SubscriptionState.PENDING.value


def import_csv(
    database: Database, keyring: Keyring, path: Path, list_name: str, *, now: datetime, dry_run: bool = False
) -> ImportReport:
    """Import a whole CSV file; the raises are those of `read_sheet` and of the database."""
    return reduce(
        ImportReport.merged, import_file(database, keyring, inspect_file(path), list_name, now=now, dry_run=dry_run)
    )


def import_list_source(
    database: Database, keyring: Keyring, settings: Settings, list_name: str, *, now: datetime
) -> ImportReport | None:
    """Import the file that `[lists.NAME] source` names, unless it is the one imported last; None if so.

    Raises SettingsError when the file is not there.
    """
    source = settings.list_named(list_name).source
    if source is None:
        return None
    path = settings.root / source
    if not path.is_file():
        raise SettingsError(
            f"{SETTINGS_FILE}: [lists.{list_name}] source = '{source}': no such file. Put it there, or remove the line"
        )
    sheet = inspect_file(path)
    if _last_digest(database, list_name, sheet.name) == sheet.digest:
        return None
    return reduce(ImportReport.merged, import_file(database, keyring, sheet, list_name, now=now, kinds=settings.fields))


def import_file(
    database: Database,
    keyring: Keyring,
    sheet: ImportFile,
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
    batches = read_batches(keyring, sheet, list_name, typed)

    def bring_batch() -> ImportReport | None:
        if (sorted_out := next(batches, None)) is None:
            return None
        report, sound = sorted_out
        with staged(database, sound, is_dry_run=dry_run) as connection:
            people = staged_people(connection) if dry_run else None
            judgement = judge(connection, list_id, sound, newest=newest)
            if origin is not None:
                admit(connection, origin, sound, judgement)
                _suppress_hashes(connection, sound.hashes)
        return report.merged(_report(sheet, list_name, sound, judgement, newest, people))

    with closing(batches):
        while True:
            with uncollected():
                done = bring_batch()
            if done is None:
                break
            yield done
    if origin is not None:
        with database.write() as connection:
            connection.execute(update(imports).where(imports.c.id == origin.import_id).values(finished_at=now))


def _begin(database: Database, sheet: ImportFile, list_name: str, now: datetime) -> Origin:
    ensure_lists(database, [list_name])
    with database.write() as connection:
        list_id = connection.execute(select(lists.c.id).where(lists.c.name == list_name)).scalar_one()
        begun = connection.execute(
            insert(imports)
            .values(list_id=list_id, name=sheet.name, digest=sheet.digest, started_at=now)
            .returning(imports.c.id)
        )
        return Origin(list_id=list_id, text=f"import {sheet.name}", import_id=begun.scalar_one(), at=now)


def _suppress_hashes(connection: Connection, hashes: Sequence[HashRow]) -> None:
    rows = [
        {"address_hash": each.address_hash, "reason": each.reason.value, "at": each.at, "origin": each.origin}
        for each in hashes
    ]
    if rows:
        connection.execute(insert_missing(connection, suppressions), rows)


def _report(
    sheet: ImportFile,
    list_name: str,
    batch: Batch,
    judgement: Judgement,
    newest: int,
    everybody: Sequence[tuple[int, str]] | None,
) -> ImportReport:
    """Say what became of a batch's rows: of the lines and addresses of `everybody` where they are told."""
    counts: Counter[RowStatus] = Counter(
        {RowStatus.ADDED: judgement.newcomers, RowStatus.KNOWN: len(judgement.settled)}
    )
    results: list[RowResult] = []
    pending = batch.pending - _not_joining(judgement)
    if everybody is not None:
        ruled = {ruling.entry.row.line for ruling in judgement.rulings}
        results += [
            RowResult(
                line=line,
                address=address,
                status=RowStatus.KNOWN if line in judgement.settled else RowStatus.ADDED,
                reason=_PENDING if line in pending else "",
            )
            for line, address in everybody
            if line not in ruled
        ]
    for ruling in judgement.rulings:
        status = ruling.status
        if status is not RowStatus.KEPT_OUT and (ruling.known.subscription_id or 0) > newest:
            status = RowStatus.REPEATED  # a batch before this one brought them
        counts[status] += 1
        if everybody is not None or status is RowStatus.KEPT_OUT:
            line = ruling.entry.row.line
            reason = _PENDING if line in pending else ruling.reason
            results.append(RowResult(line=line, address=ruling.entry.address, status=status, reason=reason))
    return ImportReport(
        file=sheet.name,
        list_name=list_name,
        counts=+counts,
        pending=len(pending),
        kept_out=Counter(ruling.reason for ruling in judgement.rulings if ruling.status is RowStatus.KEPT_OUT),
        results=tuple(sorted(results, key=lambda outcome: outcome.line)),
    )


def _not_joining(judgement: Judgement) -> set[int]:
    return {ruling.entry.row.line for ruling in judgement.rulings if ruling.status is not RowStatus.ADDED}


def _last_digest(database: Database, list_name: str, name: str) -> str | None:
    with database.read() as connection:
        return connection.scalar(
            select(imports.c.digest)
            .join(lists, lists.c.id == imports.c.list_id)
            .where(lists.c.name == list_name, imports.c.name == name, imports.c.finished_at.is_not(None))
            .order_by(imports.c.id.desc())
            .limit(1)
        )
