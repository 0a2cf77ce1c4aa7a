"""A mailing that paused itself and was let go on is judged by the letters that left since."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from newsletter.delivery import MailingState, find_mailing
from newsletter.delivery.tables import deliveries
from newsletter.feedback import find_open_trip
from newsletter.feedback.apply.circuit_breaker import resume_paused_mailing
from tests.integration.feedback.ledger import NOW, Ledger, open_ledger

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    limits = {"pause_after": 10, "pause_bounces": 0.05, "pause_least_bounces": 2}
    with open_ledger(tmp_path, 40, **limits) as found:
        found.put("planned")
        yield found


def leave(ledger: Ledger, numbers: Iterable[int], at: datetime) -> None:
    """Let these letters leave at a time."""
    with ledger.database.write() as connection:
        connection.execute(
            update(deliveries).where(deliveries.c.id.in_(list(numbers))).values(status="submitted", changed_at=at)
        )


def state(ledger: Ledger) -> MailingState:
    return find_mailing(ledger.database, str(ledger.mailing.id)).state


def bounce(ledger: Ledger, numbers: Iterable[int]) -> None:
    ledger.take(*(ledger.event("Bounce", number) for number in numbers))


def test_what_comes_back_late_of_letters_before_pauses_nothing_anew(ledger: Ledger) -> None:
    numbers = ledger.numbers()
    leave(ledger, numbers[:15], NOW)
    bounce(ledger, numbers[:3])
    assert state(ledger) is MailingState.PAUSED
    resume_paused_mailing(ledger.database, ledger.mailing, anyway=True, now=LATER)
    leave(ledger, numbers[15:30], LATER + timedelta(minutes=1))
    bounce(ledger, numbers[3:10])
    assert state(ledger) is MailingState.OPEN
    bounce(ledger, numbers[15:18])
    assert state(ledger) is MailingState.PAUSED
    trip = find_open_trip(ledger.database, ledger.mailing.id)
    assert trip is not None
    assert (trip.sent, trip.bounced) == (15, 3)
