"""Rate limiter: how many requests a network may make, and which address a request is counted under."""

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from newsletter.web.rate_limit import MAX_KEYS, RateLimit, anonymised_network, client_address, rate_limit_key

OURS = (ip_network("127.0.0.0/8"), ip_network("10.0.0.0/8"), ip_network("fd00::/8"))


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
def test_forwarded_for_is_trusted_from_our_proxies_only(peer: str, forwarded: str, client: str) -> None:
    assert client_address(peer, forwarded, OURS) == client


def test_addresses_of_one_ipv6_network_share_a_limit() -> None:
    assert rate_limit_key("2001:db8:1:2::1") == rate_limit_key("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert rate_limit_key("203.0.113.9") == "203.0.113.9"
    assert anonymised_network("203.0.113.9") == "203.0.113.0/24"
    assert anonymised_network("2001:db8:1:2::1") == "2001:db8:1::/48"


@given(st.integers(1, 20), st.integers(1, 600), st.lists(st.floats(0, 100), max_size=60))
def test_no_more_requests_than_the_limit_pass_in_a_period(number: int, seconds: int, waits: list[float]) -> None:
    limit, now, passed = RateLimit(number, seconds), 0.0, []
    for wait in waits:
        now += wait
        was_full = limit.is_exhausted("a", now)
        wait_seconds = limit.acquire("a", now)
        assert was_full is bool(wait_seconds)
        if wait_seconds:
            assert 0 < wait_seconds <= seconds + 1e-9  # of a sum of floating numbers
        else:
            passed.append(now)
    for moment in passed:
        in_period = [time for time in passed if moment <= time < moment + seconds]
        assert len(in_period) <= 2 * number  # a full allowance, and what comes back meanwhile


def test_a_limit_keeps_a_bounded_number_of_keys() -> None:
    limit = RateLimit(1, 60)
    for number in range(MAX_KEYS + 10):
        limit.acquire(str(number), 0.0)
    assert len(limit._rests) <= MAX_KEYS
    assert limit.acquire(str(MAX_KEYS + 9), 0.0), "the newest is remembered"
