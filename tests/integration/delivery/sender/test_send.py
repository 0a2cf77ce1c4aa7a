"""The sender records what happened, retries what is safe, and stops when it should."""

import errno
import os
import sqlite3
import stat
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from newsletter.address import Address
from newsletter.audience import SuppressionReason, suppress
from newsletter.compose import Edition
from newsletter.delivery import (
    DeliveryStatus,
    Exclusion,
    find_delivery,
    find_delivery_by_reference,
    list_delivery_problems,
    resolve,
    send,
)
from newsletter.delivery.models import Delivery
from newsletter.delivery.queue import start_test_mailing
from newsletter.delivery.queue.claim import DeliveryOutcome, claimed_deliveries, record_and_claim
from newsletter.delivery.queue.high_water_mark import HighWaterMark, high_water_mark_path
from newsletter.delivery.queue.lock import sender_lock
from newsletter.delivery.queue.outcome_spool import OutcomeSpool, spool_path
from newsletter.delivery.rate.limiter import RetryDelays
from newsletter.delivery.transports.base import Envelope
from newsletter.delivery.transports.outbox import OutboxTransport
from newsletter.errors import Deferred, DiskFull, QuotaExceeded, Refused, SendingHalted, TemporaryError, Uncertain
from tests.integration.delivery.conftest import Hop, Press, now

Make = Callable[..., Edition]


def crowd(press: Press, number: int = 40) -> None:
    press.join("weekly", *(f"reader{index}" for index in range(number)))


def envelope_of(delivery: Delivery) -> Envelope:
    return Envelope(
        delivery_id=delivery.id,
        mailing_id=delivery.mailing_id,
        slug="lamp",
        sender="b@x",
        from_address="a@x",
        recipient=str(delivery.recipient),
    )


def test_a_refusal_fails_one_delivery_and_the_rest_goes_on(press: Press, edition: Make) -> None:
    crowd(press)
    hop = Hop(answer=lambda envelope, _: Refused("550 gone") if "reader7@" in envelope.recipient else None)
    counts = press.mail(edition(), hop)
    assert (counts.submitted, counts.failed) == (39, 1)
    (trouble,) = list_delivery_problems(press.database, press.start(edition()).mailing, DeliveryStatus.FAILED)
    assert (trouble.address, trouble.reason) == ("reader7@readers.example", "550 gone")


def test_what_is_uncertain_is_never_tried_again_by_itself(press: Press, edition: Make) -> None:
    crowd(press)
    hop = Hop(answer=lambda envelope, _: Uncertain("lost") if "reader7@" in envelope.recipient else None)
    for _ in range(3):
        counts = press.mail(edition(), hop)
    assert (counts.submitted, counts.uncertain) == (39, 1)
    assert hop.asked.count("reader7@readers.example") == 1


def test_the_author_resolves_uncertain_deliveries(press: Press, edition: Make) -> None:
    crowd(press, 3)
    hop = Hop(answer=lambda _, times: Uncertain("lost") if times == 1 else None)
    mailing = press.start(edition()).mailing
    press.send(mailing, hop)
    assert resolve(press.database, press.settings, mailing, resend=True, now=now()) == 3
    press.mail(edition(), hop)
    assert press.counts(mailing).submitted == 3


def test_a_deferred_delivery_is_tried_again(press: Press, edition: Make) -> None:
    press.delays = RetryDelays(retry=(0, 0, 0))
    crowd(press)
    hop = Hop(
        answer=lambda envelope, times: Deferred("451 later") if "reader7@" in envelope.recipient and times < 3 else None
    )
    assert press.mail(edition(), hop).submitted == 40
    assert hop.asked.count("reader7@readers.example") == 3


def test_what_is_deferred_again_and_again_is_left_to_the_next_send(press: Press, edition: Make) -> None:
    press.delays = RetryDelays(retry=(0,))
    crowd(press)
    hop = Hop(answer=lambda envelope, _: Deferred("451 later") if "reader7@" in envelope.recipient else None)
    with pytest.raises(Deferred, match="451 later"):
        press.mail(edition(), hop)
    hop.answer = lambda _envelope, _times: None
    assert press.mail(edition(), hop).submitted == 40


