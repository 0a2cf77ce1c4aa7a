"""Signed tokens for links and reply addresses: short, lower case, valid for one purpose, verified under all kept keys.

A token is the base32 of an 8-byte number and a 10-byte MAC (HMAC-SHA-256, 80 bits): 29 characters. It survives gateways
that change the case of a local part and fits, behind a prefix, into the 64 octets of RFC 5321 section 4.5.3.1.1. It
names nobody and contains no secret.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

_MAC_BYTES = 10
_TOKEN_LENGTH = 29
_BLOCK = 64
"""The block size of SHA-256 in octets (RFC 2104)."""
_BASE32_ALPHABET = bytes.maketrans(bytes(range(32)), b"abcdefghijklmnopqrstuvwxyz234567")
_LANE = 32
"""The octets that one token takes while its bits are spread."""
_BEFORE, _AFTER = bytes(12), bytes(2)
"""Padding of a lane: the token is in the lower 20 octets, its bits at their upper end."""
_HALVINGS = (80, 40, 20, 10, 5)
"""The sizes in bits into which the 160 bits of a lane are halved."""


class Purpose(StrEnum):
    """What a token allows; a token for one purpose is invalid for any other."""

    REPLY = "reply-v1"
    BOUNCE = "bounce-v1"
    UNSUBSCRIBE = "unsubscribe-v1"
    MODERATE = "decide-v1"
    """A moderator's decision on one reply."""
    REPLY_AUTHOR = "writer-v1"
    """A reply's writer decides about their own reply."""
    CONFIRM = "confirm-v1"
    """Confirmation of a subscription (double opt-in)."""
    PREFERENCES = "preferences-v1"
    """The preferences page that an email's footer links to."""
    MY_DATA = "own-v1"
    """A person's page of their own data, from the email they requested."""
    REPLY_PAGE = "comment-v1"
    """The page on which a reply's writer sees and decides about it."""
    VIEW = "view-v1"
    """One email as a web page."""
    CLICK = "click-v1"
    """The delivery behind a tracked click, of readers who consented."""
    FORM = "form-v1"
    """The time at which a form was shown."""
    BOT_CHECK = "proof-v1"
    """A proof-of-work task for a browser."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The publication's secret keys, newest first: the newest signs, all verify."""

    keys: tuple[bytes, ...]
    hashing_key: bytes | None = None
    """The key for hashes of suppressed addresses; None for the oldest of `keys`."""

    def signer(self, *purposes: Purpose) -> Callable[[int], Sequence[str]]:
        """Return a function from a number (below 2**64) to a token for each purpose, fast for a million calls."""
        states = [_hmac_states(_derived(self.keys[0], purpose)) for purpose in purposes]
        in_base32 = _base32(len(purposes))

        def sign(number: int) -> Sequence[str]:
            payload = number.to_bytes(8)
            lanes: list[bytes] = []
            for inner, outer in states:
                (inner_hash := inner.copy()).update(payload)
                (outer_hash := outer.copy()).update(inner_hash.digest())
                lanes += (_BEFORE, payload, outer_hash.digest()[:_MAC_BYTES], _AFTER)
            return in_base32(b"".join(lanes))

        return sign

    def sign(self, purpose: Purpose, number: int) -> str:
        """Return the token of `number` for `purpose`."""
        return self.signer(purpose)(number)[0]

    def verify(self, purpose: Purpose, token: str) -> int | None:
        """Return the number in a token; None if the token is invalid. Case is ignored."""
        if len(token) != _TOKEN_LENGTH:
            return None
        try:
            raw = base64.b32decode(token.upper() + "===")
        except ValueError:
            return None
        if base64.b32encode(raw).decode().rstrip("=") != token.upper():
            return None  # 29 characters hold one bit more than a token, which must be zero
        payload, mac = raw[:8], raw[8:]
        for key in self.keys:
            expected = hmac.digest(_derived(key, purpose), payload, "sha256")[:_MAC_BYTES]
            if hmac.compare_digest(expected, mac):
                return int.from_bytes(payload)
        return None

    def address_hash(self, address_key: str) -> bytes:
        """Return the 16-byte keyed hash by which a suppressed address is stored."""
        return self.address_hasher()(address_key)

    @property
    def hash_key_name(self) -> str:
        """An identifier of the hashing key, for exports; it reveals nothing about the key."""
        return _derived(self.hashing_key or self.keys[-1], "suppression-name-v1").hex()[:16]

    def address_hasher(self) -> Callable[[str], bytes]:
        """Return the function behind `address_hash`, cheap enough for a million calls.

        Its key is never rotated, since hashes cannot be computed again without the addresses.
        """
        inner, outer = _hmac_states(_derived(self.hashing_key or self.keys[-1], "suppression-v1"))

        def hashed(address_key: str) -> bytes:
            (inner_hash := inner.copy()).update(address_key.encode())
            (outer_hash := outer.copy()).update(inner_hash.digest())
            return outer_hash.digest()[:16]

        return hashed


def _derived(key: bytes, purpose: str) -> bytes:
    return hmac.digest(key, purpose.encode(), hashlib.sha256)


def _hmac_states(key: bytes) -> tuple["hashlib._Hash", "hashlib._Hash"]:
    """Return the states of HMAC's inner and outer hash after the key block (RFC 2104), to be copied for each number."""
    padded = key.ljust(_BLOCK, b"\0")
    inner, outer = (hashlib.sha256(bytes(octet ^ pad for octet in padded)) for pad in (0x36, 0x5C))
    return inner, outer


def _base32(number: int) -> Callable[[bytes], Sequence[str]]:
    """Return a function that encodes so many lanes at once in lower-case base32 without padding.

    All lanes are one integer, whose bits are spread until every five have an octet of their own: a few operations for
    all the tokens of an email.
    """
    size = number * _LANE
    offsets = range(0, size, _LANE)
    steps = []
    for bits in _HALVINGS:
        room = bits // 5 * 8
        lower = sum(((1 << bits) - 1) << offset for offset in range(0, size * 8, 2 * room))
        steps.append((lower, lower << bits, room - bits))

    def in_base32(lanes: bytes) -> Sequence[str]:
        spread = int.from_bytes(lanes)
        for lower, upper, shift in steps:
            spread = (spread & lower) | (spread & upper) << shift
        text = spread.to_bytes(size).translate(_BASE32_ALPHABET).decode("ascii")
        return [text[offset : offset + _TOKEN_LENGTH] for offset in offsets]

    return in_base32
