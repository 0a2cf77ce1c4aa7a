"""What the door counts by, and what it believes."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.tokens import Keyring, Purpose
from newsletter.web.bot_check import DIFFICULTY_BITS, UsedChallenges, is_solved, seconds_since, sign_time
from newsletter.web.rate_limit import MAX_KEYS, RateLimit, anonymised_network, client_address, rate_limit_key
from newsletter.web.templates import mask_address

OURS = (ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
KEYRING = Keyring((b"k" * 32,))
NOW = datetime(2026, 11, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "1.2.3.4, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "1.2.3.4, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("::1", "198.51.100.1", "::1"),
        ("fd00::1", "2001:db8::1", "2001:db8::1"),
        ("::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1"),
    ],
)
def test_only_our_proxies_are_believed(peer: str, forwarded: str, client: str) -> None:
    assert client_address(peer, forwarded, OURS) == client


def test_one_holder_of_a_network_is_one_visitor() -> None:
    assert rate_limit_key("2001:db8:1:2::1") == rate_limit_key("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert rate_limit_key("203.0.113.9") == "203.0.113.9"
    assert anonymised_network("203.0.113.9") == "203.0.113.0/24"
    assert anonymised_network("2001:db8:1:2::1") == "2001:db8:1::/48"


@given(st.integers(1, 20), st.integers(1, 600), st.lists(st.floats(0, 100), max_size=60))
def test_no_more_than_the_limit_goes_through_at_once(number: int, seconds: int, waits: list[float]) -> None:
    limit, now, passed = RateLimit(number, seconds), 0.0, []
    for wait in waits:
        now += wait
        was_full = limit.is_exhausted("a", now)
        told = limit.acquire("a", now)
        assert was_full is bool(told)
        if told:
            assert 0 < told <= seconds + 1e-9  # of a sum of floating numbers
        else:
            passed.append(now)
    for moment in passed:
        within = [each for each in passed if moment <= each < moment + seconds]
        assert len(within) <= 2 * number  # a full allowance, and what comes back meanwhile


def test_a_limit_keeps_no_more_than_so_many_keys() -> None:
    limit = RateLimit(1, 60)
    for number in range(MAX_KEYS + 10):
        limit.acquire(str(number), 0.0)
    assert len(limit._rests) <= MAX_KEYS
    assert limit.acquire(str(MAX_KEYS + 9), 0.0), "the newest is remembered"


def test_a_task_is_solved_by_work_and_spent_once() -> None:
    task = sign_time(KEYRING, Purpose.BOT_CHECK, NOW)
    solution = next(number for number in range(2**22) if is_solved(task, str(number)))
    assert (
        not is_solved(sign_time(KEYRING, Purpose.BOT_CHECK, NOW + timedelta(seconds=1)), str(solution))
        or DIFFICULTY_BITS < 8
    )
    for nonsense in ("", "-1", "1e9", "٣", "9" * 30):
        assert not is_solved(task, nonsense)
    spent = UsedChallenges()
    assert spent.use(task, 0.0)
    assert not spent.use(task, 1.0)


def test_a_moment_is_believed_when_we_signed_it_for_that() -> None:
    token = sign_time(KEYRING, Purpose.FORM, NOW)
    assert seconds_since(KEYRING, Purpose.FORM, token, NOW + timedelta(seconds=3)) == 3
    assert seconds_since(KEYRING, Purpose.BOT_CHECK, token, NOW) is None
    assert seconds_since(KEYRING, Purpose.FORM, "a" * 29, NOW) is None


def test_a_masked_address_is_known_again_by_its_holder_only() -> None:
    assert mask_address("ada.lovelace@example.org") == "a•••@e•••.org"
