"""Rate limiter and backoff: the rate is kept, used up, and lowered when the provider defers."""

from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.rate.limiter import Backoff, RateLimiter


@given(rate=st.floats(0.5, 2000), groups=st.lists(st.tuples(st.integers(1, 50), st.floats(0, 3)), max_size=40))
def test_no_second_holds_more_than_the_rate(rate: float, groups: list[tuple[int, float]]) -> None:
    limiter, now, moments = RateLimiter(rate=rate), 100.0, []
    for count, idle in groups:
        now += idle
        moments += limiter.reserve(count, now)
    assert moments == sorted(moments)
    for index, moment in enumerate(moments):
        within = sum(1 for other in moments[index:] if other < moment + 1 - 1e-6)
        assert within <= rate + 1


def test_a_granted_rate_is_used_up() -> None:
    limiter, now, sent = RateLimiter(rate=14), 0.0, 0
    while now < 60:
        now = limiter.reserve(3, now)[-1]
        sent += 3
    assert sent >= 60 * 14 * 0.97


def test_a_deferral_halves_the_rate_and_success_brings_it_back() -> None:
    limiter = RateLimiter(rate=100)
    limiter.slow_down(0.0)
    limiter.slow_down(0.5)
    assert limiter.reserve(2, 0.5)[1] == 0.5 + 1 / 50
    for second in range(1, 11):
        limiter.recover(float(second))
    moments = limiter.reserve(2, 10.0)
    assert round(moments[1] - moments[0], 6) == 1 / 100


def test_the_rate_never_falls_below_a_tenth() -> None:
    limiter = RateLimiter(rate=100)
    for second in range(20):
        limiter.slow_down(float(second))
    moments = limiter.reserve(2, 0.0)
    assert round(moments[1] - moments[0], 6) == 1 / 10


def test_a_provider_that_never_accepted_anything_is_given_up_soon() -> None:
    backoff, now, rounds = Backoff(), 0.0, 0
    while not backoff.is_over:
        backoff.deferred(now)
        now += backoff.wait(now)
        rounds += 1
    assert rounds == 3
    assert now <= 10


def test_one_that_has_accepted_something_is_waited_for_longer() -> None:
    backoff, now = Backoff(), 0.0
    backoff.accepted()
    while not backoff.is_over:
        backoff.deferred(now)
        now += backoff.wait(now)
    assert 30 <= now <= 60


def test_a_success_resets_the_backoff() -> None:
    backoff = Backoff()
    backoff.deferred(0.0)
    assert backoff.wait(0.0) > 0
    backoff.accepted()
    assert backoff.wait(0.0) == 0