def test_a_provider_that_accepts_nothing_is_given_up(press: Press, edition: Make) -> None:
    press.delays = RetryDelays(backoff=(0.01, 0.01, 0.01))
    crowd(press)
    mailing = press.start(edition()).mailing
    hop = Hop(answer=lambda _envelope, _times: Deferred("no relay"))
    with pytest.raises(Deferred, match="no relay"):
        press.send(mailing, hop)
    assert len(hop.asked) < 40
    assert press.counts(mailing).planned == 40


@pytest.mark.parametrize("error", [SendingHalted("sender not verified"), QuotaExceeded("quota"), DiskFull("no room")])
def test_what_stops_everything_leaves_the_rest_planned(press: Press, edition: Make, error: Exception) -> None:
    crowd(press)
    mailing = press.start(edition()).mailing
    hop = Hop(answer=lambda _envelope, _times: error if len(hop.taken) >= 10 else None)
    with pytest.raises(type(error)):
        press.send(mailing, hop)
    counts = press.counts(mailing)
    assert counts.submitted == len(hop.taken)
    assert counts.planned == 40 - counts.submitted
    hop.answer = lambda _envelope, _times: None
    press.send(mailing, hop)
    assert press.counts(mailing).submitted == len(hop.taken) == 40


def test_uncertain_results_in_a_row_stop_the_mailing(press: Press, edition: Make) -> None:
    crowd(press, 100)
    mailing = press.start(edition()).mailing
    hop = Hop(answer=lambda _envelope, _times: Uncertain("SES: 503: busy"))
    with pytest.raises(Deferred, match="busy"):
        press.send(mailing, hop)
    counts = press.counts(mailing)
    assert 8 <= counts.uncertain == len(hop.asked) < 8 + hop.connections
    assert counts.planned == 100 - counts.uncertain


def test_an_uncertain_result_now_and_then_stops_nothing(press: Press, edition: Make) -> None:
    crowd(press, 100)
    doubtful = {f"reader{index}@readers.example" for index in range(0, 100, 3)}
    counts = press.mail(
        edition(), Hop(answer=lambda envelope, _: Uncertain("lost") if envelope.recipient in doubtful else None)
    )
    assert (counts.uncertain, counts.submitted) == (34, 66)


def test_ten_refusals_before_anything_is_accepted_stop_the_mailing(press: Press, edition: Make) -> None:
    crowd(press)
    mailing = press.start(edition()).mailing
    hop = Hop(answer=lambda _envelope, _times: Refused("554 spam"))
    with pytest.raises(SendingHalted, match="554 spam"):
        press.send(mailing, hop)
    assert press.counts(mailing).failed < 20


def test_a_provider_that_turns_against_an_issue_halfway_does_not_fail_everybody(press: Press, edition: Make) -> None:
    crowd(press, 400)
    mailing = press.start(edition()).mailing
    taken: list[str] = []

    def answer(envelope: Envelope, _times: int) -> Exception | None:
        if len(taken) >= 100:
            return Refused("550 5.7.1 looks like spam")
        taken.append(envelope.recipient)
        return None

    with pytest.raises(SendingHalted, match=r"5\d messages in a row .*looks like spam"):
        press.send(mailing, Hop(answer=answer))
    counts = press.counts(mailing)
    assert counts.submitted == 100
    assert 50 <= counts.failed < 150
    assert counts.planned == 300 - counts.failed


def test_ten_bad_addresses_among_good_ones_stop_nothing(press: Press, edition: Make) -> None:
    crowd(press)
    bad = {f"reader{index}@readers.example" for index in range(5, 20)}
    counts = press.mail(
        edition(), Hop(answer=lambda envelope, _: Refused("550") if envelope.recipient in bad else None)
    )
    assert (counts.submitted, counts.failed) == (25, 15)


