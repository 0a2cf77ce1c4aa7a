"""The ways in that need no network: files of events, and reports that replies hands down from its mail."""

import codecs
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path

from newsletter.database import Database
from newsletter.delivery import SentDelivery, find_delivery, parse_signed_address
from newsletter.feedback.apply.apply import ApplyResult, apply_waiting
from newsletter.feedback.apply.throttle import Turn, seldom_collected
from newsletter.feedback.formats.dsn_arf import DELIVERY_STATUS, FEEDBACK, PLAIN_BOUNCE, report_of, unreadable_report
from newsletter.feedback.formats.multipart_report import ReportMail, is_mail, read_report_mail
from newsletter.feedback.models import UnreadableEvent
from newsletter.feedback.store.events import Incoming, forget_old, incoming_report, keep, read_incoming
from newsletter.settings import Settings
from newsletter.tokens import Keyring, Purpose

_MOST_WHOLE = 64 * 1024 * 1024
"""Octets of a file that is one JSON value over several lines."""
_MOST_LINE = 8 * 1024 * 1024
_MOST_LINES = 100_000
"""Of one value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestProgress:
    """How far the taking in of events is."""

    received: int = 0
    new: int = 0
    """Of these, not here before."""
    applied: ApplyResult = field(default_factory=ApplyResult)

    def __add__(self, other: "IngestProgress") -> "IngestProgress":
        """Return both together."""
        return IngestProgress(
            received=self.received + other.received,
            new=self.new + other.new,
            applied=self.applied + other.applied,
        )


def ingest_file(
    database: Database, keyring: Keyring, settings: Settings, path: Path, *, clock: Callable[[], datetime]
) -> Iterator[IngestProgress]:
    """Take in the events of a file, yielding what each group brought: JSON, JSON lines, or a report's mail.

    Harmless to repeat. Raises DatabaseBusy or DiskFull; what was taken in until then stays.
    """
    incoming = _incoming(database, keyring, settings, path)
    with seldom_collected():
        while True:
            turn = Turn(database)
            group = list(islice(incoming, turn.size))
            if not group:
                break
            new = keep(database, group, f"file {path.name}"[:200], clock())
            turn.end()
            yield IngestProgress(received=len(group), new=new)
            yield from apply_stored_events(database, keyring, settings, clock=clock, group=group)
        yield from apply_stored_events(database, keyring, settings, clock=clock)


def apply_stored_events(
    database: Database,
    keyring: Keyring,
    settings: Settings,
    *,
    clock: Callable[[], datetime],
    group: Sequence[Incoming] = (),
) -> Iterator[IngestProgress]:
    """Apply what waits, also from earlier, and forget what is old; `group` has just been kept."""
    known = {each.digest: each.found for each in group if each.found is not None}
    for applied in apply_waiting(database, keyring, settings, clock=clock, known=known):
        yield IngestProgress(applied=applied)
    forget_old(database, settings.feedback.keep_days, clock())


def ingest_report(
    database: Database,
    keyring: Keyring,
    settings: Settings,
    delivery: SentDelivery,
    reports: Sequence[tuple[str, str]],
    *,
    date: str,
    clock: Callable[[], datetime],
) -> ApplyResult:
    """Take in the machine-readable parts of a report about a delivery, as (content type, text), and apply them.

    `text/plain` is a bounce in plain words (`plain_bounce`). Whoever calls has proved that the report is about
    this delivery, by the signed address it came to, and that plain words are a mail system's.
    """
    kinds = {f"message/{kind}": kind for kind in (DELIVERY_STATUS, FEEDBACK)} | {"text/plain": PLAIN_BOUNCE}
    incoming = [
        incoming_report(
            report_of(
                kinds[content_type],
                text,
                delivery_id=delivery.id,
                mailing_id=delivery.mailing_id,
                address=delivery.address,
                date=date,
            )
        )
        for content_type, text in reports
        if content_type in kinds
    ]
    keep(database, incoming, "mail", clock())
    return sum(apply_waiting(database, keyring, settings, clock=clock), ApplyResult())


def _incoming(database: Database, keyring: Keyring, settings: Settings, path: Path) -> Iterator[Incoming]:
    with path.open("rb") as file:
        start = file.read(4096)
    encoding = "utf-16" if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    head = start.decode(encoding, "replace").lstrip().encode()
    if is_mail(head):
        yield _of_mail(database, keyring, settings, path)
    elif _is_one_value(path, head, encoding):
        yield from read_incoming(path.read_text(encoding=encoding, errors="replace"))
    else:
        for value in _values(path, encoding):
            yield from read_incoming(value)


def _is_one_value(path: Path, head: bytes, encoding: str) -> bool:
    """Whether a file is one JSON value rather than one a line: its first line alone is none."""
    first = head.split(b"\n", 1)[0]
    if head[:1] not in b"{[" or path.stat().st_size > _MOST_WHOLE or len(first) >= 4000:
        return False
    try:
        json.loads(first)
    except (ValueError, RecursionError):
        try:
            json.loads(path.read_text(encoding=encoding, errors="replace"))
        except (ValueError, RecursionError):
            return False
        return True
    return False


def _values(path: Path, encoding: str) -> Iterator[str]:
    """Yield the values of a file, one a line or each over several; what is broken is one value, up to the next."""
    begun: list[str] = []
    with path.open(encoding=encoding, errors="replace") as file:
        while line := file.readline(_MOST_LINE):
            if begun and (line[:1] in "{[" or len(begun) > _MOST_LINES):
                yield "".join(begun).strip()
                begun.clear()
            if begun:
                begun.append(line)
                if line[:1] in "}]":
                    yield "".join(begun).strip()
                    begun.clear()
            elif line[:1] in "{[" and line.rstrip()[-1:] not in "}]":
                begun.append(line)
            elif line.strip():
                yield line.strip()
    if begun:
        yield "".join(begun).strip()


def _of_mail(database: Database, keyring: Keyring, settings: Settings, path: Path) -> Incoming:
    raw = path.read_bytes()
    try:
        mail = read_report_mail(raw)
        delivery = _delivery_of(database, keyring, settings, mail)
    except UnreadableEvent as error:
        return incoming_report(unreadable_report(raw.decode("utf-8", "replace"), str(error)))
    return incoming_report(
        report_of(
            mail.kind,
            mail.text,
            delivery_id=delivery.id,
            mailing_id=delivery.mailing_id,
            address=delivery.address,
            date=mail.date,
        )
    )


def _delivery_of(database: Database, keyring: Keyring, settings: Settings, mail: ReportMail) -> SentDelivery:
    """Return what a report is about, by the signed address it was sent to or that its letter came from."""
    wanted = {Purpose.BOUNCE, Purpose.REPLY} if mail.kind == FEEDBACK else {Purpose.BOUNCE}
    for address in mail.addresses:
        token = parse_signed_address(keyring, settings, address)
        found = find_delivery(database, token.delivery_id) if token and token.purpose in wanted else None
        if found is not None:
            return found
    raise UnreadableEvent("no signed address of ours is in this report, so it proves nothing")
