"""Subscribers: import and export lists, add and remove people, tags and fields; and the suppression list.

Every use case that changes something for a person takes the `origin`: who or what did it, which is part of the
proof of consent.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from newsletter import audience
from newsletter.address import Address
from newsletter.app.publication import Publication
from newsletter.audience import importer
from newsletter.errors import UsageError
from newsletter.finding import Finding

if TYPE_CHECKING:
    from newsletter.app.readers.personal_data import ErasureResult, PersonalData
    from newsletter.audience import (
        FieldDescription,
        ListCount,
        ListedSuppression,
        ListMember,
        Suppression,
        SuppressionReason,
    )
    from newsletter.audience.importer import ImportFile, ImportReport, SuppressionImport


class ExportFormat(StrEnum):
    """How an exported list is written."""

    CSV = "csv"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRequest:
    """A file of subscribers, and how it is to be read."""

    file: Path
    list_name: str
    mapping: Mapping[str, str] = field(default_factory=dict)
    """What columns hold, by their heading: email, name, status, tags, a field's name, or "-" for nothing."""
    encoding: str | None = None
    """None to detect it."""
    rejects: Path | None = None
    """Where rows go that cannot be read; None for a file below var/imports."""
    is_dry_run: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetOpened:
    """The rows of a sheet are about to be imported; a ZIP file may hold several sheets."""

    sheet: "ImportFile"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchImported:
    """One batch of a sheet is imported; in a dry run, its outcomes name everybody."""

    sheet: "ImportFile"
    batch: "ImportReport"
    rows: int
    """How many rows of the sheet were read so far."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportResult:
    """What an import did, or would do."""

    report: "ImportReport"
    format_name: str | None
    """The newsletter service whose export it is; None for any other file."""
    rejects: Path | None
    """The file that holds the rejected rows, with the reasons; None without any."""
    rejected: int
    is_dry_run: bool

    @property
    def is_all_rejected(self) -> bool:
        """Whether not a single row could be read."""
        return bool(self.report.rows) and self.report.count(importer.RowStatus.REJECTED) == self.report.rows


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedSubscriber:
    """A subscriber who is on a list now."""

    address: Address
    is_new: bool
    """False if they were on it already."""


def import_changed_source(publication: Publication, list_name: str) -> tuple[Finding, ...]:
    """Import the file that `[lists.NAME] source` names, if it has changed; return what was wrong in it."""
    audience.ensure_lists(publication.database, publication.settings.lists)
    report = importer.import_list_source(
        publication.database, publication.keyring, publication.settings, list_name, now=publication.now()
    )
    return () if report is None else tuple(report.findings)


def import_subscribers(
    publication: Publication, request: ImportRequest
) -> Iterator[SheetOpened | BatchImported | ImportResult]:
    """Import a CSV, JSON Lines or ZIP file into a list; closing the generator stops after the last batch.

    Rows are confirmed, with the file and line as proof, unless they say otherwise. People who unsubscribed, bounced,
    complained or was erased stays out. It may be repeated. The result comes last.
    """
    settings = publication.settings
    settings.list_named(request.list_name)
    rejects_file = request.rejects or settings.var / "imports" / f"{request.file.stem}.rejected.csv"
    total: ImportReport | None = None
    with (
        importer.open_import_files(request.file, encoding=request.encoding, mapping=request.mapping) as sheets,
        importer.RejectedRows(rejects_file) as rejects,
    ):
        for sheet in sheets:
            yield SheetOpened(sheet=sheet)
            rows = 0
            for batch in importer.import_file(
                publication.database,
                publication.keyring,
                sheet,
                request.list_name,
                now=publication.now(),
                dry_run=request.is_dry_run,
                kinds=settings.fields,
            ):
                rejects.note(sheet, batch.findings)
                total = total.merged(batch) if total else batch
                rows += batch.rows
                yield BatchImported(sheet=sheet, batch=batch, rows=rows)
    if total is not None:
        format_ = sheets[0].format
        yield ImportResult(
            report=total,
            format_name=format_.name if format_ else None,
            rejects=rejects_file if rejects.count else None,
            rejected=rejects.count,
            is_dry_run=request.is_dry_run,
        )


def export_subscribers(
    publication: Publication, list_name: str, out: Path | TextIO, format: ExportFormat | None = None
) -> int:
    """Write a list with state, fields, tags and consent to a file or a stream; return how many subscribers.

    Without a format, a file named *.jsonl is written as JSON Lines, anything else as CSV. A file appears whole or
    not at all, and only its owner may read it.
    """
    publication.settings.list_named(list_name)
    is_jsonl = format is ExportFormat.JSONL or (format is None and isinstance(out, Path) and out.suffix == ".jsonl")

    def write(stream: TextIO) -> int:
        if is_jsonl:
            return audience.export_json(publication.database, publication.keyring, list_name, stream)
        return audience.export_csv(publication.database, list_name, stream)

    if not isinstance(out, Path):
        return write(out)
    part = out.with_name(f".{out.name}.part")
    with _private_file(part) as stream:
        number = write(stream)
    part.replace(out)
    return number


def add_subscriber(
    publication: Publication, address: Address, list_name: str, *, first_name: str, last_name: str, origin: str
) -> AddedSubscriber:
    """Put a person on a list, confirmed by the author's word; it also brings back who had unsubscribed.

    UsageError for a suppressed address.
    """
    publication.settings.list_named(list_name)
    is_new = audience.add_subscriber(
        publication.database,
        publication.keyring,
        address,
        list_name,
        first_name=first_name,
        last_name=last_name,
        origin=origin,
        now=publication.now(),
    )
    return AddedSubscriber(address=address, is_new=is_new)


def remove_subscriber(
    publication: Publication, address: Address, list_name: str | None = None, *, origin: str, is_dry_run: bool
) -> tuple[str, ...]:
    """End a person's subscription to a list; without one, to every list, and suppress the address.

    Returns the names of the lists. UsageError when nobody here has the address.
    """
    if list_name:
        publication.settings.list_named(list_name)
    record = audience.read_subscriber_record(publication.database, publication.keyring, address)
    if record is None or record.subscriber is None:
        raise _unknown(address)
    if is_dry_run:
        return tuple(
            subscription.list_name
            for subscription, _ in record.subscriptions
            if subscription.state != "ended" and list_name in {None, subscription.list_name}
        )
    return audience.unsubscribe(
        publication.database, record.subscriber.id, list_name, origin=origin, now=publication.now()
    )


def list_subscribers(publication: Publication, list_name: str) -> Iterator["ListMember"]:
    """Return everybody who is or was on a list, with their subscription status."""
    publication.settings.list_named(list_name)
    return audience.list_members(publication.database, list_name)


def change_tags(
    publication: Publication, address: Address, *, added: Sequence[str] = (), removed: Sequence[str] = ()
) -> tuple[str, ...]:
    """Add tags to a person and remove others; return the tags they have now."""
    subscriber_id = audience.find_subscriber_id(publication.database, address)
    if subscriber_id is None:
        raise _unknown(address)
    audience.change_tags(publication.database, subscriber_id, added=added, removed=removed)
    record = audience.read_subscriber_record(publication.database, publication.keyring, address)
    return tuple(record.subscriber.tags) if record and record.subscriber else ()


def describe_fields(publication: Publication, list_name: str) -> "tuple[FieldDescription, ...]":
    """Return each custom field of a list's subscribers: its type, how many have it, and an example."""
    publication.settings.list_named(list_name)
    return audience.describe_fields(publication.database, list_name, publication.settings.fields)


