"""Everybody is accounted for, and nobody gets an issue twice in a round, on whatever lists they are."""

import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from newsletter.address import Address
from newsletter.audience import SuppressionReason, erase_subscriber, find_subscriber_id, suppress, unsubscribe
from newsletter.compose import Edition
from newsletter.delivery import DeliveryStatus, Exclusion, issue_status, mailing_counts
from newsletter.delivery.queue import plan_mailing
from newsletter.delivery.queue.claim import DeliveryOutcome, record_and_claim
from newsletter.delivery.tables import deliveries
from tests.integration.delivery.conftest import Hop, Press, now

Make = Callable[..., Edition]


def leave(press: Press, name: str, list_name: str = "weekly") -> None:
    found = find_subscriber_id(press.database, Address.parse(f"{name}@readers.example"))
    assert found is not None
    unsubscribe(press.database, found, list_name, origin="test", now=now())


def test_everybody_is_accounted_for(press: Press, edition: Make) -> None:
    press.join("weekly", "ada", "bram", "chen", "dora")
    leave(press, "bram")
    suppress(
        press.database,
        press.keyring,
        Address.parse("chen@readers.example"),
        SuppressionReason.BOUNCED,
        origin="test",
        now=now(),
    )
    counts = press.start(edition()).counts
    assert (counts.candidates, counts.planned) == (4, 2)
    assert counts.excluded == {Exclusion.UNSUBSCRIBED: 1, Exclusion.SUPPRESSED: 1}


def test_a_plan_leaves_no_trace_and_says_what_start_does(press: Press, edition: Make) -> None:
    press.join("weekly", "ada", "bram")
    planned = plan_mailing(press.database, edition(), transport="hop", now=now())
    assert issue_status(press.database, "lamp").mailings == ()
    assert press.start(edition()).counts == planned.counts


def test_planning_again_changes_nothing(press: Press, edition: Make) -> None:
    press.join("weekly", "ada", "bram")
    first, second = press.start(edition()), press.start(edition())
    assert first.mailing == second.mailing
    assert first.counts == second.counts
    assert not second.is_new


def test_sending_again_sends_nothing(press: Press, edition: Make) -> None:
    press.join("weekly", "ada", "bram")
    hop = Hop()
    press.mail(edition(), hop)
    press.mail(edition(), hop)
    assert sorted(hop.taken) == ["ada@readers.example", "bram@readers.example"]


def test_who_joined_since_gets_the_frozen_edition(press: Press, edition: Make) -> None:
    press.join("weekly", "ada")
    hop = Hop()
    press.mail(edition(), hop)
    press.join("weekly", "bram")
    plan = press.start(edition(text="Changed.\n"))
    assert plan.is_changed
    assert plan.mailing.edition_digest == edition().digest
    press.send(plan.mailing, hop)
    assert hop.taken == ["ada@readers.example", "bram@readers.example"]


def test_who_is_on_two_lists_gets_it_once(press: Press, edition: Make) -> None:
    press.join("weekly", "ada", "bram")
    press.join("daily", "bram", "chen")
    hop = Hop()
    press.mail(edition("weekly"), hop)
    counts = press.mail(edition("daily"), hop)
    assert counts.excluded == {Exclusion.ALREADY_SENT: 1}
    assert sorted(hop.taken) == [f"{name}@readers.example" for name in ("ada", "bram", "chen")]


def test_again_is_a_new_round_for_everybody(press: Press, edition: Make) -> None:
    press.join("weekly", "ada", "bram")
    hop = Hop()
    press.mail(edition(), hop)
    plan = press.start(edition(text="Changed.\n"), again=True)
    assert (plan.mailing.round, plan.is_changed, plan.counts.planned) == (2, False, 2)
    press.send(plan.mailing, hop)
    assert len(hop.taken) == 4
    press.mail(edition(text="Changed.\n"), hop)
    assert len(hop.taken) == 4
    totals = issue_status(press.database, "lamp").totals
    assert (totals.candidates, totals.submitted) == (4, 4)


def test_again_to_another_list_is_one_message_a_round(press: Press, edition: Make) -> None:
    press.join("weekly", "ada")
    press.join("daily", "ada")
    hop = Hop()
    press.mail(edition("weekly"), hop)
    press.mail(edition("weekly"), hop, again=True)
    press.mail(edition("daily"), hop)
    assert len(hop.taken) == 2
    press.mail(edition("daily"), hop, again=True)
    assert len(hop.taken) == 3


def test_again_on_a_text_that_is_still_leaving_only_goes_on(press: Press, edition: Make) -> None:
    press.join("weekly", "ada", "bram", "chen")
    first = press.start(edition())
    _claim_one(press, first.mailing.id)
    second = press.start(edition(), again=True)
    assert second.mailing.id == first.mailing.id


def test_again_with_a_new_text_takes_over_who_had_not_got_the_old_one(press: Press, edition: Make) -> None:
    press.join("weekly", "ada", "bram", "chen")
    first = press.start(edition())
    _claim_one(press, first.mailing.id)
    second = press.start(edition(text="Changed.\n"), again=True)
    assert (second.cancelled, second.counts.planned) == (2, 3)
    assert press.counts(first.mailing).excluded == {Exclusion.CANCELLED: 2}


