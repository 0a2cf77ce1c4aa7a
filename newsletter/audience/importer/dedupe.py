"""Deduplication: a batch of rows becomes valid rows with distinct addresses, and a report of all others.

Two rows are the same person if their addresses are equal in lower case. The first row counts; of a later one only its
tags are kept, and any unsubscription or suppression in it. Rows without a valid address are rejected here.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import NamedTuple

from newsletter.address import is_reserved, parse_simple
from newsletter.audience.address_checks import check_address_parts
from newsletter.audience.importer.cell_values import read_address
from newsletter.audience.importer.csv_file import ImportFile, row_finding
from newsletter.audience.importer.jsonl import HashRow
from newsletter.audience.importer.report import ImportReport, RowStatus
from newsletter.audience.importer.rows import Row
from newsletter.audience.models import SubscriptionState
from newsletter.audience.text_cleanup import cleaned
from newsletter.finding import Finding, Level
from newsletter.tokens import Keyring

_ENDED, _PENDING = SubscriptionState.ENDED, SubscriptionState.PENDING


class ValidRow(NamedTuple):
    """A row whose address is valid. A tuple, since an import makes a million."""

    row: Row
    address: str
    key: str
    """The address in lower case, by which people are compared."""
    address_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The valid rows of a batch, whose keys differ."""

    rows: Mapping[int, ValidRow]
    """By line."""
    special: AbstractSet[int]
    """The lines of rows with a suppression, an ended subscription or a history; these are decided on one by one."""
    tags: Sequence[tuple[str, str]]
    """Keys and tags."""
    hashes: Sequence[HashRow]

    @property
    def pending(self) -> set[int]:
        """The lines of those who are to be pending."""
        return {line for line, (row, *_) in self.rows.items() if row.state is _PENDING}


def dedupe(
    keyring: Keyring, source: ImportFile, list_name: str, rows: Iterable[Row | HashRow | Finding]
) -> tuple[ImportReport, Batch]:
    """Return the valid rows of a batch, and a report of its other rows."""
    deduper = _Deduper(keyring, source)
    for row in rows:
        if isinstance(row, Row):
            deduper.add_row(row)
        elif isinstance(row, HashRow):
            deduper.add_hash(row)
        else:
            deduper.reject(row)
    return deduper.report(list_name), deduper.batch()


class _Deduper:
    """Collects the rows of one batch, which come in the order of their lines."""

    def __init__(self, keyring: Keyring, source: ImportFile) -> None:
        self._keyring = keyring
        self._source = source
        self._hash_of = keyring.address_hasher()
        self._rows: dict[int, ValidRow] = {}
        self._special: set[int] = set()
        self._tags: list[tuple[str, str]] = []
        self._hashes: list[HashRow] = []
        self._findings: list[Finding] = []
        self._counts: Counter[RowStatus] = Counter()
        self._flagged: Counter[str] = Counter()
        self._lines: dict[str, int] = {}
        """The line on which each key came first."""
        self._reserved = 0

    def add_row(self, row: Row) -> None:
        """Add a person, unless the address is invalid or already in the batch."""
        parts = parse_simple(row.email)
        if parts is None:
            try:
                written = read_address(row.email)
            except ValueError as error:
                message = f"'{cleaned(row.email, 60)}' is not an address: {error}" if row.email else "no address"
                remedy = "Correct the line and import again; the rest was read"
                self.reject(row_finding(self._source.name, row.line, message, remedy))
                return
            parts = written.local, written.domain
            if not row.first_name and not row.last_name:
                row = row._replace(first_name=written.first_name, last_name=written.last_name)
        local, domain = parts
        lower_local = local.lower()
        key = f"{lower_local}@{domain}"
        if row.tags:
            self._tags += [(key, tag) for tag in row.tags]
        is_opt_out = row.suppression is not None or row.state is _ENDED
        if (line := self._lines.setdefault(key, row.line)) != row.line:
            self._counts[RowStatus.REPEATED] += 1
            if is_opt_out:
                self._merge_opt_out(line, row)
            return
        if is_reserved(domain):
            self._reserved += 1
        if flags := check_address_parts(lower_local, domain):
            self._flagged.update(flags)
        if is_opt_out or row.history or row.named_at:
            self._special.add(row.line)
        self._rows[row.line] = ValidRow(row, f"{local}@{domain}", key, self._hash_of(key))

    def add_hash(self, row: HashRow) -> None:
        """Add a suppression that is known only as a hash."""
        if row.key_name == self._keyring.hash_key_name:
            self._hashes.append(row)
            self._counts[RowStatus.KEPT_OUT] += 1
        else:
            message = "a suppression whose hash was made with another key, so it matches nobody here"
            remedy = "Use that publication's var/secret.key (or NEWSLETTER_SECRET_KEY) here"
            self.reject(row_finding(self._source.name, row.line, message, remedy))

    def reject(self, finding: Finding) -> None:
        """Record the finding, and count the row as rejected if it is an error."""
        self._findings.append(finding)
        self._counts[RowStatus.REJECTED] += finding.level is Level.ERROR

    def report(self, list_name: str) -> ImportReport:
        """Return the report of the rejected, repeated and suppressed rows, with the findings of the whole batch."""
        return ImportReport(
            file=self._source.name,
            list_name=list_name,
            counts=+self._counts,
            reserved=self._reserved,
            flagged=self._flagged,
            findings=tuple(self._findings),
        )

    def batch(self) -> Batch:
        """Return the valid rows."""
        return Batch(rows=self._rows, special=self._special, tags=self._tags, hashes=self._hashes)

    def _merge_opt_out(self, line: int, later: Row) -> None:
        """Add the suppression or ended state of a later row to the first row of the same person."""
        valid = self._rows[line]
        row = valid.row._replace(
            state=_ENDED if later.state is _ENDED else valid.row.state,
            suppression=valid.row.suppression or later.suppression,
        )
        self._rows[line] = valid._replace(row=row)
        self._special.add(line)
