"""Signed addresses: those we made are parsed back, and no other address is."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.message import parse_signed_address, signed_address
from newsletter.delivery.message.signed_addresses import SignedAddress, address_format
from newsletter.errors import SettingsError
from newsletter.settings import Settings
from newsletter.tokens import Keyring, Purpose
from tests.unit.delivery.conftest import make_settings

KEYRING = Keyring((b"k" * 32,))
DOMAIN = make_settings()
ADDRESS = make_settings(replies={"address": "Me+News@Example.com"})
BY_MAIL = (Purpose.REPLY, Purpose.BOUNCE, Purpose.UNSUBSCRIBE, Purpose.MODERATE, Purpose.REPLY_AUTHOR)


@pytest.mark.parametrize("settings", [DOMAIN, ADDRESS], ids=["domain", "address"])
@given(number=st.integers(1, 2**63 - 1), purpose=st.sampled_from(BY_MAIL), is_upper=st.booleans())
def test_a_signed_address_is_parsed_back(settings: Settings, number: int, purpose: Purpose, is_upper: bool) -> None:
    form = address_format(settings, settings.list_named("sample"), purpose)
    address = form.address(KEYRING.sign(purpose, number))
    assert address == address.lower()
    assert len(address.rpartition("@")[0]) <= 64
    read = parse_signed_address(KEYRING, settings, f"<{address.upper() if is_upper else address}>")
    assert read == SignedAddress(purpose=purpose, number=number)


def test_the_formats_are_as_documented() -> None:
    to_domain = signed_address(KEYRING, DOMAIN, "sample", Purpose.REPLY, 5) or ""
    to_address = signed_address(KEYRING, ADDRESS, "sample", Purpose.REPLY, 5) or ""
    assert to_domain.startswith("r+")
    assert to_domain.endswith("@replies.lamplighter.example")
    assert to_address.startswith("me+news+")
    assert to_address.endswith("@example.com")


@given(text=st.text(max_size=100))
def test_no_other_text_is_a_signed_address(text: str) -> None:
    assert parse_signed_address(KEYRING, DOMAIN, text) is None
    assert parse_signed_address(KEYRING, DOMAIN, f"{text}@replies.lamplighter.example") is None


def test_a_token_of_another_purpose_key_or_domain_is_not_accepted() -> None:
    token = KEYRING.sign(Purpose.REPLY, 5)
    other = Keyring((b"o" * 32,)).sign(Purpose.REPLY, 5)
    assert parse_signed_address(KEYRING, DOMAIN, f"r+{other}@replies.lamplighter.example") is None
    assert parse_signed_address(KEYRING, DOMAIN, f"r+{token}@elsewhere.example") is None
    changed = ("b" if token[0] != "b" else "c") + token[1:]
    assert parse_signed_address(KEYRING, DOMAIN, f"r+{changed}@replies.lamplighter.example") is None


def test_an_address_without_room_for_a_token_is_a_settings_error(with_settings: Callable[..., Settings]) -> None:
    settings = with_settings(replies={"address": f"{'a' * 40}@example.com"})
    with pytest.raises(SettingsError, match="leaves no room"):
        signed_address(KEYRING, settings, "sample", Purpose.REPLY, 5)
