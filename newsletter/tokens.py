"""Signed tokens: short, lower-case, one purpose each, readable under any key still kept.

A token is base32 of an 8-byte number and a 10-byte MAC (HMAC-SHA-256, 80 bits), 29
characters: it survives gateways that fold a local part's case and fits, behind a prefix,
into the 64 octets of RFC 5321 section 4.5.3.1.1. It names nobody and holds no secret.
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
"""Octets that SHA-256 works on at a time."""
_LETTERS = bytes.maketrans(bytes(range(32)), b"abcdefghijklmnopqrstuvwxyz234567")
_LANE = 32
"""Octets of room for one token while its bits are spread."""
_BEFORE, _AFTER = bytes(12), bytes(2)
"""What fills a lane up: a token stands in the lower 20 octets of its own, its bits at their upper end."""
_HALVINGS = (80, 40, 20, 10, 5)
"""Bits of the pieces into which a token's 160 are cut, half by half."""


class Purpose(StrEnum):
    """What a token allows; one made for one purpose is worth nothing for another."""

    REPLY = "reply-v1"
    BOUNCE = "bounce-v1"
    UNSUBSCRIBE = "unsubscribe-v1"
    MODERATE = "decide-v1"
    """A moderator's word on one reply."""
    REPLY_AUTHOR = "writer-v1"
    """A writer's word on what they wrote."""
    CONFIRM = "confirm-v1"
    """That a subscription was wanted."""
    PREFERENCES = "preferences-v1"
    """What a reader may choose from a letter's foot."""
    MY_DATA = "own-v1"
    """A person's own page, from the mail that was asked for."""
    REPLY_PAGE = "comment-v1"
    """The page of an answer's writer."""
    VIEW = "view-v1"
    """One letter as a page."""
    CLICK = "click-v1"
    """Whose letter a counted link was in, of those who agreed to that."""
    FORM = "form-v1"
    """When a form was shown."""
    BOT_CHECK = "proof-v1"
    """A task that a browser is given."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The publication's keys, newest first: the newest signs, all of them verify."""

    keys: tuple[bytes, ...]
    hashing_key: bytes | None = None
    """The one under which suppressed addresses are remembered; None: the oldest of the keys."""

    def signer(self, *purposes: Purpose) -> Callable[[int], Sequence[str]]:
        """Return a function from a number (0 to 2**64-1) to its tokens, cheap enough for a million calls."""
        halves = [_halves(_derived(self.keys[0], purpose)) for purpose in purposes]
        in_base32 = _base32(len(purposes))

        def sign(number: int) -> Sequence[str]:
            payload = number.to_bytes(8)
            lanes: list[bytes] = []
            for inner, outer in halves:
                (within := inner.copy()).update(payload)
                (without := outer.copy()).update(within.digest())
                lanes += (_BEFORE, payload, without.digest()[:_MAC_BYTES], _AFTER)
            return in_base32(b"".join(lanes))

        return sign

    def sign(self, purpose: Purpose, number: int) -> str:
        """Return the token of `number` for `purpose`."""
        return self.signer(purpose)(number)[0]

    def verify(self, purpose: Purpose, token: str) -> int | None:
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
    """Return what HMAC begins its two hashes with (RFC 2104): the same for every number, so done once."""
    padded = key.ljust(_BLOCK, b"\0")
    inner, outer = (hashlib.sha256(bytes(octet ^ pad for octet in padded)) for pad in (0x36, 0x5C))
    return inner, outer


def _base32(number: int) -> Callable[[bytes], Sequence[str]]:
    """Return a function from so many lanes to the base32 of each, in lower case, without padding.

    All lanes are one integer, whose bits are spread until each five have an octet to themselves: a few
    operations for all the tokens of a letter.
    """
    size = number * _LANE
    places = range(0, size, _LANE)
    steps = []
    for bits in _HALVINGS:
        room = bits // 5 * 8
        lower = sum(((1 << bits) - 1) << place for place in range(0, size * 8, 2 * room))
        steps.append((lower, lower << bits, room - bits))

    def in_base32(lanes: bytes) -> Sequence[str]:
        spread = int.from_bytes(lanes)
        for lower, upper, shift in steps:
            spread = (spread & lower) | (spread & upper) << shift
        letters = spread.to_bytes(size).translate(_LETTERS).decode("ascii")
        return [letters[place : place + _TOKEN_LENGTH] for place in places]

    return in_base32
