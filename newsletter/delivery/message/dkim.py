"""DKIM signing (RFC 6376): returns a message with its signatures in front of it; relaxed/relaxed canonicalisation.

Signing is deterministic: it uses neither the time nor randomness. The canonical headers and the body's hash are
computed once for all signatures of a message.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256

_SIGNED_HEADERS = (
    *("from", "to", "subject", "date", "message-id", "reply-to", "list-id", "list-unsubscribe"),
    *("list-unsubscribe-post", "list-help", "list-archive", "list-owner", "list-post", "feedback-id"),
    *("mime-version", "content-type", "content-transfer-encoding"),
)
"""Both List-Unsubscribe headers are signed, as RFC 8058 section 4 requires for one-click unsubscribe."""
_OVERSIGNED_HEADERS = ("from", "to", "subject", "reply-to")
"""Signed once more than they occur, so that adding another one breaks the signature (section 8.15)."""
REPLACED_BY_SES = frozenset({"date", "message-id"})
"""Headers that SES replaces, so that they must not be signed."""
_LINE = 72


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimKey:
    """One private key of a domain, and how it signs."""

    domain: str
    selector: str
    algorithm: str
    """rsa-sha256 or ed25519-sha256 (RFC 8463)."""
    sign: Callable[[bytes], bytes]
    """Signs the canonical headers."""
    public: bytes
    """The decoded p= of its DNS record."""

    @property
    def dns_name(self) -> str:
        """Where its public key is published."""
        return f"{self.selector}._domainkey.{self.domain}"


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimSigner:
    """Signs messages with one or more keys; thread-safe."""

    keys: Sequence[DkimKey]
    unsigned_headers: frozenset[str] = frozenset()
    """Headers that the mail server replaces."""

    def sign(self, message: bytes) -> bytes:
        """Return the message with a DKIM-Signature for each key in front of it; its lines must end in CRLF."""
        head, _, body = message.partition(b"\r\n\r\n")
        names, canonical_headers = self._canonical_headers(head)
        body_hash = b64encode(sha256(relaxed_body(body)).digest()).decode("ascii")
        return b"".join([*(_signature(key, names, canonical_headers, body_hash) for key in self.keys), message])

    def _canonical_headers(self, head: bytes) -> tuple[str, bytes]:
        """Return the names for h= and the canonical headers, in one order; of equal names the last comes first."""
        headers: dict[str, list[bytes]] = {}
        for header in re.split(rb"\r\n(?![ \t])", head):
            name, canonical = relaxed_header(header)
            headers.setdefault(name, []).append(canonical)
        names: list[str] = []
        lines: list[bytes] = []
        for name in _SIGNED_HEADERS:
            if name in self.unsigned_headers:
                continue
            occurrences = headers.get(name, [])
            names += [name] * (len(occurrences) + (name in _OVERSIGNED_HEADERS))
            lines += [line + b"\r\n" for line in reversed(occurrences)]
        return ":".join(names), b"".join(lines)


def relaxed_header(header: bytes) -> tuple[str, bytes]:
    """Return a header's name and its relaxed canonical form, without a line end (section 3.4.2)."""
    name, _, value = header.partition(b":")
    name = name.strip(b" \t").lower()
    value = re.sub(rb"[ \t]+", b" ", value.replace(b"\r\n", b"")).strip(b" ")
    return name.decode("ascii", "replace"), name + b":" + value


def relaxed_body(body: bytes) -> bytes:
    """Return a body's relaxed canonical form (section 3.4.4): blanks collapsed, none at line ends, no empty end."""
    body = body.replace(b"\t", b" ")
    while b"  " in body:
        body = body.replace(b"  ", b" ")
    body = body.replace(b" \r\n", b"\r\n").rstrip(b" \r\n")
    return body + b"\r\n" if body else b""


def _signature(key: DkimKey, names: str, canonical_headers: bytes, body_hash: str) -> bytes:
    header = (
        f"DKIM-Signature: v=1; a={key.algorithm}; c=relaxed/relaxed;\r\n"
        f" d={key.domain}; s={key.selector};\r\n"
        f" h={_folded(names)};\r\n"
        f" bh={body_hash};\r\n"
        f" b="
    ).encode("ascii")
    signature = b64encode(key.sign(canonical_headers + relaxed_header(header)[1]))
    return header + b"\r\n ".join(signature[at : at + _LINE] for at in range(0, len(signature), _LINE)) + b"\r\n"


def _folded(names: str) -> str:
    """Fold the list of names after colons, where blanks are allowed (section 3.5)."""
    lines = [""]
    for name in names.split(":"):
        if len(lines[-1]) + len(name) > _LINE:
            lines.append("")
        lines[-1] += f"{name}:"
    return "\r\n  ".join(lines).removesuffix(":")
