"""The rate is kept, used, and taken back when the next hop complains."""

from hypothesis import given
from hypothesis import strategies as st

from newsletter.delivery.rate.limiter import Pace, Patience


@given(rate=st.floats(0.5, 2000), groups=st.lists(st.tuples(st.integers(1, 50), st.floats(0, 3)), max_size=40))
def test_no_second_holds_more_than_the_rate(rate: float, groups: list[tuple[int, float]]) -> None:
    pace, now, moments = Pace(rate=rate), 100.0, []
    for count, idle in groups:
        now += idle
        moments += pace.book(count, now)
    assert moments == sorted(moments)
    for index, moment in enumerate(moments):
        within = sum(1 for other in moments[index:] if other < moment + 1 - 1e-6)
        assert within <= rate + 1


def test_a_granted_rate_is_used_up() -> None:
    pace, now, sent = Pace(rate=14), 0.0, 0
    while now < 60:
        now = pace.book(3, now)[-1]
        sent += 3
    assert sent >= 60 * 14 * 0.97


def test_a_complaint_halves_the_rate_and_success_brings_it_back() -> None:
    pace = Pace(rate=100)
    pace.slow_down(0.0)
    pace.slow_down(0.5)
    assert pace.book(2, 0.5)[1] == 0.5 + 1 / 50
    for second in range(1, 11):
        pace.recover(float(second))
    moments = pace.book(2, 10.0)
    assert round(moments[1] - moments[0], 6) == 1 / 100


def test_the_rate_never_falls_below_a_tenth() -> None:
    pace = Pace(rate=100)
    for second in range(20):
        pace.slow_down(float(second))
    moments = pace.book(2, 0.0)
    assert round(moments[1] - moments[0], 6) == 1 / 10


def test_a_next_hop_that_never_took_anything_is_given_up_soon() -> None:
    patience, now, rounds = Patience(), 0.0, 0
    while not patience.is_over:
        patience.put_off(now)
        now += patience.wait(now)
        rounds += 1
    assert rounds == 3
    assert now <= 10


def test_one_that_has_taken_something_is_borne_longer() -> None:
    patience, now = Patience(), 0.0
    patience.taken()
    while not patience.is_over:
        patience.put_off(now)
        now += patience.wait(now)
    assert 30 <= now <= 60


def test_a_success_restores_patience() -> None:
    patience = Patience()
    patience.put_off(0.0)
    assert patience.wait(0.0) > 0
    patience.taken()
    assert patience.wait(0.0) == 0
