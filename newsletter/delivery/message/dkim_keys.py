"""DKIM keys: read from a private file or the environment, checked that they can sign, and compared with DNS.

cryptography and dnspython are imported where they are used: without DKIM no command waits for them.
"""

import re
import stat
from base64 import b64decode
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from newsletter.delivery.message.dkim import REPLACED_BY_SES, DkimKey, DkimSigner
from newsletter.errors import SettingsError
from newsletter.settings import DkimSettings, Settings

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

TxtLookup = Callable[[str], Sequence[str] | None]
"""Returns the TXT records of a name; none when there are none, None when DNS could not be queried."""

_RSA_BITS = range(1024, 4097)
"""RFC 8301 section 3.2: verifiers must not accept less and need not accept more."""
_SES_HOST = re.compile(r"email-smtp[.a-z0-9-]*\.amazonaws\.com(\.cn)?")
_DNS_TIMEOUT = 3.0
_REMEDY = "Make one of 2048 bits: openssl genrsa 2048"


def open_dkim_signer(settings: Settings, list_name: str) -> DkimSigner | None:
    """Return the signer of a list's messages, None where they are not signed; SettingsError when a key cannot sign."""
    if not settings.delivery.dkim:
        return None
    sender_domain = settings.list_named(list_name).sender.address.domain.lower()
    keys = tuple(
        _load_key(settings, entry, sender_domain)
        for entry in settings.delivery.dkim
        if _is_aligned((entry.domain or sender_domain).lower(), sender_domain)
    )
    if not keys:
        domains = " or ".join(f"'{entry.domain}'" for entry in settings.delivery.dkim)
        raise SettingsError(
            f"[delivery.dkim] domain = {domains}: emails of '{list_name}' are from '{sender_domain}', which such a "
            "signature does not cover. Sign for that domain, or leave domain out"
        )
    return DkimSigner(keys=keys, unsigned_headers=REPLACED_BY_SES if _sends_by_ses(settings) else frozenset())


def unpublished_dkim_keys(signer: DkimSigner, lookup: TxtLookup) -> tuple[str, ...]:
    """Return one line for each key that is not in DNS yet; SettingsError when DNS publishes another key."""
    lines = []
    for key in signer.keys:
        records = lookup(key.dns_name)
        if records is None:
            continue
        published = [value for record in records if (value := _public_key_of(record)) is not None]
        if not published:
            lines.append(f"no DKIM key is published at {key.dns_name}: no provider can verify the signatures")
        elif _canonical(key.public) not in map(_canonical, published):
            raise SettingsError(
                f"[delivery.dkim] selector = '{key.selector}': the key that is published at {key.dns_name} is not "
                "the one that signs, so every email would fail verification. Publish its public key, or sign with "
                "the published one"
            )
    return tuple(lines)


def lookup_txt(name: str) -> Sequence[str] | None:
    """Look up TXT records with this machine's resolver, within three seconds."""
    from dns.exception import DNSException
    from dns.resolver import NXDOMAIN, NoAnswer, Resolver

    try:
        records = Resolver().resolve(name, "TXT", lifetime=_DNS_TIMEOUT)
    except (NXDOMAIN, NoAnswer):
        return ()
    except (DNSException, OSError):
        return None
    return [b"".join(record.strings).decode("ascii", "replace") for record in records]


def _load_key(settings: Settings, entry: DkimSettings, sender_domain: str) -> DkimKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    text, place = _private_key_text(settings, entry)
    key = _parse_private_key(text, place)
    if isinstance(key, Ed25519PrivateKey):
        return DkimKey(
            domain=(entry.domain or sender_domain).lower(),
            selector=entry.selector,
            algorithm="ed25519-sha256",
            sign=lambda octets: key.sign(sha256(octets).digest()),
            public=key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw),
        )
    if key.key_size not in _RSA_BITS:
        raise SettingsError(
            f"{place}: an RSA key of {key.key_size} bits; providers accept {_RSA_BITS[0]} to {_RSA_BITS[-1]}. {_REMEDY}"
        )
    padding, hashing = PKCS1v15(), SHA256()
    return DkimKey(
        domain=(entry.domain or sender_domain).lower(),
        selector=entry.selector,
        algorithm="rsa-sha256",
        sign=lambda octets: key.sign(octets, padding, hashing),
        public=key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    )


def _private_key_text(settings: Settings, entry: DkimSettings) -> tuple[bytes, str]:
    """Return the text of a private key, and what errors call it."""
    if entry.key is None:
        if settings.dkim_key is None:
            raise SettingsError(
                "[delivery.dkim] names no key. Give the path of its file as 'key', or set NEWSLETTER_DKIM_KEY"
            )
        text = settings.dkim_key.get_secret_value().replace("\\n", "\n")
        return text.encode("utf-8", "replace"), "NEWSLETTER_DKIM_KEY"
    path = settings.root / entry.key
    place = f"[delivery.dkim] key = '{entry.key}'"
    try:
        _refuse_shared_file(path, place)
        return path.read_bytes(), place
    except OSError as error:
        raise SettingsError(f"{place}: cannot be read: {error.strerror}. Check the path and its owner") from error


def _refuse_shared_file(path: Path, place: str) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SettingsError(f"{place}: other users can read or change it (mode {mode:04o}). Run chmod 600 on it")


def _parse_private_key(text: bytes, place: str) -> "RSAPrivateKey | Ed25519PrivateKey":
    """Parse a key in PEM, or an Ed25519 key in bare base64."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        if b"-----BEGIN" not in text:
            return Ed25519PrivateKey.from_private_bytes(b64decode(b"".join(text.split()), validate=True))
        key = load_pem_private_key(text, password=None)
    except TypeError as error:
        raise SettingsError(f"{place}: it is encrypted. Store it without a passphrase, in a private file") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SettingsError(f"{place}: not a private key in PEM. {_REMEDY}") from error
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise SettingsError(f"{place}: DKIM supports RSA and Ed25519 keys only. {_REMEDY}")
    return key


def _is_aligned(domain: str, sender_domain: str) -> bool:
    """Return whether DMARC accepts a signature of `domain` for the sender (RFC 7489 section 3.1.1, relaxed)."""
    return domain == sender_domain or sender_domain.endswith(f".{domain}") or domain.endswith(f".{sender_domain}")


def _sends_by_ses(settings: Settings) -> bool:
    delivery = settings.delivery
    if delivery.transport == "smtp":
        return bool(_SES_HOST.fullmatch(delivery.smtp.host.lower())) or delivery.smtp.configuration_set is not None
    return delivery.transport == "ses"


def _public_key_of(record: str) -> bytes | None:
    """Return the key of a DKIM record (RFC 6376 section 3.6.1), b"" for a revoked one; None for another record."""
    tags = dict(tag.strip().partition("=")[::2] for tag in record.split(";") if "=" in tag)
    tags = {name.strip(): value.strip() for name, value in tags.items()}
    if "p" not in tags or tags.get("v", "DKIM1") != "DKIM1":
        return None
    try:
        return b64decode("".join(tags["p"].split()), validate=True)
    except ValueError:
        return b""


def _canonical(key: bytes) -> bytes:
    """Return a public key as SubjectPublicKeyInfo; an RSA key may be published in either of two forms."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

    try:
        return load_der_public_key(key).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        return key
