"""DKIM (RFC 6376): a message in, the same message with its signatures before it out; relaxed/relaxed.

Neither clock nor dice: the same message is signed by the same octets. A key is parsed once and kept as an
object; the canonical fields and the body's hash are made once for all signatures of a message.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

SIGNED = (
    *("from", "to", "subject", "date", "message-id", "reply-to", "list-id", "list-unsubscribe"),
    *("list-unsubscribe-post", "list-help", "list-archive", "list-owner", "list-post", "feedback-id"),
    *("mime-version", "content-type", "content-transfer-encoding"),
)
"""Both List-Unsubscribe fields, as RFC 8058 section 4 wants them for one click, and what providers count by."""
ONCE_ONLY = ("from", "to", "subject", "reply-to")
"""Signed once more than they are there, so that one added on the way breaks the signature (section 8.15)."""
REPLACED_BY_SES = frozenset({"date", "message-id"})
_LINE = 72


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimKey:
    """One key of one domain, and how it signs."""

    domain: str
    selector: str
    algorithm: str
    """rsa-sha256 or ed25519-sha256 (RFC 8463)."""
    sign: Callable[[bytes], bytes]
    """Signs octets; for ed25519-sha256 that is their hash."""
    public: bytes
    """The p= of the record in DNS, decoded."""

    @property
    def dns_name(self) -> str:
        """Where the public key is looked for."""
        return f"{self.selector}._domainkey.{self.domain}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimSigner:
    """Signs messages; safe to share between threads."""

    keys: Sequence[DkimKey]
    unsigned_headers: frozenset[str] = frozenset()
    """Fields that the next hop replaces."""

    def sign(self, message: bytes) -> bytes:
        """Return the message with a DKIM-Signature for each seal before it; lines end in CRLF."""
        head, _, body = message.partition(b"\r\n\r\n")
        names, lines = self._chosen(head)
        hashed = b64encode(sha256(relaxed_body(body)).digest()).decode("ascii")
        return b"".join([*(_signature(key, names, lines, hashed) for key in self.keys), message])

    def _chosen(self, head: bytes) -> tuple[str, bytes]:
        """Return the names for h= and the canonical fields, in one order; of fields alike the last comes first."""
        fields: dict[str, list[bytes]] = {}
        for field in re.split(rb"\r\n(?![ \t])", head):
            name, canonical = relaxed_header(field)
            fields.setdefault(name, []).append(canonical)
        names: list[str] = []
        lines: list[bytes] = []
        for name in SIGNED:
            if name in self.unsigned_headers:
                continue
            found = fields.get(name, [])
            names += [name] * (len(found) + (name in ONCE_ONLY))
            lines += [line + b"\r\n" for line in reversed(found)]
        return ":".join(names), b"".join(lines)


def relaxed_header(field: bytes) -> tuple[str, bytes]:
    """Return a header field's name and its canonical form, without a line end (section 3.4.2)."""
    name, _, value = field.partition(b":")
    name = name.strip(b" \t").lower()
    squeezed = re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip(b" ")
    return name.decode("ascii", "replace"), name + b":" + squeezed


def relaxed_body(body: bytes) -> bytes:
    """Return a body's canonical form (section 3.4.4): single blanks, none last in a line, no blank lines last."""
    body = body.replace(b"\t", b" ")
    while b"  " in body:
        body = body.replace(b"  ", b" ")
    body = body.replace(b" \r\n", b"\r\n").rstrip(b" \r\n")
    return body + b"\r\n" if body else b""


def _signature(key: DkimKey, names: str, lines: bytes, hashed: str) -> bytes:
    field = (
        f"DKIM-Signature: v=1; a={key.algorithm}; c=relaxed/relaxed;\r\n"
        f" d={key.domain}; s={key.selector};\r\n"
        f" h={_folded(names)};\r\n"
        f" bh={hashed};\r\n"
        f" b="
    ).encode("ascii")
    octets = key.sign(lines + relaxed_header(field)[1])
    text = b64encode(octets)
    return field + b"\r\n ".join(text[at : at + _LINE] for at in range(0, len(text), _LINE)) + b"\r\n"


def _folded(names: str) -> str:
    """Fold the list of names after colons, where blanks may stand (section 3.5)."""
    lines = [""]
    for name in names.split(":"):
        if len(lines[-1]) + len(name) > _LINE:
            lines.append("")
        lines[-1] += f"{name}:"
    return "\r\n  ".join(lines).removesuffix(":")
