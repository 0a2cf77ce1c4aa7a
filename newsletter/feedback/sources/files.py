"""Events from files, and reports that replies hands down from its mail: the sources that need no network.

A file is one JSON value, JSON lines, JSON values over several lines, or the mail of a bounce or complaint report.
"""

import codecs
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path

from newsletter.database import Database
from newsletter.delivery import SentDelivery, find_delivery
from newsletter.delivery.message import parse_signed_address
from newsletter.feedback.apply.pipeline import (
    ApplyResult,
    IngestProgress,
    apply_stored_events,
    apply_waiting_events,
)
from newsletter.feedback.apply.throttle import Throttle
from newsletter.feedback.formats.dsn_arf import (
    ARF,
    DSN,
    QMAIL_BOUNCE,
    stored_report,
    stored_unreadable_mail,
)
from newsletter.feedback.formats.multipart_report import ReportMail, looks_like_mail, parse_report_mail
from newsletter.feedback.models import UnreadableEvent
from newsletter.feedback.store.events import IncomingEvent, incoming_from_report, parse_incoming, store_events
from newsletter.gc_pause import gc_frozen
from newsletter.settings import Settings
from newsletter.tokens import Keyring, Purpose

_MAX_WHOLE_BYTES = 64 * 1024 * 1024
"""Of a file that is one JSON value over several lines."""
_MAX_LINE = 8 * 1024 * 1024
_MAX_VALUE_LINES = 100_000
_HEAD_BYTES = 4096


def ingest_file(
    database: Database, keyring: Keyring, settings: Settings, path: Path, *, clock: Callable[[], datetime]
) -> Iterator[IngestProgress]:
    """Ingest the events of a file, yielding the progress of each group: JSON, JSON lines, or the mail of a report.

    Harmless to repeat. Raises DatabaseBusy or DiskFull; what was stored until then stays.
    """
    incoming = _read_file(database, keyring, settings, path)
    with gc_frozen():
        while True:
            throttle = Throttle(database)
            group = list(islice(incoming, throttle.group_size))
            if not group:
                break
            new = store_events(database, group, f"file {path.name}"[:200], clock())
            throttle.wait()
            yield IngestProgress(received=len(group), new=new)
            yield from apply_stored_events(database, keyring, settings, clock=clock, group=group)
        yield from apply_stored_events(database, keyring, settings, clock=clock)


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
    """Ingest the machine-readable parts of a report about a delivery, as (content type, text), and apply them.

    `text/plain` is a qmail bounce (`extract_qmail_bounce`). The caller has proved, by the signed address that the
    report was sent to, that it is about this delivery, and that plain text comes from a mail system.
    """
    kinds = {f"message/{DSN}": DSN, f"message/{ARF}": ARF, "text/plain": QMAIL_BOUNCE}
    incoming = [
        _incoming_report(kinds[content_type], text, delivery, date)
        for content_type, text in reports
        if content_type in kinds
    ]
    store_events(database, incoming, "mail", clock())
    return sum(apply_waiting_events(database, keyring, settings, clock=clock), ApplyResult())


def _incoming_report(kind: str, text: str, delivery: SentDelivery, date: str) -> IncomingEvent:
    return incoming_from_report(
        stored_report(
            kind,
            text,
            delivery_id=delivery.id,
            mailing_id=delivery.mailing_id,
            address=delivery.address,
            date=date,
        )
    )


def _read_file(database: Database, keyring: Keyring, settings: Settings, path: Path) -> Iterator[IncomingEvent]:
    with path.open("rb") as file:
        start = file.read(_HEAD_BYTES)
    encoding = "utf-16" if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    head = start.decode(encoding, "replace").lstrip().encode()
    if looks_like_mail(head):
        yield _read_mail(database, keyring, settings, path)
    elif _is_single_value(path, head, encoding):
        yield from parse_incoming(path.read_text(encoding=encoding, errors="replace"))
    else:
        for value in _json_values(path, encoding):
            yield from parse_incoming(value)


def _is_single_value(path: Path, head: bytes, encoding: str) -> bool:
    """Return whether a file is one JSON value over several lines: its first line alone is not a value."""
    first = head.split(b"\n", 1)[0]
    if head[:1] not in b"{[" or path.stat().st_size > _MAX_WHOLE_BYTES or len(first) >= 4000:
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


def _json_values(path: Path, encoding: str) -> Iterator[str]:
    """Yield a file's JSON values, one a line or each over several lines.

    What is broken is one value, which ends where the next one begins.
    """
    lines: list[str] = []
    with path.open(encoding=encoding, errors="replace") as file:
        while line := file.readline(_MAX_LINE):
            if lines and (line[:1] in "{[" or len(lines) > _MAX_VALUE_LINES):
                yield "".join(lines).strip()
                lines.clear()
            if lines:
                lines.append(line)
                if line[:1] in "}]":
                    yield "".join(lines).strip()
                    lines.clear()
            elif line[:1] in "{[" and line.rstrip()[-1:] not in "}]":
                lines.append(line)
            elif line.strip():
                yield line.strip()
    if lines:
        yield "".join(lines).strip()


def _read_mail(database: Database, keyring: Keyring, settings: Settings, path: Path) -> IncomingEvent:
    raw = path.read_bytes()
    try:
        mail = parse_report_mail(raw)
        delivery = _find_delivery(database, keyring, settings, mail)
    except UnreadableEvent as error:
        return incoming_from_report(stored_unreadable_mail(raw.decode("utf-8", "replace"), str(error)))
    return _incoming_report(mail.kind, mail.text, delivery, mail.date)


def _find_delivery(database: Database, keyring: Keyring, settings: Settings, mail: ReportMail) -> SentDelivery:
    """Return the delivery that a report is about, by the signed address that it or the original message names."""
    purposes = {Purpose.BOUNCE, Purpose.REPLY} if mail.kind == ARF else {Purpose.BOUNCE}
    for address in mail.addresses:
        token = parse_signed_address(keyring, settings, address)
        delivery = find_delivery(database, token.number) if token and token.purpose in purposes else None
        if delivery is not None:
            return delivery
    raise UnreadableEvent("no signed address of ours is in this report, so it proves nothing")