def test_a_bug_ends_the_send_and_makes_its_delivery_uncertain(press: Press, edition: Make) -> None:
    crowd(press)
    mailing = press.start(edition()).mailing
    hop = Hop(answer=lambda envelope, _: ZeroDivisionError("x") if "reader7@" in envelope.recipient else None)
    with pytest.raises(ZeroDivisionError):
        press.send(mailing, hop)
    counts = press.counts(mailing)
    assert counts.uncertain == 1
    assert counts.submitted == len(hop.taken)


def test_no_more_than_in_flight_is_ever_claimed(press: Press, edition: Make) -> None:
    crowd(press)
    seen: list[int] = []

    def count(_envelope: Envelope, _times: int) -> None:
        reader = sqlite3.connect(press.database.place)
        seen.append(reader.execute("SELECT count(*) FROM deliveries WHERE status = 'claimed'").fetchone()[0])
        reader.close()

    press.mail(edition(), Hop(connections=16, answer=count))
    assert min(seen) > 0
    assert max(seen) <= 8


def test_who_unsubscribes_while_it_is_sent_is_not_mailed(press: Press, edition: Make) -> None:
    crowd(press)
    mailing = press.start(edition()).mailing
    hop = Hop(connections=1)
    sending = send(press.database, press.keyring, press.settings, mailing, hop, clock=now)
    with closing(sending):
        next(sending)
        for name in ("reader39", "reader38"):
            address = Address.parse(f"{name}@readers.example")
            suppress(press.database, press.keyring, address, SuppressionReason.COMPLAINED, origin="test", now=now())
        for _ in sending:
            pass
    counts = press.counts(mailing)
    assert counts.excluded == {Exclusion.SUPPRESSED: 2}
    assert counts.submitted == 38
    assert "reader39@readers.example" not in hop.taken


def test_closing_the_sender_leaves_nothing_uncertain(press: Press, edition: Make) -> None:
    crowd(press)
    mailing = press.start(edition()).mailing
    hop = Hop(answer=lambda _envelope, _times: time.sleep(0.02))
    sending = send(press.database, press.keyring, press.settings, mailing, hop, clock=now)
    next(sending)
    next(sending)
    sending.close()
    counts = press.counts(mailing)
    assert counts.uncertain == 0
    assert counts.submitted == len(hop.taken) < 40
    press.send(mailing, hop)
    assert sorted(set(hop.taken)) == sorted(hop.taken)
    assert press.counts(mailing).submitted == 40


def test_progress_adds_up_at_every_step(press: Press, edition: Make) -> None:
    crowd(press)
    steps = press.send(press.start(edition()).mailing, Hop())
    assert all(step.counts.candidates == 40 for step in steps)
    assert steps[-1].counts.submitted == 40


def test_a_second_sender_is_told_which_one_is_running(press: Press, edition: Make) -> None:
    crowd(press, 3)
    mailing = press.start(edition()).mailing
    with (
        sender_lock(press.database, "sending 'lamp'"),
        pytest.raises(TemporaryError, match=r"process \d+, sending 'lamp'"),
    ):
        press.send(mailing, Hop())
    press.send(mailing, Hop())


def test_claims_of_a_killed_sender_become_uncertain(press: Press, edition: Make) -> None:
    crowd(press, 10)
    mailing = press.start(edition()).mailing
    turn = record_and_claim(press.database, mailing, (), wanted=4, worker="smtp/here/1", now=now())
    steps = press.send(mailing, Hop())
    assert len(turn.claimed) == 4
    assert steps[-1].recovered.uncertain == 4
    counts = press.counts(mailing)
    assert (counts.submitted, counts.uncertain) == (6, 4)


