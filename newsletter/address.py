"""Addresses: one mailbox, checked at the door, compared by its normal form."""

from dataclasses import dataclass
from email.headerregistry import Address as HeaderAddress
from email.utils import getaddresses

from email_validator import EmailNotValidError, validate_email

RESERVED_DOMAINS = ("example", "test", "invalid", "localhost", "example.com", "example.net", "example.org")
"""RFC 2606 section 2 and 3: mail to these reaches nobody."""


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

        SES takes no SMTPUTF8, so a local part beyond ASCII is refused at the door.
        """
        try:
            valid = validate_email(
                text.strip(),
                check_deliverability=False,
                allow_smtputf8=False,
                test_environment=True,
                allow_quoted_local=False,
            )
        except EmailNotValidError as error:
            raise ValueError(str(error).rstrip(".")) from error
        return cls(valid.local_part, valid.ascii_domain)

    @property
    def key(self) -> str:
        """The normal form by which addresses are compared."""
        return f"{self.local}@{self.domain}".lower()

    @property
    def is_reserved(self) -> bool:
        """Whether the domain is kept for documentation and tests, so that mail to it reaches nobody."""
        return self.domain in RESERVED_DOMAINS or self.domain.endswith(
            tuple(f".{domain}" for domain in RESERVED_DOMAINS)
        )

    def tagged(self, tag: str) -> "Address":
        """Return the plus-address `local+tag@domain` (RFC 5233)."""
        return Address(f"{self.local}+{tag}", self.domain)

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


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
