"""Tokens: valid for one purpose, under every key of the keyring, and never when forged."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.tokens import Keyring, Purpose

OLD, NEW = b"o" * 32, b"n" * 32
NUMBERS = st.integers(min_value=0, max_value=2**64 - 1)


@given(number=NUMBERS, purpose=st.sampled_from(Purpose))
def test_a_token_is_read_back_in_any_case(number: int, purpose: Purpose) -> None:
    keyring = Keyring((NEW,))
    token = keyring.sign(purpose, number)
    assert keyring.verify(purpose, token) == keyring.verify(purpose, token.upper()) == number


@given(NUMBERS)
def test_a_token_fits_into_a_local_part_behind_a_prefix(number: int) -> None:
    token = Keyring((NEW,)).sign(Purpose.REPLY, number)
    assert len(token) == 29
    assert token.isascii()
    assert token.isalnum()
    assert token == token.lower()


@given(
    number=NUMBERS,
    place=st.integers(min_value=0, max_value=28),
    letter=st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"),
)
def test_changing_any_character_invalidates_a_token(number: int, place: int, letter: str) -> None:
    keyring = Keyring((NEW,))
    token = keyring.sign(Purpose.UNSUBSCRIBE, number)
    forged = token[:place] + letter + token[place + 1 :]
    assert forged == token or keyring.verify(Purpose.UNSUBSCRIBE, forged) is None


@given(st.text(max_size=40))
def test_any_other_text_is_not_a_token(text: str) -> None:
    assert Keyring((NEW,)).verify(Purpose.REPLY, text) is None


@pytest.mark.parametrize("text", ["", "a" * 28, "a" * 29, "1" * 29, "é" * 29, "=" * 29, "ſ" * 29, " " * 29])
def test_malformed_text_is_not_a_token(text: str) -> None:
    assert Keyring((NEW,)).verify(Purpose.REPLY, text) is None


def test_a_token_is_valid_for_its_purpose_only() -> None:
    keyring = Keyring((NEW,))
    assert keyring.verify(Purpose.UNSUBSCRIBE, keyring.sign(Purpose.REPLY, 7)) is None


def test_after_a_rotation_old_tokens_are_valid_and_new_ones_use_the_new_key() -> None:
    old = Keyring((OLD,)).sign(Purpose.REPLY, 7)
    rotated = Keyring((NEW, OLD))
    assert rotated.verify(Purpose.REPLY, old) == 7
    assert rotated.sign(Purpose.REPLY, 7) != old
    assert Keyring((OLD,)).verify(Purpose.REPLY, rotated.sign(Purpose.REPLY, 7)) is None


def test_a_rotation_forgets_no_suppressed_address() -> None:
    assert Keyring((NEW, OLD)).address_hash("ada@example.org") == Keyring((OLD,)).address_hash("ada@example.org")
    assert Keyring((NEW,)).address_hash("ada@example.org") != Keyring((OLD,)).address_hash("ada@example.org")
    assert len(Keyring((NEW,)).address_hash("ada@example.org")) == 16
