"""Addresses: one mailbox, checked at the door, compared by its normal form."""

import re
from dataclasses import dataclass
from email.headerregistry import Address as HeaderAddress
from email.utils import getaddresses
from functools import lru_cache

RESERVED_DOMAINS = ("example", "test", "invalid", "localhost", "example.com", "example.net", "example.org")
"""RFC 2606 section 2 and 3: mail to these reaches nobody."""
_BELOW_RESERVED = tuple(f".{domain}" for domain in RESERVED_DOMAINS)

_PLAIN_LOCAL = re.compile(r"[\w#$&'*+/=?^`{|}~-]{1,64}(?:\.[\w#$&'*+/=?^`{|}~-]+)*", re.ASCII)
_PLAIN_DOMAIN = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?!arpa$|invalid$|local$|localhost$|onion$|test$)[a-z]{2,63}",
    re.ASCII | re.IGNORECASE,
)
_MAILBOX_NAMES = {
    *("abuse", "ftp", "hostmaster", "info", "marketing", "news", "noc", "postmaster"),
    *("sales", "security", "support", "usenet", "uucp", "webmaster", "www"),
}
"""RFC 2142: these are written in lower case, which the validator sees to."""
_LONGEST_NAME = max(map(len, _MAILBOX_NAMES))


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox SES can take: ASCII local part, domain in ASCII (IDNA) form.

    Two addresses are the same person when their `key` is equal: lower case, dots and tags kept.
    """

    local: str
    domain: str

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read `text` by RFC 5321 as SES narrows it; ValueError says what is wrong with it.

        SES takes no SMTPUTF8, so a local part beyond ASCII is refused at the door, and so are the
        signs of old source routes and what mail programs would decode into another address (RFC 2047).
        What is plainly an address is not sent through the validator.
        """
        text = text.strip()
        if plain := parse_simple(text):
            return cls(*plain)
        from email_validator import (  # few addresses need it, and it loads slowly
            EmailNotValidError,
            validate_email,
        )

        try:
            valid = validate_email(
                text,
                check_deliverability=False,
                allow_smtputf8=False,
                test_environment=True,
                allow_quoted_local=False,
                strict=True,
            )
        except EmailNotValidError as error:
            raise ValueError(str(error).rstrip(".")) from error
        if routing := re.search("[%!]", valid.local_part):
            raise ValueError(f"The email address has a '{routing[0]}' before the @-sign, as old source routes had")
        if "=?" in valid.local_part:
            raise ValueError("The email address has '=?' before the @-sign, as encoded words in headers have")
        return cls(valid.local_part, valid.ascii_domain)

    @property
    def key(self) -> str:
        """The normal form by which addresses are compared."""
        return f"{self.local}@{self.domain}".lower()

    @property
    def is_reserved(self) -> bool:
        """Whether the domain is kept for documentation and tests, so that mail to it reaches nobody."""
        return is_reserved(self.domain)

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


def parse_simple(text: str) -> tuple[str, str] | None:
    """Return the two parts of an address that is plainly one as `Address.parse` has them, else None.

    It is cheap enough for a million calls. None says nothing against it: then the validator judges.
    """
    local, _, domain = text.partition("@")
    if not (domain := _plain_domain(domain)) or len(local) > 64 or len(local) + len(domain) > 253:
        return None
    if not _PLAIN_LOCAL.fullmatch(local) or "=?" in local:
        return None
    if len(local) <= _LONGEST_NAME and local.lower() in _MAILBOX_NAMES:
        local = local.lower()
    return local, domain


@lru_cache(65_536)
def is_reserved(domain: str) -> bool:
    """Return whether a domain is kept for documentation and tests."""
    return domain in RESERVED_DOMAINS or domain.endswith(_BELOW_RESERVED)


@lru_cache(65_536)
def _plain_domain(text: str) -> str:
    """Return a domain that is plainly one, in small letters; else an empty text."""
    return text.lower() if _PLAIN_DOMAIN.fullmatch(text) and "--" not in text else ""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A display name and an address, as a From header shows them."""

    name: str
    address: Address

    @classmethod
    def parse(cls, text: str) -> "Mailbox":
        """Read `Name <a@b>` or `a@b`; ValueError when it is not exactly one mailbox."""
        found = getaddresses([text])
        if len(found) != 1 or not found[0][1]:
            raise ValueError(f"'{text}' is not one mailbox such as 'Name <news@example.com>'")
        return cls(found[0][0], Address.parse(found[0][1]))

    def __str__(self) -> str:
        return str(HeaderAddress(self.name, self.address.local, self.address.domain))
