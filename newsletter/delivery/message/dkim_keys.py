"""Keys for DKIM: read from a file of ours alone or from the environment, fit to sign, and as DNS has them.

cryptography and dnspython are imported where they are used: without DKIM nobody waits for them.
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
"""Returns the TXT records of a name; none when there are none, None when nobody could be asked."""

_RSA_BITS = range(1024, 4097)
"""RFC 8301 section 3.2: verifiers must not take less and need not take more."""
_SES_HOST = re.compile(r"email-smtp[.a-z0-9-]*\.amazonaws\.com(\.cn)?")
_SECONDS = 3.0
_MAKE_ONE = "Make one of 2048 bits: openssl genrsa 2048"


def open_dkim_signer(settings: Settings, list_name: str) -> DkimSigner | None:
    """Return what signs a list's letters, None where nothing is to; SettingsError when a key cannot sign."""
    if not settings.delivery.dkim:
        return None
    sender = settings.list_named(list_name).sender.address.domain.lower()
    keys = tuple(
        _seal(settings, wanted, sender)
        for wanted in settings.delivery.dkim
        if _is_aligned((wanted.domain or sender).lower(), sender)
    )
    if not keys:
        domains = " or ".join(f"'{wanted.domain}'" for wanted in settings.delivery.dkim)
        raise SettingsError(
            f"[delivery.dkim] domain = {domains}: letters of '{list_name}' are from '{sender}', which such a "
            "signature says nothing of. Sign for that domain, or leave domain out"
        )
    return DkimSigner(keys=keys, unsigned_headers=REPLACED_BY_SES if _is_ses(settings) else frozenset())


def unpublished_dkim_keys(signer: DkimSigner, lookup: TxtLookup) -> tuple[str, ...]:
    """Return a line for each key that nobody can verify as yet; SettingsError when DNS publishes another one."""
    told = []
    for key in signer.keys:
        records = lookup(key.dns_name)
        if records is None:
            continue
        published = [value for record in records if (value := _public_of(record)) is not None]
        if not published:
            told.append(f"no key for DKIM is published at {key.dns_name}: no provider can verify the signatures")
        elif _normal(key.public) not in map(_normal, published):
            raise SettingsError(
                f"[delivery.dkim] selector = '{key.selector}': the key that is published at {key.dns_name} is not "
                "the one that signs, so every letter would fail. Publish its public key, or sign with that one"
            )
    return tuple(told)


def lookup_txt(name: str) -> Sequence[str] | None:
    """Ask this machine's resolver for TXT records, for a few seconds."""
    from dns.exception import DNSException
    from dns.resolver import NXDOMAIN, NoAnswer, Resolver

    try:
        answers = Resolver().resolve(name, "TXT", lifetime=_SECONDS)
    except (NXDOMAIN, NoAnswer):
        return ()
    except (DNSException, OSError):
        return None
    return [b"".join(answer.strings).decode("ascii", "replace") for answer in answers]


def _seal(settings: Settings, wanted: DkimSettings, sender: str) -> DkimKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    text, where = _private_key(settings, wanted)
    key = _read(text, where)
    if isinstance(key, Ed25519PrivateKey):
        return DkimKey(
            domain=(wanted.domain or sender).lower(),
            selector=wanted.selector,
            algorithm="ed25519-sha256",
            sign=lambda octets: key.sign(sha256(octets).digest()),
            public=key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw),
        )
    if key.key_size not in _RSA_BITS:
        raise SettingsError(
            f"{where}: an RSA key of {key.key_size} bits; providers take {_RSA_BITS[0]} to {_RSA_BITS[-1]}. {_MAKE_ONE}"
        )
    padding, hashing = PKCS1v15(), SHA256()
    return DkimKey(
        domain=(wanted.domain or sender).lower(),
        selector=wanted.selector,
        algorithm="rsa-sha256",
        sign=lambda octets: key.sign(octets, padding, hashing),
        public=key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    )


def _private_key(settings: Settings, wanted: DkimSettings) -> tuple[bytes, str]:
    """Return the text of a private key, and what it is called in messages."""
    if wanted.key is None:
        if settings.dkim_key is None:
            raise SettingsError(
                "[delivery.dkim] names no key. Give the path of its file as 'key', or set NEWSLETTER_DKIM_KEY"
            )
        text = settings.dkim_key.get_secret_value().replace("\\n", "\n")
        return text.encode("utf-8", "replace"), "NEWSLETTER_DKIM_KEY"
    path = settings.root / wanted.key
    where = f"[delivery.dkim] key = '{wanted.key}'"
    try:
        _refuse_shared(path, where)
        return path.read_bytes(), where
    except OSError as error:
        raise SettingsError(f"{where}: cannot be read: {error.strerror}. Check the path and its owner") from error


def _refuse_shared(path: Path, where: str) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SettingsError(f"{where}: others can get at it (mode {mode:04o}). Keep it to yourself: chmod 600")


def _read(text: bytes, where: str) -> "RSAPrivateKey | Ed25519PrivateKey":
    """Read a key in PEM, or the bare base64 of an Ed25519 one."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        if b"-----BEGIN" not in text:
            return Ed25519PrivateKey.from_private_bytes(b64decode(b"".join(text.split()), validate=True))
        key = load_pem_private_key(text, password=None)
    except TypeError as error:
        raise SettingsError(f"{where}: it is encrypted. Store it without a passphrase, kept to yourself") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SettingsError(f"{where}: this is no private key in PEM. {_MAKE_ONE}") from error
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise SettingsError(f"{where}: DKIM knows RSA and Ed25519 keys only. {_MAKE_ONE}")
    return key


def _is_aligned(domain: str, sender: str) -> bool:
    """Return whether DMARC may count a signature of `domain` for `sender` (RFC 7489 section 3.1.1, relaxed)."""
    return domain == sender or sender.endswith(f".{domain}") or domain.endswith(f".{sender}")


def _is_ses(settings: Settings) -> bool:
    delivery = settings.delivery
    if delivery.transport == "smtp":
        return bool(_SES_HOST.fullmatch(delivery.smtp.host.lower())) or delivery.smtp.configuration_set is not None
    return delivery.transport == "ses"


def _public_of(record: str) -> bytes | None:
    """Return the key of a DKIM record (RFC 6376 section 3.6.1), b"" for a withdrawn one; None for another."""
    tags = dict(tag.strip().partition("=")[::2] for tag in record.split(";") if "=" in tag)
    tags = {name.strip(): value.strip() for name, value in tags.items()}
    if "p" not in tags or tags.get("v", "DKIM1") != "DKIM1":
        return None
    try:
        return b64decode("".join(tags["p"].split()), validate=True)
    except ValueError:
        return b""


def _normal(key: bytes) -> bytes:
    """Return a public key in one form, whichever of the two that RSA has in records it came in."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

    try:
        return load_der_public_key(key).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        return key
