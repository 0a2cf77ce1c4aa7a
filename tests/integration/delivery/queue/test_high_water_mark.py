"""High-water mark: a database that was restored from a backup stops and asks, and nobody gets it twice."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.address import Address
from newsletter.audience import SuppressionReason, suppress
from newsletter.compose import Edition
from newsletter.delivery import Exclusion, resolve, send
from newsletter.delivery.queue import refuse_older_copy
from newsletter.delivery.queue.claim import record_and_claim
from newsletter.errors import DecisionRequired
from tests.integration.delivery.conftest import Hop, Press, now

Make = Callable[..., Edition]
READERS = 40


def crowd(press: Press, number: int = READERS) -> None:
    press.join("weekly", *(f"reader{index}" for index in range(number)))


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


def test_a_copy_made_during_a_send_and_restored_stops_and_asks(press: Press, edition: Make) -> None:
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


def test_a_copy_that_knows_everything_is_sent_without_asking(press: Press, edition: Make) -> None:
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
