"""Signed tokens: short, lower-case, one purpose each, readable under any key still kept.

A token is base32 of an 8-byte number and a 10-byte MAC (HMAC-SHA-256, 80 bits), 29
characters: it survives gateways that fold a local part's case and fits, behind a prefix,
into the 64 octets of RFC 5321 section 4.5.3.1.1. It names nobody and holds no secret.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

_MAC_BYTES = 10
_TOKEN_LENGTH = 29
_BLOCK = 64
"""Octets that SHA-256 works on at a time."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"
_PAIRS = [first + second for first in _LETTERS for second in _LETTERS]
_SHIFTS = range(140, -1, -10)
"""Where each ten bits of a token begin, in a number of 150."""


class Purpose(StrEnum):
    """What a token allows; one made for one purpose is worth nothing for another."""

    REPLY = "reply-v1"
    BOUNCE = "bounce-v1"
    UNSUBSCRIBE = "unsubscribe-v1"
    DECIDE = "decide-v1"
    """A moderator's word on one reply."""
    WRITER = "writer-v1"
    """A writer's word on what they wrote."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The publication's keys, newest first: the newest signs, all of them verify."""

    keys: tuple[bytes, ...]
    hashing_key: bytes | None = None
    """The one under which suppressed addresses are remembered; None: the oldest of the keys."""

    def signer(self, purpose: Purpose) -> Callable[[int], str]:
        """Return a function from a number (0 to 2**64-1) to its token, cheap enough for a million calls."""
        inner, outer = _halves(_derived(self.keys[0], purpose))

        def sign(number: int) -> str:
            payload = number.to_bytes(8)
            (within := inner.copy()).update(payload)
            (without := outer.copy()).update(within.digest())
            return _base32(payload + without.digest()[:_MAC_BYTES])

        return sign

    def sign(self, purpose: Purpose, number: int) -> str:
        """Return the token of `number` for `purpose`."""
        return self.signer(purpose)(number)

    def read(self, purpose: Purpose, token: str) -> int | None:
        """Return the number in `token`, or None if it is not one of ours; case does not matter."""
        if len(token) != _TOKEN_LENGTH:
            return None
        try:
            raw = base64.b32decode(token.upper() + "===")
        except ValueError:
            return None
        if base64.b32encode(raw).decode().rstrip("=") != token.upper():
            return None  # 29 letters hold one bit more than a token: it may not vary
        payload, mac = raw[:8], raw[8:]
        for key in self.keys:
            good = hmac.digest(_derived(key, purpose), payload, "sha256")[:_MAC_BYTES]
            if hmac.compare_digest(good, mac):
                return int.from_bytes(payload)
        return None

    def address_hash(self, address_key: str) -> bytes:
        """Return the 16-byte keyed hash under which a suppressed address is remembered."""
        return self.address_hasher()(address_key)

    @property
    def hash_key_name(self) -> str:
        """By what an export tells that its hashes were made with our key; it gives nothing of the key away."""
        return _derived(self.hashing_key or self.keys[-1], "suppression-name-v1").hex()[:16]

    def address_hasher(self) -> Callable[[str], bytes]:
        """Return the function behind `address_hash`, cheap enough for a million calls.

        Its key is never rotated, so that nobody is forgotten.
        """
        inner, outer = _halves(_derived(self.hashing_key or self.keys[-1], "suppression-v1"))

        def hashed(address_key: str) -> bytes:
            (within := inner.copy()).update(address_key.encode())
            (without := outer.copy()).update(within.digest())
            return without.digest()[:16]

        return hashed


def _derived(key: bytes, purpose: str) -> bytes:
    return hmac.digest(key, purpose.encode(), hashlib.sha256)


def _halves(key: bytes) -> tuple["hashlib._Hash", "hashlib._Hash"]:
    """Return how both hashes of an HMAC begin (RFC 2104), by hand, for that is the same for every message."""
    padded = key.ljust(_BLOCK, b"\0")
    inner, outer = (hashlib.sha256(bytes(octet ^ pad for octet in padded)) for pad in (0x36, 0x5C))
    return inner, outer


def _base32(octets: bytes) -> str:
    """Return 18 octets in base32, in lower case, without padding; base64.b32encode takes four times as long."""
    bits = int.from_bytes(octets) << 6
    return "".join([_PAIRS[bits >> shift & 1023] for shift in _SHIFTS])[:_TOKEN_LENGTH]
