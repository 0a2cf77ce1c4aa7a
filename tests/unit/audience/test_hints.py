"""A hint names what was probably meant, and never a domain that people do have."""

import pytest

from newsletter.address import Address
from newsletter.audience import Flag, flags_of, suggest
from newsletter.audience.hints import WELL_KNOWN


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
def test_a_slip_of_the_finger_is_seen(typed: str, meant: str) -> None:
    assert suggest(Address.parse(typed)) == meant
    assert Flag.MISTYPED in flags_of(typed)


@pytest.mark.parametrize(
    "address",
    ["ada@mail.com", "ada@ymail.com", "ada@example.org", "ada@gmx.de", "ada@posteo.de", "no address", "@x"],
)
def test_what_people_do_have_is_left_alone(address: str) -> None:
    assert suggest(address) is None


def test_no_well_known_domain_is_taken_for_another() -> None:
    assert [domain for domain in WELL_KNOWN if suggest(f"ada@{domain}")] == []


def test_roles_and_throw_away_addresses_are_flagged() -> None:
    assert flags_of("Info@example.org") == (Flag.ROLE,)
    assert flags_of("no-reply+x@example.org") == (Flag.ROLE,)
    assert flags_of("ada@mailinator.com") == (Flag.THROW_AWAY,)
    assert flags_of("ada@inbox.mailinator.com") == (Flag.THROW_AWAY,)
    assert flags_of("ada@example.org") == ()
