"""Sorting: sound rows of a batch told from repeated ones and from those whose address is none."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import repeat
from json.encoder import encode_basestring_ascii as json_text

from newsletter.address import is_reserved
from newsletter.audience.address_checks import flags_among, flags_of_parts
from newsletter.audience.importer.batch_db import Arrival, BatchImage
from newsletter.audience.importer.csv_file import ImportFile, row_finding
from newsletter.audience.importer.decide import Entry
from newsletter.audience.importer.jsonl import HashRow
from newsletter.audience.importer.report import ImportReport, RowStatus
from newsletter.audience.importer.rows import Row
from newsletter.audience.importer.stretches import Stretch
from newsletter.audience.importer.written import read_address
from newsletter.audience.models import SubscriptionState
from newsletter.finding import Finding, Level
from newsletter.tokens import Keyring

_ENDED = SubscriptionState.ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The sound rows of a batch, whose keys differ."""

    image: bytes
    """All of them, as `BatchImage` makes it."""
    count: int
    remarkable: Mapping[int, Entry]
    """Those who say more of a person than that they join, by their lines."""
    pending: frozenset[int]
    """The lines of those who are to be pending."""
    is_tagged: bool
    hashes: Sequence[HashRow]

    @property
    def named(self) -> list[tuple[str, str, datetime]]:
        """The keys of those who chose their first name, with that and when."""
        rows = [(entry.key, entry.row) for entry in self.remarkable.values()]
        return [(key, row.first_name, row.named_at) for key, row in rows if row.named_at is not None]


def entry_of(arrival: Arrival) -> Entry:
    """Return the row of which an arrival is made that is not remarkable, without its tags."""
    line, address, key, address_hash, first_name, last_name, fields, state, _, consent = arrival
    standing = SubscriptionState(state)
    row = Row(line, address, first_name, last_name, json.loads(fields), standing, None, consent)
    return Entry(row, address, key, address_hash)


def sort_out(
    keyring: Keyring, sheet: ImportFile, list_name: str, batch: Iterable[Row | HashRow | Finding | Stretch]
) -> tuple[ImportReport, Batch]:
    """Return the sound rows, and a report of the others."""
    sorting = _Sorting(keyring, sheet)
    for told in batch:
        if isinstance(told, Stretch):
            sorting.take_stretch(told)
        elif isinstance(told, Row):
            sorting.take_row(told)
        else:
            sorting.take_hash(told)
    return sorting.report(list_name), sorting.batch()