def test_claims_that_were_not_begun_are_planned_again(press: Press, edition: Make) -> None:
    crowd(press, 10)
    mailing = press.start(edition()).mailing
    turn = record_and_claim(press.database, mailing, (), wanted=4, worker="smtp/here/1", now=now())
    with closing(HighWaterMark(high_water_mark_path(press.settings), 8)) as mark:
        if mark.begun("smtp/here/1") is None:
            mark.begin("smtp/here/1")
        mark.note(3, turn.claimed[1].id)
        if mark.begun("smtp/here/1") is None:
            pytest.skip("this system does not say since when it runs")
    steps = press.send(mailing, Hop())
    assert (steps[-1].recovered.uncertain, steps[-1].recovered.resolved) == (1, 3)
    assert press.counts(mailing).submitted == 9


def test_the_mark_of_another_sender_resolves_nothing(press: Press, edition: Make) -> None:
    crowd(press, 10)
    mailing = press.start(edition()).mailing
    record_and_claim(press.database, mailing, (), wanted=4, worker="smtp/there/1", now=now())
    with closing(HighWaterMark(high_water_mark_path(press.settings), 8)) as mark:
        mark.begin("smtp/here/1")
    assert press.send(mailing, Hop())[-1].recovered.uncertain == 4


def test_the_outbox_resolves_such_claims_itself(press: Press, edition: Make, tmp_path: Path) -> None:
    crowd(press, 10)
    mailing = press.start(edition()).mailing
    turn = record_and_claim(press.database, mailing, (), wanted=4, worker="outbox/here/1", now=now())
    with closing(OutboxTransport(tmp_path / "outbox")) as outbox:
        kept = turn.claimed[0]
        outbox.submit(
            envelope_of(kept),
            b"Subject: x\r\n\r\nx\r\n",
        )
        for _ in send(press.database, press.keyring, press.settings, mailing, outbox, clock=now):
            pass
        assert len(outbox.accepted()) == 10
    assert press.counts(mailing).submitted == 10


def test_outcomes_that_could_not_be_written_are_kept_and_replayed(press: Press, edition: Make) -> None:
    crowd(press, 10)
    mailing = press.start(edition()).mailing
    turn = record_and_claim(press.database, mailing, (), wanted=4, worker="smtp/here/1", now=now())
    with closing(OutcomeSpool(press.settings.var / "outcomes.spool", 8)) as spool:
        for delivery in turn.claimed:
            spool.keep(
                [
                    DeliveryOutcome(
                        delivery_id=delivery.id, status=DeliveryStatus.SUBMITTED, reference=f"ref-{delivery.id}"
                    )
                ]
            )
    hop = Hop()
    press.send(mailing, hop)
    assert press.counts(mailing).submitted == 10
    assert len(hop.taken) == 6
    with closing(OutcomeSpool(press.settings.var / "outcomes.spool", 8)) as spool:
        assert spool.outcomes() == ()


def test_a_database_that_is_locked_during_a_send_loses_no_outcome(press: Press, edition: Make) -> None:
    crowd(press)
    mailing = press.start(edition()).mailing
    with press.database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=50")
    holder = sqlite3.connect(press.database.place, isolation_level=None, check_same_thread=False)
    lock = threading.Lock()

    def hold(_envelope: Envelope, _times: int) -> None:
        with lock:
            if not holder.in_transaction:
                holder.execute("BEGIN IMMEDIATE")

    hop = Hop(answer=hold)
    with pytest.raises(TemporaryError):
        press.send(mailing, hop)
    holder.rollback()
    holder.close()
    assert hop.taken
    hop.answer = lambda _envelope, _times: None
    press.send(mailing, hop)
    counts = press.counts(mailing)
    assert (counts.submitted, counts.uncertain) == (40, 0)
    assert sorted(set(hop.taken)) == sorted(hop.taken)


def test_a_granted_rate_is_kept(press: Press, edition: Make) -> None:
    crowd(press)
    started = time.monotonic()
    assert press.mail(edition(), Hop(rate=50.0)).submitted == 40
    assert time.monotonic() - started >= 39 / 50


def test_a_test_never_counts_as_sent(press: Press, edition: Make) -> None:
    press.join("weekly", "ada")
    mailing = start_test_mailing(
        press.database, edition(), ["me@example.com", "you@example.com"], transport="hop", now=now()
    )
    hop = Hop()
    press.send(mailing, hop)
    assert sorted(hop.taken) == ["me@example.com", "you@example.com"]
    assert press.mail(edition(), hop).submitted == 1


