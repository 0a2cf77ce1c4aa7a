"""A wall clock that is set back and forth by hours while a send runs loses nobody, and delays nothing."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import cycle

import pytest

from newsletter.compose import Edition
from newsletter.delivery import send
from newsletter.delivery.rate.limiter import RetryDelays
from newsletter.errors import Deferred
from tests.integration.delivery.conftest import Hop, Press

Make = Callable[..., Edition]


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
