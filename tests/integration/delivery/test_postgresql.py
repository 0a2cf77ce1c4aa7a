"""The ledger and the sender keep their word on PostgreSQL as on SQLite."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import text

from newsletter.audience import ensure_lists
from newsletter.compose import Edition, Variant
from newsletter.database import open_database, upgrade
from newsletter.delivery import (
    DeliveryStatus,
    Exclusion,
    MailingState,
    list_delivery_problems,
    resolve,
    send,
)
from newsletter.delivery.queue import cancel, pause, resume, start_mailing
from newsletter.delivery.queue.claim import record_and_claim
from newsletter.delivery.queue.lock import sender_lock
from newsletter.delivery.rate.limiter import RateLimiter
from newsletter.delivery.rate.shared_db import SharedRateRow
from newsletter.errors import DecisionRequired, Refused, TemporaryError, Uncertain
from newsletter.settings import Settings
from newsletter.tokens import Keyring
from tests.integration.delivery.conftest import Hop, Press, now
from tests.postgres import new_postgres_database

Make = Callable[..., Edition]


@pytest.fixture
def server(press: Press, postgres: str) -> Iterator[Press]:
    """The same publication with its people in PostgreSQL."""
    with new_postgres_database(postgres) as url:
        database = open_database(url, busy_seconds=2)
        upgrade(database)
        settings: Settings = press.settings
        ensure_lists(database, settings.lists)
        yield Press(database, Keyring((b"k" * 32,)), settings)
        database.close()


def test_a_mailing_goes_through_all_its_stages(server: Press, edition: Make) -> None:
    server.join("weekly", *(f"reader{index}" for index in range(40)))
    mailing = server.start(edition()).mailing
    answers = {"reader7@readers.example": Refused("550 gone"), "reader9@readers.example": Uncertain("lost")}
    hop = Hop(answer=lambda envelope, times: answers.get(envelope.recipient) if times == 1 else None)
    left = record_and_claim(server.database, mailing, (), wanted=4, worker="smtp/there/1", now=now())
    pause(server.database, mailing)
    with pytest.raises(DecisionRequired, match="paused"):
        server.send(mailing, hop)
    assert not hop.asked
    resume(server.database, mailing)
    with (
        sender_lock(server.database, "sending"),
        pytest.raises(TemporaryError),
        sender_lock(server.database, "sending too"),
    ):
        pass
    server.send(mailing, hop)
    counts = server.counts(mailing)
    doubted = {str(delivery.recipient) for delivery in left.claimed}
    assert (counts.candidates, counts.planned) == (40, 0)
    assert counts.failed == len({"reader7@readers.example"} - doubted)
    uncertain = {
        trouble.address for trouble in list_delivery_problems(server.database, mailing, DeliveryStatus.UNCERTAIN)
    }
    assert uncertain == doubted | {"reader9@readers.example"}
    assert resolve(server.database, server.settings, mailing, resend=True, now=now()) == len(uncertain)
    server.send(mailing, hop)
    assert max(map(hop.taken.count, hop.taken)) == 1
    assert server.counts(mailing).submitted == len(hop.taken)
    server.join("weekly", "late")
    assert server.start(edition()).counts.planned == 1
    assert cancel(server.database, mailing, now()) == 1
    assert server.start(edition()).mailing.state is MailingState.CANCELLED


def test_a_segment_and_variants_are_asked_for_in_one_statement(server: Press, edition: Make) -> None:
    server.join("weekly", "ada", "bram", "chen")
    names = ('first_name in ("Ada", "BRAM")', 'first_name = "ada"')
    leave = edition().text[-1]
    variant = Variant(number=1, inside=names[1:], html=("<p>For Ada.</p>",), text=("For Ada.\n", leave))
    parted = replace(edition(), segments=names[1:], variants=(variant,))
    hop = Hop()
    for _ in range(2):
        plan = start_mailing(server.database, parted, transport="hop", segment=names[0], now=now())
        assert [each.recipients for each in plan.variants] == [1, 1]
        assert plan.counts.excluded == {Exclusion.OUTSIDE: 1}
    server.send(plan.mailing, hop)
    rest = start_mailing(server.database, parted, transport="hop", now=now())
    assert rest.counts.excluded == {Exclusion.ALREADY_SENT: 2}


def test_several_machines_share_one_row(server: Press) -> None:
    limiters = [RateLimiter(rate=500, shared=(SharedRateRow(server.database, "ses somewhere"),)) for _ in range(4)]
    begun = time.monotonic()

    def reserve(limiter: RateLimiter) -> list[float]:
        found: list[float] = []
        for _ in range(20):
            found += limiter.reserve(5, time.monotonic())
        return found

    with ThreadPoolExecutor(4) as pool:
        moments = sorted(moment for found in pool.map(reserve, limiters) for moment in found)
    assert len(moments) == 400
    assert moments[-1] - begun >= 399 / 500
    for index, moment in enumerate(moments):
        # 100 at this rate, and what was held up catches up; four that know nothing of one another book 400
        assert sum(1 for other in moments[index:] if other < moment + 0.2) <= 250


def test_a_deferral_of_one_machine_slows_all(server: Press) -> None:
    ours, theirs, strangers = (
        RateLimiter(rate=100, shared=(SharedRateRow(server.database, name),)) for name in ("one", "one", "two")
    )
    ours.slow_down(time.monotonic())
    theirs.slow_down(time.monotonic())
    for limiter, gap in ((theirs, 1 / 50), (strangers, 1 / 100)):
        moments = limiter.reserve(3, time.monotonic())
        assert moments[2] - moments[1] == pytest.approx(gap, rel=0.01)


def test_a_sender_whose_session_is_ended_claims_nobody_any_more(server: Press, edition: Make) -> None:
    server.join("weekly", *(f"reader{number}" for number in range(40)))
    mailing = server.start(edition()).mailing
    hop = Hop()
    sending = send(server.database, server.keyring, server.settings, mailing, hop, clock=now)
    next(sending)
    with server.database.write() as connection:
        ended = connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted")
        ).all()
    assert len(ended) == 1
    with pytest.raises(TemporaryError, match="ended our session"):
        list(sending)
    counts = server.counts(mailing)
    assert counts.submitted == len(hop.taken) < 40
    server.send(mailing, hop)
    assert sorted(hop.taken) == sorted(set(hop.taken))
    assert server.counts(mailing).submitted == 40


def test_a_shared_rate_that_cannot_be_written_delays_nobody(server: Press) -> None:
    shared = SharedRateRow(server.database, "ses somewhere")
    with server.database.write() as connection:
        connection.execute(text("SELECT * FROM shared_rates FOR UPDATE"))
        assert shared.reserve(5, 100, 1e9) == (1e9, 1.0)
        shared.slow_down(0)
        shared.recover(0)