def count_lists(publication: Publication) -> "tuple[ListCount, ...]":
    """Count the subscribers of each list by their status."""
    audience.ensure_lists(publication.database, publication.settings.lists)
    return audience.count_lists(publication.database)


def find_personal_data(publication: Publication, address: Address) -> "PersonalData":
    """Return everything that is held about a person; UsageError when that is nothing."""
    data = collect_personal_data(publication, address)
    if data.is_empty:
        raise _unknown(address)
    return data


def collect_personal_data(publication: Publication, address: Address) -> "PersonalData":
    """Return everything that is held about a person, in all packages."""
    from newsletter.app.readers import personal_data

    return personal_data.collect_personal_data(publication.database, publication.keyring, publication.settings, address)


def erase_person(publication: Publication, address: Address, *, origin: str) -> "ErasureResult":
    """Erase a person in all packages; only a keyed hash stays, which keeps imports from adding the address again."""
    from newsletter.app.readers import personal_data

    return personal_data.erase_person(
        publication.database, publication.keyring, publication.settings, address, origin=origin, now=publication.now()
    )


def withdraw_click_tracking(publication: Publication, address: Address, *, origin: str, is_dry_run: bool) -> int | None:
    """Withdraw a person's consent to click tracking and delete their clicks; return how many, None without consent."""
    from newsletter.app.readers import personal_data

    data = collect_personal_data(publication, address)
    subscriber = data.person.subscriber if data.person else None
    if subscriber is None:
        raise _unknown(address)
    if subscriber.clicks_agreed_at is None:
        return None
    if not is_dry_run:
        personal_data.withdraw_click_tracking(
            publication.database, subscriber.id, origin=origin, proof=audience.ConsentProof(), now=publication.now()
        )
    return len(data.clicks)


def list_suppressions(publication: Publication) -> Iterator["ListedSuppression"]:
    """Return the suppressed addresses; of erased people only a hash is known."""
    return audience.list_suppressions(publication.database)


def suppress(publication: Publication, address: Address, reason: "SuppressionReason", *, origin: str) -> bool:
    """Never mail an address again, whatever list it is on; False if it was suppressed already."""
    return audience.suppress(
        publication.database, publication.keyring, address, reason, origin=origin, now=publication.now()
    )


def lift_suppression(publication: Publication, address: Address, *, origin: str) -> "Suppression":
    """Allow an address to be mailed again, and return what was lifted; UsageError when it is not suppressed."""
    lifted = audience.lift_suppression(
        publication.database, publication.keyring, address, origin=origin, now=publication.now()
    )
    if lifted is None:
        raise UsageError(f"{address} is not suppressed")
    return lifted


def import_suppressions(
    publication: Publication, file: Path, reason: "SuppressionReason"
) -> "Iterator[SuppressionImport]":
    """Suppress the addresses of a file, yielding each batch; `reason` is used where the file has none."""
    return importer.import_suppressions(publication.database, publication.keyring, file, reason, now=publication.now())


def export_suppressions(publication: Publication, out: Path | TextIO) -> int:
    """Write every suppression as JSON Lines, with a keyed hash instead of the address; return how many."""
    if not isinstance(out, Path):
        return audience.export_suppressions(publication.database, publication.keyring, out)
    with _private_file(out) as stream:
        return audience.export_suppressions(publication.database, publication.keyring, stream)


def _unknown(address: Address) -> UsageError:
    return UsageError(f"nobody here has the address {address}")


@contextmanager
def _private_file(path: Path) -> Iterator[TextIO]:
    with path.open("w", encoding="utf-8", newline="") as file:
        path.chmod(0o600)
        yield file