def test_a_text_may_change_while_nothing_has_left(press: Press, edition: Make) -> None:
    press.join("weekly", "ada")
    press.start(edition())
    plan = press.start(edition(text="Changed.\n"))
    assert not plan.is_changed
    assert plan.mailing.edition_digest == edition(text="Changed.\n").digest


def test_who_comes_back_is_planned_after_all(press: Press, edition: Make) -> None:
    press.join("weekly", "ada", "bram")
    leave(press, "bram")
    hop = Hop()
    assert press.mail(edition(), hop).excluded == {Exclusion.UNSUBSCRIBED: 1}
    with press.database.write() as connection:
        connection.execute(text("UPDATE subscriptions SET state = 'confirmed'"))
        connection.execute(text("DELETE FROM suppressions"))
    press.mail(edition(), hop)
    assert hop.taken == ["ada@readers.example", "bram@readers.example"]


def test_the_database_itself_refuses_a_second_delivery_in_a_round(press: Press, edition: Make) -> None:
    press.join("weekly", "ada")
    press.join("daily", "ada")
    press.start(edition("weekly"))
    daily = press.start(edition("daily")).mailing
    with pytest.raises(IntegrityError), press.database.write() as connection:
        connection.execute(
            update(deliveries).where(deliveries.c.mailing_id == daily.id).values(round_id=daily.round_id)
        )


def test_two_sends_at_once_plan_nobody_twice(press: Press, edition: Make) -> None:
    press.join("weekly", *(f"reader{number}" for number in range(30)))
    press.join("daily", *(f"reader{number}" for number in range(15, 45)))
    ready = threading.Barrier(4)

    def start(list_name: str) -> None:
        ready.wait()
        press.start(edition(list_name))

    threads = [threading.Thread(target=start, args=(name,)) for name in ("weekly", "daily") * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    totals = issue_status(press.database, "lamp").totals
    assert (totals.planned, totals.excluded) == (45, {Exclusion.ALREADY_SENT: 15})


def test_an_erased_reader_stays_counted(press: Press, edition: Make) -> None:
    press.join("weekly", "ada", "bram")
    plan = press.start(edition())
    erase_subscriber(press.database, press.keyring, Address.parse("bram@readers.example"), origin="test", now=now())
    hop = Hop()
    press.send(plan.mailing, hop)
    counts = press.counts(plan.mailing)
    assert (counts.candidates, counts.submitted) == (2, 1)
    assert hop.taken == ["ada@readers.example"]


@contextmanager
def plans(press: Press) -> Iterator[list[str]]:
    """Note how SQLite goes about each statement that runs meanwhile: one line for all its steps."""
    noted: list[str] = []
    seen: list[str] = []
    with press.database.engine.connect() as connection:
        driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    driver.set_trace_callback(seen.append)  # it is back in the pool, and the next to be taken
    yield noted
    driver.set_trace_callback(None)
    for statement in seen:
        if statement.lstrip().upper().startswith(("SELECT", "UPDATE", "INSERT", "WITH")):
            steps = driver.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
            noted.append(f"{statement.split()[0]}: " + "; ".join(step[3] for step in steps))


def test_a_claim_reads_no_other_rows(press: Press, edition: Make) -> None:
    press.join("weekly", *(f"reader{number}" for number in range(20)))
    mailing = press.start(edition()).mailing
    first = record_and_claim(press.database, mailing, (), wanted=5, worker="hop/here/1", now=now())
    outcomes = [DeliveryOutcome(delivery_id=one.id, status=DeliveryStatus.SUBMITTED) for one in first.claimed]
    with plans(press) as noted:
        record_and_claim(press.database, mailing, outcomes, wanted=5, worker="hop/here/1", now=now())
    assert len(noted) == 5
    assert "USING INDEX deliveries_planned" in noted[2]
    tables = "deliveries|subscribers|subscriptions|suppressions|mailings"
    assert not [plan for plan in noted if re.search(rf"SCAN ({tables})|TEMP B-TREE|AUTOMATIC", plan)]


def test_planning_looks_nobody_up_by_reading_everybody(press: Press, edition: Make) -> None:
    press.join("weekly", "ada", "bram")
    press.join("daily", "bram", "chen")
    press.start(edition("weekly"))
    for list_name in ("daily", "daily"):
        with plans(press) as noted:
            press.start(edition(list_name))
        assert noted
        tables = "deliveries|subscribers|subscriptions|suppressions|elsewhere|present"
        assert not [plan for plan in noted if re.search(rf"SCAN ({tables})|AUTOMATIC", plan)]


def test_a_new_mailing_is_counted_from_indexes(press: Press, edition: Make) -> None:
    press.join("weekly", "ada", "bram")
    leave(press, "bram")
    with plans(press) as noted:
        plan = press.start(edition("weekly"))
    assert plan.counts == mailing_counts(press.database, plan.mailing.id)
    used = [step for step in noted if step.startswith("SELECT: SEARCH deliveries")]
    assert sorted(re.findall(r"USING INDEX (\w+)", "".join(used))) == ["deliveries_excluded", "deliveries_planned"]


def _claim_one(press: Press, mailing_id: int) -> None:
    with press.database.write() as connection:
        first = connection.scalar(select(deliveries.c.id).where(deliveries.c.mailing_id == mailing_id).limit(1))
        connection.execute(update(deliveries).where(deliveries.c.id == first).values(status="submitted"))
    assert mailing_counts(press.database, mailing_id).submitted == 1
