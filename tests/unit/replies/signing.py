"""Mail signed with keys of the test's own, and a name server that knows them."""

import base64
from dataclasses import dataclass, field
from functools import cache

import dkim
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from newsletter.replies.authentication import LookupFailure

FIELDS = (b"from", b"to", b"subject", b"date", b"message-id")


@cache
def key_pair(bits: int = 2048) -> tuple[bytes, bytes]:
    """Return a private key in PEM, and its DNS record."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return pem, b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


@dataclass
class Names:
    """A name server in memory: what is not in it does not exist."""

    records: dict[str, bytes | LookupFailure] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def txt(self, name: str) -> bytes | LookupFailure:
        self.asked.append(name)
        return self.records.get(name, LookupFailure.NO_RECORD)

    def publish(self, domain: str, selector: str = "s1", *, record: bytes | None = None, bits: int = 2048) -> None:
        self.records[f"{selector}._domainkey.{domain}"] = record or key_pair(bits)[1]


def signed(
    raw: bytes | str,
    domain: str = "example.net",
    *,
    fields: tuple[bytes, ...] = FIELDS,
    more: bytes = b"",
    has_length: bool = False,
    bits: int = 2048,
) -> bytes:
    """Sign a mail; `more` are further tags, such as x=, signed along."""
    raw = raw.encode() if isinstance(raw, str) else raw
    signer = dkim.DKIM(raw)
    if more:
        made = signer.gen_header

        def with_more(tags: list[tuple[bytes, bytes]], *rest: object, **others: object) -> bytes:
            name, _, value = more.partition(b"=")
            tags.insert(-1, (name, value))
            header: bytes = made(tags, *rest, **others)
            return header

        signer.gen_header = with_more
    signature: bytes = signer.sign(
        b"s1",
        domain.encode(),
        key_pair(bits)[0],
        canonicalize=(b"relaxed", b"relaxed"),
        include_headers=list(fields),
        length=has_length,
    )
    return signature + raw
