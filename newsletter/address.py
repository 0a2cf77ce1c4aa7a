"""Email addresses (RFC 5321): parsed and validated, and compared in a normal form."""

import re
from dataclasses import dataclass
from email.headerregistry import Address as HeaderAddress
from email.utils import getaddresses
from functools import lru_cache

RESERVED_DOMAINS = ("example", "test", "invalid", "localhost", "example.com", "example.net", "example.org")
"""RFC 2606 sections 2 and 3: mail to these domains reaches nobody."""
_RESERVED_SUFFIXES = tuple(f".{domain}" for domain in RESERVED_DOMAINS)

_SIMPLE_LOCAL = re.compile(r"[\w#$&'*+/=?^`{|}~-]{1,64}(?:\.[\w#$&'*+/=?^`{|}~-]+)*", re.ASCII)
_SIMPLE_DOMAIN = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?!arpa$|invalid$|local$|localhost$|onion$|test$)[a-z]{2,63}",
    re.ASCII | re.IGNORECASE,
)
_ROLE_NAMES = {
    *("abuse", "ftp", "hostmaster", "info", "marketing", "news", "noc", "postmaster"),
    *("sales", "security", "support", "usenet", "uucp", "webmaster", "www"),
}
"""Role names of RFC 2142, which the validator turns into lower case."""
_LONGEST_ROLE_NAME = max(map(len, _ROLE_NAMES))


@dataclass(frozen=True, slots=True)
class Address:
    """An address that SES accepts: an ASCII local part, and a domain in ASCII (IDNA) form.

    Two addresses belong to the same person if their `key` is equal.
    """

    local: str
    domain: str

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Parse an address by RFC 5321 as restricted by SES; ValueError says what is wrong with it.

        SES does not support SMTPUTF8, so a local part beyond ASCII is refused, as are source routes (`%`, `!`) and
        encoded words (RFC 2047), which mail programs would decode into another address. Simple addresses bypass the
        validator, which is slow.
        """
        text = text.strip()
        if parts := parse_simple(text):
            return cls(*parts)
        from email_validator import (  # loads slowly, and few addresses need it
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
        if route := re.search("[%!]", valid.local_part):
            raise ValueError(f"The email address has a '{route[0]}' before the @-sign, as in a source route")
        if "=?" in valid.local_part:
            raise ValueError("The email address has '=?' before the @-sign, as in an encoded word")
        return cls(valid.local_part, valid.ascii_domain)

    @property
    def key(self) -> str:
        """The normal form for comparison: lower case, dots and tags kept."""
        return f"{self.local}@{self.domain}".lower()

    @property
    def is_reserved(self) -> bool:
        """Whether the domain is reserved for documentation and tests, so that mail to it reaches nobody."""
        return is_reserved(self.domain)

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


def parse_simple(text: str) -> tuple[str, str] | None:
    """Return local part and domain of a simple address as `Address.parse` does; None leaves it to the validator.

    Fast path for imports: cheap enough for a million calls.
    """
    local, _, domain = text.partition("@")
    if not (domain := _simple_domain(domain)) or len(local) > 64 or len(local) + len(domain) > 253:
        return None
    if not _SIMPLE_LOCAL.fullmatch(local) or "=?" in local:
        return None
    if len(local) <= _LONGEST_ROLE_NAME and local.lower() in _ROLE_NAMES:
        local = local.lower()
    return local, domain


@lru_cache(65_536)
def is_reserved(domain: str) -> bool:
    """Return whether a domain is reserved for documentation and tests."""
    return domain in RESERVED_DOMAINS or domain.endswith(_RESERVED_SUFFIXES)


@lru_cache(65_536)
def _simple_domain(text: str) -> str:
    """Return a simple domain in lower case; "" for any other text."""
    return text.lower() if _SIMPLE_DOMAIN.fullmatch(text) and "--" not in text else ""


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A display name and an address, as in a From header (RFC 5322, mailbox)."""

    name: str
    address: Address

    @classmethod
    def parse(cls, text: str) -> "Mailbox":
        """Parse `Name <a@b>` or `a@b`; ValueError if it is not exactly one mailbox."""
        mailboxes = getaddresses([text])
        if len(mailboxes) != 1 or not mailboxes[0][1]:
            raise ValueError(f"'{text}' is not a single address such as 'Name <news@example.com>'")
        return cls(mailboxes[0][0], Address.parse(mailboxes[0][1]))

    def __str__(self) -> str:
        return str(HeaderAddress(self.name, self.address.local, self.address.domain))