def test_a_delivery_is_found_by_its_number_and_by_its_references(press: Press, edition: Make) -> None:
    press.join("weekly", "ada")
    mailing = press.start(edition()).mailing
    press.send(mailing, Hop())
    found = find_delivery(press.database, 1)
    assert found is not None
    assert (found.slug, found.list_name, found.address, found.first_name) == (
        "lamp",
        "weekly",
        "ada@readers.example",
        "Ada",
    )
    assert found.edition == edition()
    ours = f"<1.{edition().digest[:16]}@lamplighter.example>"
    assert find_delivery_by_reference(press.database, ours) == found
    assert find_delivery_by_reference(press.database, "<ref-1@eu-west-1.amazonses.com>") == found
    assert find_delivery_by_reference(press.database, "<1.0123456789abcdef@lamplighter.example>") is None
    assert find_delivery(press.database, 99) is None
    assert find_delivery(press.database, 2**80) is None


def test_resolve_plans_nobody_whose_receipt_waits_in_the_spool(press: Press, edition: Make) -> None:
    crowd(press, 10)
    mailing = press.start(edition()).mailing
    turn = record_and_claim(press.database, mailing, (), wanted=4, worker="smtp/here/1", now=now())
    with closing(OutcomeSpool(spool_path(press.settings), 8)) as spool:
        spool.keep([DeliveryOutcome(delivery_id=turn.claimed[0].id, status=DeliveryStatus.SUBMITTED, reference="ref")])
    assert resolve(press.database, press.settings, mailing, resend=True, now=now()) == 3
    hop = Hop()
    press.send(mailing, hop)
    assert str(turn.claimed[0].recipient) not in hop.taken
    assert (len(hop.taken), press.counts(mailing).submitted) == (9, 10)


def test_resolve_plans_nobody_whose_message_the_outbox_has(press: Press, edition: Make) -> None:
    crowd(press, 3)
    mailing = press.start(edition()).mailing
    turn = record_and_claim(press.database, mailing, (), wanted=3, worker="outbox/here/1", now=now())
    with closing(OutboxTransport(press.settings.var / "outbox")) as outbox:
        outbox.submit(envelope_of(turn.claimed[0]), b"Subject: x\r\n\r\nx\r\n")
    assert resolve(press.database, press.settings, mailing, resend=True, now=now()) == 0
    assert (press.counts(mailing).submitted, press.counts(mailing).planned) == (1, 2)


def test_what_another_sender_has_taken_over_is_left_to_it(press: Press, edition: Make) -> None:
    crowd(press, 1)
    mailing = press.start(edition()).mailing
    [claimed] = record_and_claim(press.database, mailing, (), wanted=1, worker="smtp/there/2", now=now()).claimed
    for status in (DeliveryStatus.PLANNED, DeliveryStatus.SUBMITTED, DeliveryStatus.FAILED):
        late = DeliveryOutcome(delivery_id=claimed.id, status=status, reference="ref")
        record_and_claim(press.database, mailing, [late], wanted=0, worker="smtp/here/1", now=now())
    assert claimed_deliveries(press.database) == {claimed.id: "smtp/there/2"}


def test_a_message_whose_folder_cannot_be_synced_is_not_accepted(
    press: Press, edition: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(press, 1)
    mailing = press.start(edition()).mailing
    [claimed] = record_and_claim(press.database, mailing, (), wanted=1, worker="outbox/here/1", now=now()).claimed
    real = os.fsync

    def fsync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, "a failing disk")
        real(descriptor)

    with closing(OutboxTransport(press.settings.var / "outbox")) as outbox:
        monkeypatch.setattr(os, "fsync", fsync)
        with pytest.raises(SendingHalted, match="failing disk"):
            outbox.submit(envelope_of(claimed), b"Subject: x\r\n\r\nx\r\n")
        assert not outbox.accepted()