class _Sorting:
    """Sorts the rows of one batch, which come in the order of their lines."""

    def __init__(self, keyring: Keyring, sheet: ImportFile) -> None:
        self._keyring = keyring
        self._sheet = sheet
        self._hash_of = keyring.address_hasher()
        self._image = BatchImage()
        self._count = 0
        self._pending: set[int] = set()
        self._remarkable: dict[int, Entry] = {}
        self._hashes: list[HashRow] = []
        self._findings: list[Finding] = []
        self._counts: Counter[RowStatus] = Counter()
        self._flagged: Counter[str] = Counter()
        self._lines: dict[str, int] = {}
        """Where each key came first."""
        self._is_tagged = False
        self._reserved = 0

    def take_stretch(self, stretch: Stretch) -> None:
        """Take people of whom no more is said than that they join."""
        local_parts = [local.lower() for local, _ in stretch.parts]
        domains = [domain for _, domain in stretch.parts]
        keys = [f"{local}@{domain}" for local, domain in zip(local_parts, domains, strict=True)]
        first_at = self._lines.setdefault
        lines = zip(keys, stretch.lines, strict=True)
        if again := {number for number, (key, line) in enumerate(lines) if first_at(key, line) != line}:
            self._counts[RowStatus.REPEATED] += len(again)
            if len(again) < len(keys):
                self.take_stretch(stretch.without(again))
            return
        self._reserved += sum(map(is_reserved, domains))
        self._flagged.update(flags_among(local_parts, domains))
        self._count += len(keys)
        self._image.add(
            zip(
                stretch.lines,
                map("@".join, stretch.parts),
                keys,
                map(self._hash_of, keys),
                stretch.first_names,
                stretch.last_names,
                stretch.fields,
                repeat("confirmed"),
                repeat(""),
                stretch.consents,
            )
        )

    def take_row(self, told: Row) -> None:
        """Take a person of whom anything may be said."""
        read = read_address(self._sheet, told)
        if isinstance(read, Finding):
            self._reject(read)
            return
        row, (local, domain) = read
        small = local.lower()
        key = f"{small}@{domain}"
        for tag in row.tags:
            self._image.tag(key, tag)
            self._is_tagged = True
        is_against = row.suppression is not None or row.state is _ENDED
        if (line := self._lines.setdefault(key, row.line)) != row.line:
            self._counts[RowStatus.REPEATED] += 1
            if is_against:
                self._speak_against(line, row)
            return
        if is_reserved(domain):
            self._reserved += 1
        if flags := flags_of_parts(small, domain):
            self._flagged.update(flags)
        entry = Entry(row, f"{local}@{domain}", key, self._hash_of(key))
        if is_against or row.history or row.named_at:
            self._remarkable[row.line] = entry
        if row.state is SubscriptionState.PENDING:
            self._pending.add(row.line)
        self._count += 1
        self._image.add([_arrival(entry)])

    def take_hash(self, told: HashRow | Finding) -> None:
        """Take a suppression, or what is wrong with a row."""
        if isinstance(told, Finding):
            self._reject(told)
        elif told.key_name == self._keyring.hash_key_name:
            self._hashes.append(told)
            self._counts[RowStatus.KEPT_OUT] += 1
        else:
            message = "a suppression whose hash was made with another key, so it says nothing here"
            remedy = "Bring var/secret.key (or NEWSLETTER_SECRET_KEY) of that publication along"
            self._reject(row_finding(self._sheet.name, told.line, message, remedy))

    def report(self, list_name: str) -> ImportReport:
        """Return what became of those who are not among the sound rows, and what is to be known of all."""
        return ImportReport(
            file=self._sheet.name,
            list_name=list_name,
            counts=+self._counts,
            reserved=self._reserved,
            flagged=self._flagged,
            findings=tuple(self._findings),
        )

    def batch(self) -> Batch:
        """Return the sound rows."""
        return Batch(
            image=self._image.finished(),
            count=self._count,
            remarkable=self._remarkable,
            pending=frozenset(self._pending),
            is_tagged=self._is_tagged,
            hashes=self._hashes,
        )

    def _reject(self, finding: Finding) -> None:
        self._findings.append(finding)
        self._counts[RowStatus.REJECTED] += finding.level is Level.ERROR

    def _speak_against(self, line: int, again: Row) -> None:
        """Add to what came first what a later row of the same person says against mailing them."""
        entry = self._remarkable.get(line) or entry_of(self._image.arrival(line))
        row = entry.row._replace(
            state=_ENDED if again.state is _ENDED else entry.row.state,
            suppression=entry.row.suppression or again.suppression,
        )
        self._remarkable[line] = entry._replace(row=row)
        self._image.alter(line, row.state, row.suppression or "")
        if row.state is _ENDED:
            self._pending.discard(line)


def _arrival(entry: Entry) -> Arrival:
    row, address, key, address_hash = entry
    names, fields, against = (row.first_name, row.last_name), json_of(row.fields), row.suppression or ""
    return row.line, address, key, address_hash, *names, fields, row.state.value, against, row.consent


def json_of(fields: Mapping[str, str]) -> str:
    """Return fields as `json.dumps` writes them, which takes three times as long."""
    return f"{{{', '.join([f'{json_text(name)}: {json_text(text)}' for name, text in fields.items()])}}}"
