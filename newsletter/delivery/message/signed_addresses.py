"""The signed addresses by which answers, bounces and unsubscribes find their delivery.

With `[replies] domain`: `r+TOKEN@domain`, `u+TOKEN@domain`, `b+TOKEN@domain`. With `[replies] address`
me@example.com: `me+TOKEN@example.com`, `me+uTOKEN@...`, `me+bTOKEN@...`. With neither, the list's own
address, which names no delivery.
"""

from dataclasses import dataclass

from newsletter.errors import SettingsError
from newsletter.settings import ListSettings, Settings
from newsletter.tokens import Keyring, Purpose

_LETTER = {
    Purpose.REPLY: "r",
    Purpose.UNSUBSCRIBE: "u",
    Purpose.BOUNCE: "b",
    Purpose.MODERATE: "d",
    Purpose.REPLY_AUTHOR: "w",
}
_TOKEN = 29
_LOCAL_PART = 64
"""RFC 5321 section 4.5.3.1.1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressFormat:
    """How a token becomes an address; without a token where `after` alone is the address."""

    before: str = ""
    after: str
    purpose: Purpose | None = None

    def address(self, token: str) -> str:
        """Return the address that carries `token`."""
        return f"{self.before}{token}{self.after}" if self.purpose else self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedAddress:
    """What an address of ours says."""

    purpose: Purpose
    delivery_id: int
    """The delivery, or the notice, or what a later station signed."""


def address_format(settings: Settings, sender: ListSettings, purpose: Purpose) -> AddressFormat:
    """Return the form of the addresses for `purpose`; SettingsError when they would be too long for SMTP."""
    letter = _LETTER[purpose]
    if settings.replies.domain:
        return AddressFormat(before=f"{letter}+", after=f"@{settings.replies.domain.lower()}", purpose=purpose)
    if settings.replies.address is None:
        return AddressFormat(after=str(sender.sender.address))
    mine = settings.replies.address
    before = f"{mine.local.lower()}+{'' if purpose is Purpose.REPLY else letter}"
    if len(before) + _TOKEN > _LOCAL_PART:
        raise SettingsError(
            f"[replies] address = '{mine}': its part before '@' leaves no room for a token of {_TOKEN}. "
            f"Use one of {_LOCAL_PART - _TOKEN - 2} characters at most"
        )
    return AddressFormat(before=before, after=f"@{mine.domain.lower()}", purpose=purpose)


def signed_address(keyring: Keyring, settings: Settings, list_name: str, purpose: Purpose, number: int) -> str | None:
    """Return the address that carries a signed number; None where `[replies]` gives no room for one."""
    form = address_format(settings, settings.list_named(list_name), purpose)
    return form.address(keyring.sign(purpose, number)) if form.purpose is not None else None


def parse_signed_address(keyring: Keyring, settings: Settings, address: str) -> SignedAddress | None:
    """Return what a signed address says, or None if it is not one of ours; case does not matter.

    The signature is the proof: an address made before `[replies]` changed its form is still read.
    """
    local, _, domain = address.strip().strip("<>").lower().rpartition("@")
    if domain not in _domains(settings):
        return None
    tail = local.rpartition("+")[2]
    for purpose, letter in _LETTER.items():
        token = tail[1:] if len(tail) == _TOKEN + 1 and tail[0] == letter else tail
        number = keyring.verify(purpose, token)
        if number is not None:
            return SignedAddress(purpose=purpose, delivery_id=number)
    return None


def _domains(settings: Settings) -> set[str]:
    replies = settings.replies
    mine = {entry.sender.address.domain.lower() for entry in settings.lists.values()}
    return mine | {name.lower() for name in (replies.domain, replies.address and replies.address.domain) if name}
