"""The clock of a send: a wall clock that jumps loses nobody, and delays nothing."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import cycle

import pytest

from newsletter.compose import Edition
from newsletter.delivery import send
from newsletter.delivery.rate.limiter import RetryDelays
from newsletter.delivery.sender.send import steady_clock
from newsletter.errors import Deferred
from tests.integration.delivery.conftest import Hop, Press, now

Make = Callable[..., Edition]
READERS = 40
JUMPS = {
    "hours on": lambda count: timedelta(hours=5 * count),
    "hours back": lambda count: timedelta(hours=-5 * count),
    "to and fro": lambda count: timedelta(days=(-1) ** count * count),
    "back to 1970": lambda count: datetime(1970, 1, 2, tzinfo=UTC) - now() if count > 3 else timedelta(),
}


def crowd(press: Press, number: int = READERS) -> None:
    press.join("weekly", *(f"reader{index}" for index in range(number)))


def jumping(jump: Callable[[int], timedelta]) -> Callable[[], datetime]:
    """Return a clock that jumps each time it is read."""
    counted = [0]

    def clock() -> datetime:
        counted[0] += 1
        return now() + jump(counted[0])

    return clock


@pytest.mark.parametrize("name", list(JUMPS))
def test_a_clock_that_jumps_during_a_send_keeps_nobody_waiting(press: Press, edition: Make, name: str) -> None:
    press.delays = RetryDelays(retry=(1, 1, 1))
    crowd(press)
    slow = {f"reader{index}@readers.example" for index in range(0, READERS, 7)}
    hop = Hop(answer=lambda it, times: Deferred("451 later") if it.recipient in slow and times < 3 else None)
    mailing = press.start(edition()).mailing
    started, clock = time.monotonic(), jumping(JUMPS[name])
    for _ in send(press.database, press.keyring, press.settings, mailing, hop, clock=clock, delays=press.delays):
        pass
    assert time.monotonic() - started < 600
    assert press.counts(mailing).submitted == READERS
    assert len(hop.taken) == len(set(hop.taken)) == READERS


@pytest.mark.parametrize("hours", [-30, 30])
def test_a_clock_that_jumped_between_two_runs_keeps_nobody_waiting(press: Press, edition: Make, hours: int) -> None:
    press.delays = RetryDelays(retry=(0,))
    crowd(press)
    hop = Hop(answer=lambda it, _: Deferred("451 later") if "reader7@" in it.recipient else None)
    mailing = press.start(edition()).mailing
    with pytest.raises(Deferred):
        press.send(mailing, hop)
    hop.answer = lambda _envelope, _times: None
    moved = jumping(lambda _: timedelta(hours=hours))
    for _ in send(press.database, press.keyring, press.settings, mailing, hop, clock=moved):
        pass
    assert press.counts(mailing).submitted == len(hop.taken) == READERS


def test_a_steady_clock_asks_once() -> None:
    moments = iter([datetime(2026, 1, 1, tzinfo=UTC)])
    clock = steady_clock(lambda: next(moments))
    first, second = clock(), clock()
    assert datetime(2026, 1, 1, tzinfo=UTC) <= first <= second < first + timedelta(seconds=5)


@pytest.mark.parametrize("hours", [(0, -5), (0, 5), (13, 0, -13), (-48, 48), (0, 0, 0, 0, 0, 0, -30)])
def test_a_clock_that_jumps_by_hours_loses_nobody_and_retries_still_happen(
    press: Press, edition: Make, hours: tuple[int, ...]
) -> None:
    press.join("weekly", *(f"reader{number}" for number in range(30)))
    mailing = press.start(edition()).mailing
    hop = Hop(
        rate=200.0, answer=lambda _envelope, times: Deferred("451 not yet") if times <= 2 else None, connections=8
    )
    jumps = cycle(hours)

    def clock() -> datetime:
        return datetime.now(UTC) + timedelta(hours=next(jumps))

    begun = time.monotonic()
    delays = RetryDelays(retry=(1, 1, 1), backoff=(0.05,) * 1000, cold_rounds=1000)
    for _ in send(press.database, press.keyring, press.settings, mailing, hop, clock=clock, delays=delays):
        pass
    assert press.counts(mailing).submitted == 30
    assert sorted(hop.taken) == sorted(set(hop.taken))
    assert len(hop.asked) == 3 * 30
    assert time.monotonic() - begun < 600
