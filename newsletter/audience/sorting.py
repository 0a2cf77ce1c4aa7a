"""Sorting: sound rows of a batch told from repeated ones and from those whose address is none."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from json.encoder import encode_basestring_ascii as json_text

from newsletter.address import Address, is_reserved, read_plain
from newsletter.audience.cells import cleaned
from newsletter.audience.hints import flags_of_parts
from newsletter.audience.jsonlines import HashRow
from newsletter.audience.report import Fate, ImportReport
from newsletter.audience.rows import Row
from newsletter.audience.sheet import Sheet, row_finding
from newsletter.audience.subscriber import SubscriptionState
from newsletter.finding import Finding, Level
from newsletter.tokens import Keyring

Arrival = tuple[int, str, str, bytes, str, str, str, str, str]
"""A sound row as it is staged: line, address, key, hash, first and last name, fields, state, consent."""
_CONFIRMED, _ENDED = SubscriptionState.CONFIRMED, SubscriptionState.ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The sound rows of a batch, whose keys differ, as they are staged."""

    arrivals: Sequence[Arrival]
    tagged: Sequence[tuple[str, str]]
    """Each tag of somebody, with their key."""
    remarkable: Mapping[int, Row]
    """The rows that say more of a person than that they join, by their lines."""
    hashes: Sequence[HashRow]

    @property
    def named(self) -> list[tuple[str, str, datetime]]:
        """The keys of those who chose their first name, with that and when."""
        chosen = {line: row.named_at for line, row in self.remarkable.items() if row.named_at is not None}
        return (
            [(each[2], each[4], chosen[each[0]]) for each in self.arrivals if each[0] in chosen] if chosen else []
        )

    def row(self, arrival: Arrival) -> Row:
        """Return the row of which an arrival is made; of those that are not remarkable without its tags."""
        line, address, _, _, first_name, last_name, fields, state, consent = arrival
        if (row := self.remarkable.get(line)) is not None:
            return row
        standing = SubscriptionState(state)
        return Row(line, address, first_name, last_name, json.loads(fields), standing, None, consent)


def sort_out(
    keyring: Keyring, sheet: Sheet, list_name: str, batch: Sequence[Row | HashRow | Finding]
) -> tuple[ImportReport, Batch]:
    """Return the sound rows, and a report of the others."""
    arrivals: list[Arrival] = []
    remarkable: dict[int, Row] = {}
    hashes: list[HashRow] = []
    findings: list[Finding] = []
    fates: Counter[Fate] = Counter()
    flagged: Counter[str] = Counter()
    keys: set[str] = set()
    tagged: list[tuple[str, str]] = []
    reserved = 0
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
        line, email, first_name, last_name, fields, state, suppression, consent, tags, history, named_at = row
        parts = read_plain(email)
        if parts is None:
            try:
                address = Address.parse(email)
            except ValueError as error:
                findings.append(_no_address(sheet, row, str(error)))
                fates[Fate.REJECTED] += 1
                continue
            parts = address.local, address.domain.lower()
        local, domain = parts
        small = local.lower()
        key = f"{small}@{domain}"
        if key in keys:
            fates[Fate.REPEATED] += 1
            continue
        keys.add(key)
        if is_reserved(domain):
            reserved += 1
        if flags := flags_of_parts(small, domain):
            flagged.update(flags)
        if tags:
            tagged += [(key, tag) for tag in tags]
        if suppression is not None or state is _ENDED or history or named_at:
            remarkable[line] = row
        word = "confirmed" if state is _CONFIRMED else state.value
        written = f"{local}@{domain}"
        arrivals.append((line, written, key, hash_of(key), first_name, last_name, json_of(fields), word, consent))
    report = ImportReport(
        file=sheet.name,
        list_name=list_name,
        fates=+fates,
        reserved=reserved,
        flagged=flagged,
        findings=tuple(findings),
    )
    return report, Batch(arrivals=arrivals, tagged=tagged, remarkable=remarkable, hashes=hashes)


def json_of(fields: Mapping[str, str]) -> str:
    """Return fields as `json.dumps` writes them, which takes three times as long."""
    return f"{{{', '.join([f'{json_text(name)}: {json_text(text)}' for name, text in fields.items()])}}}"


def _foreign_hash(sheet: Sheet, row: HashRow) -> Finding:
    message = "a suppression whose hash was made with another key, so it says nothing here"
    remedy = "Bring var/secret.key (or NEWSLETTER_SECRET_KEY) of that publication along"
    return row_finding(sheet.name, row.line, message, remedy)


def _no_address(sheet: Sheet, row: Row, reason: str) -> Finding:
    written = f"'{cleaned(row.email, 60)}' is no address: {reason}" if row.email else "no address"
    return row_finding(sheet.name, row.line, written, "Mend the line and import again; the rest was read")
