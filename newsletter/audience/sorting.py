"""Sorting: sound rows of a batch told from repeated ones and from those whose address is none."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from json.encoder import encode_basestring_ascii as json_text

from newsletter.address import is_reserved
from newsletter.audience.hints import flags_of_parts
from newsletter.audience.jsonlines import HashRow
from newsletter.audience.report import Fate, ImportReport
from newsletter.audience.rows import Row
from newsletter.audience.sheet import Sheet, row_finding
from newsletter.audience.subscriber import SubscriptionState
from newsletter.audience.written import read_address
from newsletter.finding import Finding, Level
from newsletter.tokens import Keyring

Arrival = tuple[int, str, str, bytes, str, str, str, str, str, str]
"""A sound row as it is staged: line, address, key, hash, both names, fields, state, suppression, consent."""
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
        line, address, _, _, first_name, last_name, fields, state, _, consent = arrival
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
    places: dict[str, int] = {}
    tagged: list[tuple[str, str]] = []
    reserved = 0
    hash_of = keyring.address_hasher()
    for told in batch:
        read = read_address(sheet, told) if isinstance(told, Row) else _known_hash(keyring, sheet, told)
        if isinstance(read, Finding):
            findings.append(read)
            fates[Fate.REJECTED] += read.level is Level.ERROR
            continue
        if isinstance(read, HashRow):
            hashes.append(read)
            fates[Fate.KEPT_OUT] += 1
            continue
        row, parts = read
        line, _, first_name, last_name, fields, state, suppression, consent, tags, history, _, named_at = row
        local, domain = parts
        small = local.lower()
        key = f"{small}@{domain}"
        if tags:
            tagged += [(key, tag) for tag in tags]
        if (place := places.setdefault(key, len(arrivals))) < len(arrivals):
            fates[Fate.REPEATED] += 1
            if suppression is not None or state is _ENDED:
                arrivals[place], remarkable[arrivals[place][0]] = _spoken_against(arrivals[place], remarkable, row)
            continue
        if is_reserved(domain):
            reserved += 1
        if flags := flags_of_parts(small, domain):
            flagged.update(flags)
        if suppression is not None or state is _ENDED or history or named_at:
            remarkable[line] = row
        word = "confirmed" if state is _CONFIRMED else state.value
        written = f"{local}@{domain}"
        against = suppression.value if suppression else ""
        arrivals.append((
            line, written, key, hash_of(key), first_name, last_name, json_of(fields), word, against, consent
        ))  # fmt: skip
    report = ImportReport(
        file=sheet.name,
        list_name=list_name,
        fates=+fates,
        reserved=reserved,
        flagged=flagged,
        findings=tuple(findings),
    )
    return report, Batch(arrivals=arrivals, tagged=tagged, remarkable=remarkable, hashes=hashes)


def _spoken_against(arrival: Arrival, remarkable: Mapping[int, Row], again: Row) -> tuple[Arrival, Row]:
    """Return what came first with what a later row of the same person says against mailing them."""
    line, address, key, address_hash, first_name, last_name, fields, word, _, consent = arrival
    first = remarkable.get(line) or Row(
        line, address, first_name, last_name, json.loads(fields), SubscriptionState(word), None, consent
    )
    state = _ENDED if again.state is _ENDED else first.state
    suppression = first.suppression or again.suppression
    against = suppression.value if suppression else ""
    arrival = line, address, key, address_hash, first_name, last_name, fields, state.value, against, consent
    return arrival, first._replace(state=state, suppression=suppression)


def json_of(fields: Mapping[str, str]) -> str:
    """Return fields as `json.dumps` writes them, which takes three times as long."""
    return f"{{{', '.join([f'{json_text(name)}: {json_text(text)}' for name, text in fields.items()])}}}"


def _known_hash(keyring: Keyring, sheet: Sheet, told: HashRow | Finding) -> HashRow | Finding:
    if isinstance(told, Finding) or told.key_name == keyring.hash_key_name:
        return told
    message = "a suppression whose hash was made with another key, so it says nothing here"
    remedy = "Bring var/secret.key (or NEWSLETTER_SECRET_KEY) of that publication along"
    return row_finding(sheet.name, told.line, message, remedy)
