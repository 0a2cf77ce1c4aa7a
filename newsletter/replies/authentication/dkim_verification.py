"""DKIM verification (RFC 6376) by dkimpy, with keys that were looked up before, so that nothing here waits.

More is asked of a signature than that it is valid: it must cover the From field and the whole body, and
be within its time.
"""

import re
from binascii import Error as BadBase64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from newsletter.replies.authentication.dns_keys import KeyLookup, look_up_keys
from newsletter.replies.parsing.headers import Headers, read_headers

MAX_SIGNATURES = 5
"""Signatures of one message that are looked at, from the top."""

_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_](?:[a-z0-9_-]{0,62}))*")


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimSignature:
    """One signature and what became of it."""

    domain: str
    """d=, in lower case."""
    result: str
    """pass, fail, temperror, permerror or policy, as RFC 8601 section 2.7.1 has it."""
    reason: str = ""
    signed: tuple[str, ...] = ()
    """The header fields it covers, in lower case."""

    def __str__(self) -> str:
        return f"dkim={self.result} d={self.domain}" + (f" ({self.reason})" if self.reason else "")


def dkim_key_names(headers: Headers) -> tuple[str, ...]:
    """Return the DNS names under which the keys of a message's signatures lie."""
    names = (_key_name(tags) for tags in _signatures(headers))
    return tuple(dict.fromkeys(name for name in names if name))


def verify_dkim(raw: bytes, lookup: KeyLookup, now: datetime) -> tuple[DkimSignature, ...]:
    """Verify the DKIM signatures of a raw message, with their keys looked up in DNS."""
    headers, _, _ = read_headers(raw.replace(b"\r\n", b"\n"))
    return verify_signatures(raw, headers, look_up_keys(lookup, dkim_key_names(headers)), now)


def verify_signatures(
    raw: bytes, headers: Headers, keys: Mapping[str, bytes | None], now: datetime
) -> tuple[DkimSignature, ...]:
    """Verify the signatures of a raw message; a name that is not in `keys` could not be looked up."""
    return tuple(_verified(raw, index, tags, keys, now) for index, tags in enumerate(_signatures(headers)))


def _signatures(headers: Headers) -> list[dict[str, str]]:
    return [_tags(value) for value in headers.all_written("dkim-signature")[:MAX_SIGNATURES]]


def _tags(value: str) -> dict[str, str]:
    """Read a tag list (RFC 6376 section 3.2); a duplicate tag is invalid, so both are dropped."""
    tags: dict[str, str] = {}
    duplicates: set[str] = set()
    for piece in value[:8_000].split(";"):
        name, equals, content = piece.partition("=")
        key = name.strip()
        if equals:
            duplicates |= {key} & tags.keys()
            tags[key] = re.sub(r"\s+", "", content)
    return {key: content for key, content in tags.items() if key not in duplicates}


def _key_name(tags: dict[str, str]) -> str:
    name = f"{tags.get('s', '')}._domainkey.{tags.get('d', '')}".lower()
    return name if _NAME.fullmatch(name) and len(name) <= 253 and "." in tags.get("d", "") else ""


def _verified(
    raw: bytes, index: int, tags: dict[str, str], keys: Mapping[str, bytes | None], now: datetime
) -> DkimSignature:
    domain = tags.get("d", "").lower()[:253]
    name = _key_name(tags)
    signed = tuple(tags.get("h", "").lower().split(":"))
    refusal = _refusal(tags, signed, now)
    if not name:
        return DkimSignature(domain=domain, result="permerror", reason="it names no key")
    if refusal:
        return DkimSignature(domain=domain, result="policy", reason=refusal, signed=signed)
    if name not in keys:
        return DkimSignature(domain=domain, result="temperror", reason="its key could not be looked up", signed=signed)
    record = keys[name]
    if record is None:
        return DkimSignature(domain=domain, result="permerror", reason="its key is not published", signed=signed)
    flags = _tags(record.decode("ascii", "replace")).get("t", "").split(":")
    if "y" in flags:
        return DkimSignature(domain=domain, result="policy", reason="its domain is only testing", signed=signed)
    if "s" in flags and tags.get("i", "").lower().rpartition("@")[2] not in {"", domain}:
        return DkimSignature(domain=domain, result="policy", reason="its i= is not its d=", signed=signed)
    result, reason = _checked(raw, index, record)
    return DkimSignature(domain=domain, result=result, reason=reason, signed=signed)


def _refusal(tags: dict[str, str], signed: tuple[str, ...], now: datetime) -> str:
    """Say why a signature proves nothing even if it is valid, or ""."""
    if "from" not in signed:
        return "it does not cover the From field"
    if "l" in tags:
        return "it does not cover the whole body"
    if tags.get("a", "").lower() == "rsa-sha1":
        return "it uses SHA-1"
    expires = tags.get("x", "")
    if expires and not (expires.isdecimal() and len(expires) < 13 and int(expires) >= now.timestamp()):
        return "it has expired"
    return ""


def _checked(raw: bytes, index: int, record: bytes) -> tuple[str, str]:
    import dkim  # half a second, and few messages need it

    try:
        dkim.evaluate_pk("key", record)
    except Exception:  # whatever it makes of a record that is no key
        return "permerror", "its key cannot be used"
    try:
        verifier = dkim.DKIM(raw, minkey=1024)
        is_valid = verifier.verify(index, dnsfunc=lambda _name, timeout: record)  # noqa: ARG005
    except dkim.ValidationError as error:
        message = str(error)
        if "body hash" in message:
            return "fail", "the text was changed after it was signed"
        return "permerror", message.partition("(")[0].strip()[:80]
    except (dkim.DKIMException, BadBase64, ValueError, TypeError, KeyError, IndexError, AssertionError) as error:
        return "permerror", (str(error).partition("(")[0].strip() or type(error).__name__)[:80]
    return ("pass", "") if is_valid else ("fail", "it does not match the email or its key")
