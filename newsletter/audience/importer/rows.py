"""Row reader: a CSV record becomes a `Row`, one person with cleaned cells and the status that the file gives them.

This is the only reader of table rows; `jsonl` reads our own JSON Lines exports into the same rows.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

from newsletter.audience.custom_fields import FieldKind, is_no, read_value
from newsletter.audience.importer.cell_values import (
    field_name,
    read_attributes,
    read_consent,
    read_tags,
    with_iso_day,
)
from newsletter.audience.importer.columns import Column, column_positions, heading_key, meaning_of
from newsletter.audience.importer.csv_file import ImportFile, row_finding
from newsletter.audience.importer.csv_reader import read_records
from newsletter.audience.importer.vendor_formats import ColumnMeaning, ImportedStatus, parse_status
from newsletter.audience.models import Consent, SubscriptionState, SuppressionReason
from newsletter.audience.text_cleanup import FIELD_LENGTH, cleaned, cleaned_cells, cleaned_name, name_of_cell
from newsletter.finding import Finding, Level

_SEVERITY = (SubscriptionState.CONFIRMED, SubscriptionState.PENDING, SubscriptionState.ENDED)
_REASONS = {
    ColumnMeaning.BOUNCED: SuppressionReason.BOUNCED,
    ColumnMeaning.COMPLAINED: SuppressionReason.COMPLAINED,
}
_REASON_VALUES = frozenset(reason.value for reason in SuppressionReason)
_CACHED_STATUSES = 1000
_RowStatus = tuple[SubscriptionState, SuppressionReason | None]


class Row(NamedTuple):
    """One person as a file has them, the address not checked yet. A tuple, since an import makes a million."""

    line: int
    email: str
    first_name: str
    last_name: str
    fields: dict[str, str]
    state: SubscriptionState
    suppression: SuppressionReason | None
    consent: str
    """What the file says of an earlier consent."""
    tags: tuple[str, ...] = ()
    history: tuple[Consent, ...] = ()
    """Every earlier consent, where the file is one of our exports."""
    since: datetime | None = None
    """Since when their subscription has had its state, where the file says so."""
    named_at: datetime | None = None
    """When they chose their first name themselves, where the file is one of our exports."""


def read_rows(source: ImportFile, kinds: Mapping[str, FieldKind] | None = None) -> Iterator[Row | Finding]:
    """Yield a file's people in order; a record that cannot be read is a finding, and the next record follows.

    `kinds` maps custom fields to what they hold: a value of another kind is a finding, and only that value is dropped.
    """
    with source.path.open(encoding=source.encoding, errors="replace", newline="") as file:
        records = read_records(file, source.separator)
        for _ in range(source.header_records):
            next(records, None)
        reader = RowReader(source, kinds or {})
        for line, record in records:
            row = reader.read(line, record)
            if reader.findings:
                yield from reader.findings
                reader.findings.clear()
            if row is not None:
                yield row


class RowReader:
    """Reads the records of one file."""

    def __init__(self, source: ImportFile, kinds: Mapping[str, FieldKind]) -> None:
        self._source = source
        self._width = len(source.columns)
        self._format = source.format.name if source.format else ""
        self._has_status_words = bool(source.format and source.format.status_words)
        self._positions = column_positions(source.columns)
        statuses = [column for _, column in self._positions.statuses if column.meaning is ColumnMeaning.STATUS]
        self._status_column = min(statuses, key=lambda column: heading_key(column.heading) == "state", default=None)
        """The column whose every word should be known; beside a status, a state may be an American one."""
        self._typed_fields = {name: kind for name, kind in kinds.items() if kind is not FieldKind.TEXT}
        indexes = [index for index, _ in self._positions.statuses]
        self._status_cells: Callable[[list[str]], object] = itemgetter(*indexes) if indexes else lambda _: ()
        self._cached_statuses: dict[object, _RowStatus] = {}
        """By the cells of the status columns, of which a million rows have few."""
        self.findings: list[Finding] = []
        """What was wrong with the last record; the caller that reads it clears it."""

    def read(self, line: int, record: list[str] | str) -> Row | None:
        """Return the person in a record, None if it is empty or must not be imported."""
        if isinstance(record, str):
            remedy = "Correct the line and import again; the rest was read"
            self.findings.append(row_finding(self._source.name, line, record, remedy))
            return None
        cells = cleaned_cells(record)
        if not any(cells):
            return None
        if len(cells) != self._width:
            if len(cells) > self._width and any(cells[self._width :]):
                self._report_surplus(line, len(cells))
            cells = [*cells[: self._width], *[""] * (self._width - len(cells))]
        return self._row(line, cells)

    def _row(self, line: int, cells: list[str]) -> Row | None:
        """Return the person in a record's cleaned cells, one for each column; None if the status cannot be read."""
        positions = self._positions
        fields = {name: cell for index, name in positions.fields if (cell := cells[index])}
        status = self._cached_statuses.get(self._status_cells(cells)) or self._status(line, cells, fields)
        if status is None:
            return None
        cells.append("")  # what a column at -1 holds
        first, last = name_of_cell(cells[positions.first_name]), name_of_cell(cells[positions.last_name])
        if not first and not last and cells[positions.whole_name]:
            first, _, last = name_of_cell(cells[positions.whole_name]).partition(" ")
        consent = cells[positions.consent]
        if positions.proofs:
            consent = self._proof(cells, consent)
        for index in positions.joined:
            if cells[index] and "joined" not in fields:
                fields["joined"] = with_iso_day(cells[index])
        for index in positions.attributes:
            names = self._add_attributes(line, index, cells[index], fields)
            if names and not first and not last:
                first, last = names.get(ColumnMeaning.FIRST_NAME, ""), names.get(ColumnMeaning.LAST_NAME, "")
        if self._typed_fields:
            self._convert_fields(line, fields)
        tags: tuple[str, ...] = ()
        if positions.tags:
            tags = tuple(dict.fromkeys(tag for index in positions.tags for tag in read_tags(cells[index])))
        history = read_consent(consent) if positions.has_states and consent else ()
        if history:
            consent = ""
        since = history[0].at if history else None
        state, suppression = status
        return Row(line, cells[positions.email], first, last, fields, state, suppression, consent, tags, history, since)

    def _status(self, line: int, cells: list[str], fields: dict[str, str]) -> _RowStatus | None:
        """Return state and suppression that a row gives somebody, None where they cannot be read."""
        field_count = len(fields)
        state, suppression = SubscriptionState.CONFIRMED, None
        if self._source.status is not None:
            state, suppression = _worse(self._source.status, state, suppression)
        for index, column in self._positions.statuses:
            status = self._status_of_cell(line, column, cells[index], fields)
            if status is not None and status is not SubscriptionState.CONFIRMED:
                state, suppression = _worse(status, state, suppression)
            elif any(finding.level is Level.ERROR for finding in self.findings):
                return None
        is_repeatable = not self.findings and len(fields) == field_count
        if is_repeatable and len(self._cached_statuses) < _CACHED_STATUSES:
            self._cached_statuses[self._status_cells(cells)] = state, suppression
        return state, suppression

    def _status_of_cell(self, line: int, column: Column, cell: str, fields: dict[str, str]) -> ImportedStatus | None:
        """Return what a cell says against mailing somebody, if it does."""
        match column.meaning:
            case ColumnMeaning.CONFIRMED:
                return SubscriptionState.PENDING if is_no(cell) else None
            case ColumnMeaning.WANTED:
                return SubscriptionState.ENDED if cell and is_no(cell) else None
            case ColumnMeaning.UNSUBSCRIBED:
                return None if is_no(cell) else SubscriptionState.ENDED
            case ColumnMeaning.BOUNCED | ColumnMeaning.COMPLAINED:
                return None if is_no(cell) else _REASONS[column.meaning]
        if not cell:
            return None
        if column.meaning is ColumnMeaning.SUPPRESSION and cell in _REASON_VALUES:
            return SuppressionReason(cell)
        status = parse_status(cell, self._format)
        if status is not None:
            return status
        if column.meaning is not ColumnMeaning.STATUS:
            message = f"unknown {column.field} '{cell}'"
            remedy = "Known: confirmed, pending, ended"
            self.findings.append(row_finding(self._source.name, line, message, remedy))
            return None
        if self._has_status_words and column is self._status_column:
            message = f"{self._format}'s {column.heading} '{cleaned(cell, 40)}' is not known here"
            self._warn(line, f"{message}, so the subscriber is pending", "Use --map to say what the column means")
            return SubscriptionState.PENDING
        fields[column.field] = cell
        return None

    def _proof(self, cells: list[str], consent: str) -> str:
        parts = [f"{heading} {cells[index]}" for index, heading in self._positions.proofs if cells[index]]
        return cleaned("; ".join([consent, *parts] if consent else parts), FIELD_LENGTH)

    def _add_attributes(self, line: int, index: int, cell: str, fields: dict[str, str]) -> dict[ColumnMeaning, str]:
        """Add the members of a cell's JSON object to the fields, and return the names among them."""
        attributes = read_attributes(cell)
        if attributes is None and not self._format:
            fields.setdefault(self._source.columns[index].field, cell)
        elif attributes is None:
            self._warn(
                line, "the attributes are not a JSON object, so they were left out", "Correct them if they matter"
            )
        names: dict[ColumnMeaning, str] = {}
        for name, text in (attributes or {}).items():
            meaning = meaning_of(name)
            if meaning in {ColumnMeaning.FIRST_NAME, ColumnMeaning.LAST_NAME}:
                names.setdefault(meaning, cleaned_name(text))
            elif key := field_name(name):
                fields.setdefault(key, text)
        return names

    def _convert_fields(self, line: int, fields: dict[str, str]) -> None:
        """Write the values of typed fields in the spelling of their kind, and drop those of another kind."""
        for name, kind in self._typed_fields.items():
            if name not in fields:
                continue
            value = read_value(kind, fields[name])
            if value is None:
                shown = cleaned(fields.pop(name), 40)
                self._warn(line, f"{name} '{shown}' is not a {kind}, so it was left out", "Correct it and import again")
            else:
                fields[name] = value

    def _report_surplus(self, line: int, count: int) -> None:
        message = f"{count} cells but only {self._width} column names, so the last cells were ignored"
        self._warn(line, message, "Put quotation marks around a cell that contains a comma")

    def _warn(self, line: int, message: str, remedy: str) -> None:
        self.findings.append(row_finding(self._source.name, line, message, remedy, Level.WARNING))


def _worse(status: ImportedStatus, state: SubscriptionState, suppression: SuppressionReason | None) -> _RowStatus:
    """Return a state and suppression with another status added: the stricter one wins."""
    if isinstance(status, SuppressionReason):
        return state, suppression or status
    return max(state, status, key=_SEVERITY.index), suppression
