"""Reads the mail that a delivery status or feedback report comes in; linear in its size, whatever it holds.

A bounce in plain words counts only from a mail system, for a person may quote one.
"""

import base64
import quopri
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from newsletter.feedback.formats.dsn_arf import DELIVERY_STATUS, FEEDBACK, PLAIN_BOUNCE
from newsletter.feedback.formats.qmail import extract_qmail_bounce
from newsletter.feedback.models import UnreadableEvent

_MOST = 10 * 1024 * 1024
_MOST_PARTS = 20
_ADDRESS = re.compile(r"[^\s<>@;:,\"()]{1,64}@[^\s<>@;:,\"()]{1,255}")
_BOUNDARY = re.compile(r'boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_DAEMON = re.compile(r"(?:^|<)\s{0,8}mailer[-_.]?daemon(?:@|>|\s{0,8}(?:\(|$))", re.IGNORECASE)
_FIRST_LINE = re.compile(rb"(?:From |[A-Za-z0-9-]{1,80}:)")
_TO = ("to", "delivered-to", "x-original-to", "envelope-to")
_FROM = ("return-path", "reply-to", "original-mail-from")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportMail:
    """What one report's mail says."""

    kind: str
    text: str
    """The machine-readable part, or the plain words."""
    addresses: tuple[str, ...]
    """Where it went, and whom the letter it is about came from."""
    date: str


def is_mail(head: bytes) -> bool:
    """Whether a file begins as mail does."""
    return _FIRST_LINE.match(head) is not None


def read_report_mail(raw: bytes) -> ReportMail:
    """Read a report; Unreadable when the mail holds none."""
    text = raw[:_MOST].decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    head, _, body = text.partition("\n\n")
    fields = _fields(head)
    found = _BOUNDARY.search(fields.get("content-type", ""))
    if found is None:
        return _plain(fields, body)
    kind, report, letter = "", "", {}
    for part in f"\n{body}".split(f"\n--{found[1] or found[2]}")[1 : _MOST_PARTS + 1]:
        part_head, _, part_body = part.lstrip(" \t-").lstrip("\n").partition("\n\n")
        told = _fields(part_head)
        part_kind = told.get("content-type", "").split(";")[0].strip().lower()
        part_body = _decoded(part_body, told.get("content-transfer-encoding", ""))
        if part_kind in {f"message/{DELIVERY_STATUS}", f"message/global-{DELIVERY_STATUS}"}:
            kind, report = DELIVERY_STATUS, part_body
        elif part_kind == f"message/{FEEDBACK}":
            kind, report = FEEDBACK, part_body
        elif part_kind in {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers"}:
            letter = _fields(part_body.lstrip("\n").partition("\n\n")[0])
    if not kind:
        raise UnreadableEvent("a mail that holds neither a delivery status nor a feedback report")
    about = _fields(report) if kind == FEEDBACK else {}
    places = [fields.get(name, "") for name in _TO]
    if kind == FEEDBACK:  # it goes to whoever signed up for it, and says itself whom the letter came from
        places += [about.get("original-mail-from", "")] + [letter.get(name, "") for name in _FROM]
    return ReportMail(kind=kind, text=report, addresses=_addresses(places), date=fields.get("date", ""))


def _plain(fields: Mapping[str, str], body: str) -> ReportMail:
    """Read a mail without parts: a bounce in qmail's words, or none."""
    bounce = extract_qmail_bounce(_decoded(body, fields.get("content-transfer-encoding", "")))
    if not bounce:
        raise UnreadableEvent("a mail that is no report: it has no parts")
    if "".join(fields.get("return-path", "").split()) != "<>" and not _DAEMON.search(fields.get("from", "")[:2_000]):
        raise UnreadableEvent("a bounce in plain words that no mail system sent, so it proves nothing")
    places = [fields.get(name, "") for name in _TO]
    return ReportMail(kind=PLAIN_BOUNCE, text=bounce, addresses=_addresses(places), date=fields.get("date", ""))


def _addresses(places: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address for place in places for address in _ADDRESS.findall(place[:2_000])))


def _decoded(body: str, encoding: str) -> str:
    """Return a part as it was before it was encoded: some programs encode what RFC 3464 has in plain lines."""
    match encoding.strip().lower():
        case "base64":
            with suppress(ValueError):
                octets = base64.b64decode("".join(body.split()))
                return octets.decode("utf-8", "replace").replace("\r\n", "\n")
        case "quoted-printable":
            octets = quopri.decodestring(body.encode())
            return octets.decode("utf-8", "replace").replace("\r\n", "\n")
    return body


def _fields(head: str) -> dict[str, str]:
    """Return header fields by their names in lower case, folded lines joined; the first of a name counts."""
    found: dict[str, str] = {}
    last = ""
    for line in head[:65_536].split("\n"):
        name, colon, value = line.partition(":")
        if line[:1] in {" ", "\t"}:
            if last and len(found[last]) < 10_000:
                found[last] += f" {line.strip()}"
        elif colon:
            last = name.strip().lower()
            if last in found:
                last = ""
            else:
                found[last] = value.strip()
    return found
