"""Sorting: sound rows of a batch told from repeated ones and from those whose address is none."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from json.encoder import encode_basestring_ascii as json_text

from newsletter.address import is_reserved
from newsletter.audience.hints import flags_of_parts
from newsletter.audience.image import Arrival, image_of
from newsletter.audience.jsonlines import HashRow
from newsletter.audience.report import Fate, ImportReport
from newsletter.audience.rows import Row
from newsletter.audience.ruling import Entry
from newsletter.audience.sheet import Sheet, row_finding
from newsletter.audience.subscriber import SubscriptionState
from newsletter.audience.written import read_address
from newsletter.finding import Finding, Level
from newsletter.tokens import Keyring

_CONFIRMED, _ENDED = SubscriptionState.CONFIRMED, SubscriptionState.ENDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The sound rows of a batch, whose keys differ."""

    image: bytes
    """All of them, as `image_of` makes it."""
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


def sort_out(
    keyring: Keyring, sheet: Sheet, list_name: str, batch: Sequence[Row | HashRow | Finding]
) -> tuple[ImportReport, Batch]:
    """Return the sound rows, and a report of the others."""
    arrivals: list[Arrival] = []
    remarkable: dict[int, Entry] = {}
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
                arrivals[place], entry = _spoken_against(arrivals[place], remarkable, row)
                remarkable[entry.row.line] = entry
            continue
        if is_reserved(domain):
            reserved += 1
        if flags := flags_of_parts(small, domain):
            flagged.update(flags)
        written = f"{local}@{domain}"
        address_hash = hash_of(key)
        if suppression is not None or state is _ENDED or history or named_at:
            remarkable[line] = Entry(row, written, key, address_hash)
        word = "confirmed" if state is _CONFIRMED else state.value
        against = suppression.value if suppression else ""
        arrivals.append((
            line, written, key, address_hash, first_name, last_name, json_of(fields), word, against, consent
        ))  # fmt: skip
    report = ImportReport(
        file=sheet.name,
        list_name=list_name,
        fates=+fates,
        reserved=reserved,
        flagged=flagged,
        findings=tuple(findings),
    )
    return report, Batch(
        image=image_of(arrivals, tagged),
        count=len(arrivals),
        remarkable=remarkable,
        pending=frozenset(line for line, *_, word, _, _ in arrivals if word == "pending"),
        is_tagged=bool(tagged),
        hashes=hashes,
    )


def _spoken_against(arrival: Arrival, remarkable: Mapping[int, Entry], again: Row) -> tuple[Arrival, Entry]:
    """Return what came first with what a later row of the same person says against mailing them."""
    line, address, key, address_hash, first_name, last_name, fields, word, _, consent = arrival
    if (entry := remarkable.get(line)) is not None:
        first = entry.row
    else:
        standing = SubscriptionState(word)
        first = Row(line, address, first_name, last_name, json.loads(fields), standing, None, consent)
    state = _ENDED if again.state is _ENDED else first.state
    suppression = first.suppression or again.suppression
    against = suppression.value if suppression else ""
    arrival = line, address, key, address_hash, first_name, last_name, fields, state.value, against, consent
    return arrival, Entry(first._replace(state=state, suppression=suppression), address, key, address_hash)


def json_of(fields: Mapping[str, str]) -> str:
    """Return fields as `json.dumps` writes them, which takes three times as long."""
    return f"{{{', '.join([f'{json_text(name)}: {json_text(text)}' for name, text in fields.items()])}}}"


def _known_hash(keyring: Keyring, sheet: Sheet, told: HashRow | Finding) -> HashRow | Finding:
    if isinstance(told, Finding) or told.key_name == keyring.hash_key_name:
        return told
    message = "a suppression whose hash was made with another key, so it says nothing here"
    remedy = "Bring var/secret.key (or NEWSLETTER_SECRET_KEY) of that publication along"
    return row_finding(sheet.name, told.line, message, remedy)
