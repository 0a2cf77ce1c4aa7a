"""Rows: the people of a sheet, one by one, their cells cleaned and their standing read."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from operator import itemgetter
from typing import NamedTuple

from newsletter.audience.custom_fields import FieldKind, is_no, read_value
from newsletter.audience.importer.cell_values import day_first, field_name, read_attributes, read_history, read_tags
from newsletter.audience.importer.columns import Column, letters_of, meaning_of
from newsletter.audience.importer.csv_file import ImportFile, row_finding
from newsletter.audience.importer.csv_reader import read_records
from newsletter.audience.importer.meaning import Meaning
from newsletter.audience.importer.places import places_of
from newsletter.audience.importer.vendor_formats import Standing, read_status
from newsletter.audience.models import Consent, SubscriptionState, SuppressionReason
from newsletter.audience.text_cleaning import (
    FIELD_LENGTH,
    NAME_LENGTH,
    cleaned,
    cleaned_cells,
    cleaned_name,
    name_of_cell,
)
from newsletter.finding import Finding, Level

_GRAVITY = (SubscriptionState.CONFIRMED, SubscriptionState.PENDING, SubscriptionState.ENDED)
_REASONS = {
    Meaning.BOUNCED: SuppressionReason.BOUNCED,
    Meaning.COMPLAINED: SuppressionReason.COMPLAINED,
}
_REASON_WORDS = frozenset(reason.value for reason in SuppressionReason)
_MOST_WORDS = 1000


class Row(NamedTuple):
    """One person as a sheet has them, the address not looked at yet. A tuple, for an import makes a million."""

    line: int
    email: str
    first_name: str
    last_name: str
    fields: dict[str, str]
    state: SubscriptionState
    suppression: SuppressionReason | None
    consent: str
    """What the sheet says of an earlier consent."""
    tags: tuple[str, ...] = ()
    history: tuple[Consent, ...] = ()
    """Every earlier consent, where the file is one of ours."""
    since: datetime | None = None
    """Since when they have stood as they do, where the file tells it."""
    named_at: datetime | None = None
    """When they chose their first name themselves, where the file is one of ours."""


def read_rows(sheet: ImportFile, kinds: Mapping[str, FieldKind] | None = None) -> Iterator[Row | Finding]:
    """Read a sheet's people in order; what cannot be read as one is a finding, and the next row follows.

    `kinds` says of fields what they hold: another value is a finding, and only that value is left out.
    """
    with sheet.path.open(encoding=sheet.encoding, errors="replace", newline="") as file:
        records = read_records(file, sheet.separator)
        for _ in range(sheet.header_records):
            next(records, None)
        reader = RowReader(sheet, kinds or {})
        for line, record, is_plain in records:
            yield from reader.take(line, record, is_plain=is_plain)


class RowReader:
    """Reads the rows of one sheet."""

    def __init__(self, sheet: ImportFile, kinds: Mapping[str, FieldKind]) -> None:
        self._sheet = sheet
        self._width = len(sheet.columns)
        self._format = sheet.format.name if sheet.format else ""
        self._has_words = bool(sheet.format and sheet.format.words)
        self._places = places_of(sheet.columns)
        statuses = [column for _, column in self._places.judged if column.meaning is Meaning.STATUS]
        self._status = min(statuses, key=lambda column: letters_of(column.heading) == "state", default=None)
        """The column whose every word ought to be known; beside a status, a state may be an American one."""
        self._typed = {name: kind for name, kind in kinds.items() if kind is not FieldKind.TEXT}
        judged = [index for index, _ in self._places.judged]
        self._words: Callable[[list[str]], object] = itemgetter(*judged) if judged else lambda _: ()
        self._verdicts: dict[object, tuple[SubscriptionState, SuppressionReason | None]] = {}
        """What the words of the judged columns have meant, for there are few and a million rows."""
        self._findings: list[Finding] = []
        """What was wrong with the last row."""

    def take(self, line: int, record: list[str] | str, *, is_plain: bool) -> Iterator[Row | Finding]:
        """Read what a record tells: a person, what is wrong with it, both or, of an empty one, neither."""
        if isinstance(record, str):
            yield row_finding(self._sheet.name, line, record, "Mend the line and import again; the rest was read")
            return
        cells = record if is_plain else cleaned_cells(record)
        if not any(cells):
            return
        if len(cells) != self._width:
            if len(cells) > self._width and any(cells[self._width :]):
                yield _surplus(self._sheet, line, len(cells))
            cells = [*cells[: self._width], *[""] * (self._width - len(cells))]
        row = self._read(line, cells, is_plain=is_plain)
        if self._findings:
            yield from self._findings
            self._findings.clear()
        if row is not None:
            yield row

    def is_harmless(self, column: Column, cell: str) -> bool:
        """Return whether a judged column's cell says no more of somebody than that they may be mailed."""
        fields: dict[str, str] = {}
        standing = self._standing(0, column, cell, fields)
        is_remarkable = bool(fields or self._findings)
        self._findings.clear()
        return standing in {None, SubscriptionState.CONFIRMED} and not is_remarkable

    def _read(self, line: int, cells: list[str], *, is_plain: bool) -> Row | None:
        """Return one person, None where the row must not be taken."""
        places = self._places
        fields = {name: cell for index, name in places.fields if (cell := cells[index])}
        verdict = self._verdicts.get(self._words(cells)) or self._verdict(line, cells, fields)
        if verdict is None:
            return None
        state, suppression = verdict
        cells.append("")  # what a column at -1 says
        first, last = cells[places.first_name], cells[places.last_name]
        if not is_plain or len(first) + len(last) > NAME_LENGTH:
            first, last = name_of_cell(first), name_of_cell(last)
        if not first and not last and cells[places.whole_name]:
            first, _, last = name_of_cell(cells[places.whole_name]).partition(" ")
        consent = cells[places.consent]
        if places.proofs:
            consent = self._proof(cells, consent)
        for index in places.joined:
            if cells[index] and "joined" not in fields:
                fields["joined"] = day_first(cells[index])
        for index in places.attributes:
            names = self._add_attributes(line, index, cells[index], fields)
            if names and not first and not last:
                first, last = names.get(Meaning.FIRST_NAME, ""), names.get(Meaning.LAST_NAME, "")
        if self._typed:
            self._settle_kinds(line, fields)
        tags = (
            tuple(dict.fromkeys(tag for index in places.tags for tag in read_tags(cells[index]))) if places.tags else ()
        )
        history = read_history(consent) if places.has_states and consent else ()
        if history:
            consent = ""
        since = history[0].at if history else None
        email = cells[places.email]
        return Row(line, email, first, last, fields, state, suppression, consent, tags, history, since)

    def _verdict(
        self, line: int, cells: list[str], fields: dict[str, str]
    ) -> tuple[SubscriptionState, SuppressionReason | None] | None:
        """Return how a row says that somebody stands, None where it cannot be read."""
        known = len(fields)
        state, suppression = SubscriptionState.CONFIRMED, None
        if self._sheet.standing is not None:
            state, suppression = _graver(self._sheet.standing, state, suppression)
        for index, column in self._places.judged:
            standing = self._standing(line, column, cells[index], fields)
            if standing is not None and standing is not SubscriptionState.CONFIRMED:
                state, suppression = _graver(standing, state, suppression)
            elif any(finding.level is Level.ERROR for finding in self._findings):
                return None
        if not self._findings and len(fields) == known and len(self._verdicts) < _MOST_WORDS:
            self._verdicts[self._words(cells)] = state, suppression
        return state, suppression

    def _standing(self, line: int, column: Column, cell: str, fields: dict[str, str]) -> Standing | None:
        """Return what a cell says against mailing somebody, if it does."""
        match column.meaning:
            case Meaning.CONFIRMED:
                return SubscriptionState.PENDING if is_no(cell) else None
            case Meaning.WANTED:
                return SubscriptionState.ENDED if cell and is_no(cell) else None
            case Meaning.LEFT:
                return None if is_no(cell) else SubscriptionState.ENDED
            case Meaning.BOUNCED | Meaning.COMPLAINED:
                return None if is_no(cell) else _REASONS[column.meaning]
        if not cell:
            return None
        if column.meaning is Meaning.SUPPRESSION and cell in _REASON_WORDS:
            return SuppressionReason(cell)
        status = read_status(cell, self._format)
        if status is not None or column.meaning is Meaning.STATUS:
            if status is None and self._has_words and column is self._status:
                message = f"{self._format}'s {column.heading} '{cleaned(cell, 40)}' is not known here"
                self._warn(line, f"{message}, so they are pending", "Say with --map what the column means")
                return SubscriptionState.PENDING
            if status is None:
                fields[column.field] = cell
            return status
        message = f"unknown {column.field} '{cell}'"
        self._findings.append(row_finding(self._sheet.name, line, message, "Known: confirmed, pending, ended"))
        return None

    def _proof(self, cells: list[str], consent: str) -> str:
        told = [f"{heading} {cells[index]}" for index, heading in self._places.proofs if cells[index]]
        return cleaned("; ".join([consent, *told] if consent else told), FIELD_LENGTH)

    def _add_attributes(self, line: int, index: int, cell: str, fields: dict[str, str]) -> dict[Meaning, str]:
        """Put what a cell tells into fields, and return the names in it."""
        told = read_attributes(cell)
        if told is None and not self._format:
            fields.setdefault(self._sheet.columns[index].field, cell)
        elif told is None:
            message = "attributes that are no JSON object, so they were left out"
            self._warn(line, message, "Mend them if they matter")
        names: dict[Meaning, str] = {}
        for name, text in (told or {}).items():
            meaning = meaning_of(name)
            if meaning in {Meaning.FIRST_NAME, Meaning.LAST_NAME}:
                names.setdefault(meaning, cleaned_name(text))
            elif key := field_name(name):
                fields.setdefault(key, text)
        return names

    def _settle_kinds(self, line: int, fields: dict[str, str]) -> None:
        for name, kind in self._typed.items():
            if name not in fields:
                continue
            value = read_value(kind, fields[name])
            if value is None:
                shown = cleaned(fields.pop(name), 40)
                self._warn(line, f"{name} '{shown}' is no {kind}, so it was left out", "Mend it and import again")
            else:
                fields[name] = value

    def _warn(self, line: int, message: str, remedy: str) -> None:
        self._findings.append(row_finding(self._sheet.name, line, message, remedy, Level.WARNING))


def _graver(
    standing: Standing, state: SubscriptionState, suppression: SuppressionReason | None
) -> tuple[SubscriptionState, SuppressionReason | None]:
    if isinstance(standing, SuppressionReason):
        return state, suppression or standing
    return max(state, standing, key=_GRAVITY.index), suppression


def _surplus(sheet: ImportFile, line: int, count: int) -> Finding:
    message = f"{count} cells where the headings name {len(sheet.columns)}, so the last were left out"
    remedy = "A comma inside a cell needs quotation marks around the cell"
    return row_finding(sheet.name, line, message, remedy, Level.WARNING)
