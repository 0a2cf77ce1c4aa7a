"""Clocks that jump and databases that come back from the past: nobody is lost, waits for ever or gets it twice."""

import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter.address import Address
from newsletter.audience import SuppressionReason, suppress
from newsletter.compose import Edition
from newsletter.delivery import Exclusion, refuse_older_copy, resolve, send
from newsletter.delivery.queue.claim import record_and_claim
from newsletter.delivery.rate.limiter import RetryDelays
from newsletter.delivery.sender.send import steady_clock
from newsletter.errors import DecisionRequired, Deferred
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
def test_a_clock_that_jumps_in_mid_send_keeps_nobody_waiting(press: Press, edition: Make, name: str) -> None:
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


def back_up(press: Press) -> Path:
    """Copy the database as a backup does."""
    path = press.settings.root / "copy.db"
    with closing(sqlite3.connect(press.database.place)) as ours, closing(sqlite3.connect(path)) as copy:
        ours.backup(copy)
    return path


def restore(press: Press, path: Path) -> None:
    press.database.close()
    place = Path(press.database.place)
    for old in place.parent.glob("newsletter.db*"):
        old.unlink()
    shutil.copy(path, place)


def test_a_copy_made_in_mid_send_and_put_back_stops_and_asks(press: Press, edition: Make) -> None:
    crowd(press)
    hop, mailing = Hop(), press.start(edition()).mailing
    sending = send(press.database, press.keyring, press.settings, mailing, hop, clock=now)
    with closing(sending):
        next(sending)
        next(sending)
        copy = back_up(press)
        known = set(hop.taken)
    press.send(mailing, hop)
    assert len(hop.taken) == READERS
    restore(press, copy)
    with pytest.raises(DecisionRequired, match="--restored"):
        refuse_older_copy(press.database, press.settings)
    with pytest.raises(DecisionRequired, match="--restored"):
        press.send(mailing, hop)
    assert len(hop.taken) == READERS
    for _ in send(press.database, press.keyring, press.settings, mailing, hop, clock=now, is_restored=True):
        pass
    counts = press.counts(mailing)
    assert counts.submitted + counts.uncertain == READERS
    twice = {address for address in hop.taken if hop.taken.count(address) > 1}
    assert not twice & set(list(known)[: len(known) - press.settings.delivery.in_flight])
    assert max(hop.taken.count(address) for address in twice) == 2
    refuse_older_copy(press.database, press.settings)


def test_what_a_copy_had_claimed_is_uncertain_whatever_the_mark_says(press: Press, edition: Make) -> None:
    crowd(press)
    mailing = press.start(edition()).mailing
    record_and_claim(press.database, mailing, (), wanted=4, worker="hop/here/1", now=now())
    copy = back_up(press)
    hop = Hop()
    press.send(mailing, hop)
    restore(press, copy)
    for _ in send(press.database, press.keyring, press.settings, mailing, hop, clock=now, is_restored=True):
        pass
    assert press.counts(mailing).uncertain == 4
    assert resolve(press.database, press.settings, mailing, resend=False, now=now()) == 4


def test_a_copy_that_knows_everything_goes_on_without_a_word(press: Press, edition: Make) -> None:
    crowd(press)
    hop, mailing = Hop(), press.start(edition()).mailing
    press.send(mailing, hop)
    restore(press, back_up(press))
    refuse_older_copy(press.database, press.settings)
    assert press.mail(edition(), hop).submitted == len(hop.taken) == READERS


def test_who_was_suppressed_when_a_copy_was_made_stays_so(press: Press, edition: Make) -> None:
    crowd(press)
    gone = Address.parse("reader7@readers.example")
    suppress(press.database, press.keyring, gone, SuppressionReason.COMPLAINED, origin="test", now=now())
    copy, hop = back_up(press), Hop()
    press.mail(replace(edition(), slug="other"), hop)
    restore(press, copy)
    mailing = press.start(edition()).mailing
    for _ in send(press.database, press.keyring, press.settings, mailing, hop, clock=now, is_restored=True):
        pass
    assert press.counts(mailing).excluded == {Exclusion.SUPPRESSED: 1}
    assert str(gone) not in hop.taken
