"""Signed addresses, by which replies, bounces and unsubscribe requests find their delivery.

With `[replies] domain`: `r+TOKEN@domain`, `u+TOKEN@domain`, `b+TOKEN@domain`. With `[replies] address`
me@example.com: `me+TOKEN@example.com`, `me+uTOKEN@example.com`, `me+bTOKEN@example.com`. With neither, the list's
own address, which identifies no delivery.
"""

from dataclasses import dataclass

from newsletter.errors import SettingsError
from newsletter.settings import ListSettings, Settings
from newsletter.tokens import Keyring, Purpose

_PREFIXES = {
    Purpose.REPLY: "r",
    Purpose.UNSUBSCRIBE: "u",
    Purpose.BOUNCE: "b",
    Purpose.MODERATE: "d",
    Purpose.REPLY_AUTHOR: "w",
}
_TOKEN_LENGTH = 29
_MAX_LOCAL_PART = 64
"""RFC 5321 section 4.5.3.1.1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressFormat:
    """How a token becomes an address; without `purpose`, `after` alone is the address."""

    before: str = ""
    after: str
    purpose: Purpose | None = None

    def address(self, token: str) -> str:
        """Return the address that carries `token`."""
        return f"{self.before}{token}{self.after}" if self.purpose else self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedAddress:
    """What a signed address refers to."""

    purpose: Purpose
    number: int
    """What was signed: the number of a delivery or a notice, or what another package signs."""


def address_format(settings: Settings, mailing_list: ListSettings, purpose: Purpose) -> AddressFormat:
    """Return the format of addresses for `purpose`; SettingsError when they would be too long for SMTP."""
    prefix = _PREFIXES[purpose]
    if settings.replies.domain:
        return AddressFormat(before=f"{prefix}+", after=f"@{settings.replies.domain.lower()}", purpose=purpose)
    if settings.replies.address is None:
        return AddressFormat(after=str(mailing_list.sender.address))
    own = settings.replies.address
    before = f"{own.local.lower()}+{'' if purpose is Purpose.REPLY else prefix}"
    if len(before) + _TOKEN_LENGTH > _MAX_LOCAL_PART:
        raise SettingsError(
            f"[replies] address = '{own}': the part before '@' leaves no room for a token of {_TOKEN_LENGTH} "
            f"characters. Use one of at most {_MAX_LOCAL_PART - _TOKEN_LENGTH - 2} characters"
        )
    return AddressFormat(before=before, after=f"@{own.domain.lower()}", purpose=purpose)


def signed_address(keyring: Keyring, settings: Settings, list_name: str, purpose: Purpose, number: int) -> str | None:
    """Return the address that carries a signed number; None where `[replies]` has no such addresses."""
    address = address_format(settings, settings.list_named(list_name), purpose)
    return address.address(keyring.sign(purpose, number)) if address.purpose is not None else None


def parse_signed_address(keyring: Keyring, settings: Settings, address: str) -> SignedAddress | None:
    """Return what a signed address refers to, None if it is not one of ours; case does not matter.

    The signature decides: an address that was made before `[replies]` changed is still valid.
    """
    local, _, domain = address.strip().strip("<>").lower().rpartition("@")
    if domain not in _own_domains(settings):
        return None
    tail = local.rpartition("+")[2]
    for purpose, prefix in _PREFIXES.items():
        token = tail[1:] if len(tail) == _TOKEN_LENGTH + 1 and tail[0] == prefix else tail
        number = keyring.verify(purpose, token)
        if number is not None:
            return SignedAddress(purpose=purpose, number=number)
    return None


def _own_domains(settings: Settings) -> set[str]:
    replies = settings.replies
    domains = {mailing_list.sender.address.domain.lower() for mailing_list in settings.lists.values()}
    return domains | {name.lower() for name in (replies.domain, replies.address and replies.address.domain) if name}
