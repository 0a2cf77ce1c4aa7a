"""A hint names what was probably meant, and never a domain that people do have."""

import pytest

from newsletter.address import Address
from newsletter.audience import AddressFlag, check_address, suggest_address
from newsletter.audience.address_checks import WELL_KNOWN


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("ada@gmial.com", "ada@gmail.com"),
        ("ada@gmail.con", "ada@gmail.com"),
        ("ada@gamil.com", "ada@gmail.com"),
        ("ada@gmal.com", "ada@gmail.com"),
        ("Ada@HOTMIAL.COM", "Ada@hotmail.com"),
        ("ada@yahooo.com", "ada@yahoo.com"),
        ("ada@outlook.co", "ada@outlook.com"),
        ("ada@icloud.cmo", "ada@icloud.com"),
        ("ada@protonmial.com", "ada@protonmail.com"),
    ],
)
def test_a_misspelled_domain_is_recognised(typed: str, meant: str) -> None:
    assert suggest_address(Address.parse(typed)) == meant
    assert AddressFlag.MISTYPED in check_address(typed)


@pytest.mark.parametrize(
    "address",
    ["ada@mail.com", "ada@ymail.com", "ada@example.org", "ada@gmx.de", "ada@posteo.de", "no address", "@x"],
)
def test_real_domains_are_not_corrected(address: str) -> None:
    assert suggest_address(address) is None


def test_no_well_known_domain_is_taken_for_another() -> None:
    assert [domain for domain in WELL_KNOWN if suggest_address(f"ada@{domain}")] == []


def test_role_addresses_and_disposable_domains_are_flagged() -> None:
    assert check_address("Info@example.org") == (AddressFlag.ROLE,)
    assert check_address("no-reply+x@example.org") == (AddressFlag.ROLE,)
    assert check_address("ada@mailinator.com") == (AddressFlag.THROW_AWAY,)
    assert check_address("ada@inbox.mailinator.com") == (AddressFlag.THROW_AWAY,)
    assert check_address("ada@example.org") == ()
