"""multipart/report (RFC 6522): finds the delivery status or feedback report in a mail; linear in its size.

A qmail bounce, which has no parts, counts only if a mail system sent it, because a person may quote one.
"""

import base64
import quopri
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from newsletter.feedback.formats.dsn_arf import ARF, DSN, QMAIL_BOUNCE
from newsletter.feedback.formats.qmail import extract_qmail_bounce
from newsletter.feedback.models import UnreadableEvent

_MAX_BYTES = 10 * 1024 * 1024
_MAX_PARTS = 20
_ADDRESS = re.compile(r"[^\s<>@;:,\"()]{1,64}@[^\s<>@;:,\"()]{1,255}")
_BOUNDARY = re.compile(r'boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_MAILER_DAEMON = re.compile(r"(?:^|<)\s{0,8}mailer[-_.]?daemon(?:@|>|\s{0,8}(?:\(|$))", re.IGNORECASE)
_FIRST_LINE = re.compile(rb"(?:From |[A-Za-z0-9-]{1,80}:)")
_RECIPIENT_HEADERS = ("to", "delivered-to", "x-original-to", "envelope-to")
_SENDER_HEADERS = ("return-path", "reply-to", "original-mail-from")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportMail:
    """A report as it was found in its mail."""

    kind: str
    text: str
    """The machine-readable part, or the text of a qmail bounce."""
    addresses: tuple[str, ...]
    """Where the report was sent, and the sender of the message it is about."""
    date: str


def looks_like_mail(head: bytes) -> bool:
    """Return whether a file begins like a mail, with a header or an mbox separator."""
    return _FIRST_LINE.match(head) is not None


def parse_report_mail(raw: bytes) -> ReportMail:
    """Find the report in a mail; UnreadableEvent when there is none."""
    text = raw[:_MAX_BYTES].decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    head, _, body = text.partition("\n\n")
    headers = _headers(head)
    boundary = _BOUNDARY.search(headers.get("content-type", ""))
    if boundary is None:
        return _parse_qmail_mail(headers, body)
    kind, report, original = "", "", {}
    for part in f"\n{body}".split(f"\n--{boundary[1] or boundary[2]}")[1 : _MAX_PARTS + 1]:
        part_head, _, part_body = part.lstrip(" \t-").lstrip("\n").partition("\n\n")
        part_headers = _headers(part_head)
        content_type = part_headers.get("content-type", "").split(";")[0].strip().lower()
        part_body = _decode(part_body, part_headers.get("content-transfer-encoding", ""))
        if content_type in {f"message/{DSN}", f"message/global-{DSN}"}:
            kind, report = DSN, part_body
        elif content_type == f"message/{ARF}":
            kind, report = ARF, part_body
        elif content_type in {"message/rfc822", "text/rfc822-headers", "message/rfc822-headers"}:
            original = _headers(part_body.lstrip("\n").partition("\n\n")[0])
    if not kind:
        raise UnreadableEvent("an email with neither a delivery status nor a feedback report")
    values = [headers.get(name, "") for name in _RECIPIENT_HEADERS]
    if kind == ARF:  # it is sent to the owner of the feedback loop, and names the original sender in a field
        values += [_headers(report).get("original-mail-from", "")]
        values += [original.get(name, "") for name in _SENDER_HEADERS]
    return ReportMail(kind=kind, text=report, addresses=_addresses(values), date=headers.get("date", ""))


def _parse_qmail_mail(headers: Mapping[str, str], body: str) -> ReportMail:
    """Parse a mail without parts: a qmail bounce, or no report at all."""
    bounce = extract_qmail_bounce(_decode(body, headers.get("content-transfer-encoding", "")))
    if not bounce:
        raise UnreadableEvent("an email that is not a report: it has no parts")
    is_null_sender = "".join(headers.get("return-path", "").split()) == "<>"
    if not is_null_sender and not _MAILER_DAEMON.search(headers.get("from", "")[:2_000]):
        raise UnreadableEvent("a bounce in plain text that no mail system sent, so it proves nothing")
    values = [headers.get(name, "") for name in _RECIPIENT_HEADERS]
    return ReportMail(kind=QMAIL_BOUNCE, text=bounce, addresses=_addresses(values), date=headers.get("date", ""))


def _addresses(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(address for value in values for address in _ADDRESS.findall(value[:2_000])))


def _decode(body: str, encoding: str) -> str:
    """Decode a part's transfer encoding: some programs encode what RFC 3464 wants as plain lines."""
    match encoding.strip().lower():
        case "base64":
            with suppress(ValueError):
                decoded = base64.b64decode("".join(body.split()))
                return decoded.decode("utf-8", "replace").replace("\r\n", "\n")
        case "quoted-printable":
            decoded = quopri.decodestring(body.encode())
            return decoded.decode("utf-8", "replace").replace("\r\n", "\n")
    return body


def _headers(head: str) -> dict[str, str]:
    """Return header fields by their names in lower case, unfolded; the first of a name counts."""
    headers: dict[str, str] = {}
    last = ""
    for line in head[:65_536].split("\n"):
        name, colon, value = line.partition(":")
        if line[:1] in {" ", "\t"}:
            if last and len(headers[last]) < 10_000:
                headers[last] += f" {line.strip()}"
        elif colon:
            last = name.strip().lower()
            if last in headers:
                last = ""
            else:
                headers[last] = value.strip()
    return headers
