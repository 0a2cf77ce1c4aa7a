"""Whatever the order in which events come, and however often, the same is known afterwards."""

import itertools
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from sqlalchemy import delete

from newsletter.audience import suppress_address
from newsletter.audience.tables import suppressions
from newsletter.delivery.models import DeliveryStatus
from newsletter.delivery.queue.claim import DeliveryOutcome, _record_ours
from newsletter.feedback import EventKind, count_by_kind, count_facts, count_resolved, list_facts
from newsletter.feedback.tables import events, facts, settlements
from tests.hypothesis_examples import examples
from tests.integration.feedback.ledger import KEYRING, NOW, Ledger, open_ledger

COMMIT = "our own commit"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with open_ledger(tmp_path_factory.mktemp("ledger"), readers=1) as ledger:
        yield ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path) as ledger:
        yield ledger


def begin_again(ledger: Ledger) -> None:
    """Forget all that events told, and let the letter be under way."""
    with ledger.database.write() as connection:
        for table in (events, facts, settlements, suppressions):
            connection.execute(delete(table))
    ledger.put("claimed")


def happenings(ledger: Ledger, number: int) -> dict[str, Any]:
    """One letter's life: it arrives late, bounces afterwards all the same, arrives once more, and annoys."""
    return {
        COMMIT: COMMIT,
        "send": ledger.event("Send", number),
        "delay": ledger.event("DeliveryDelay", number, at=NOW + timedelta(minutes=1)),
        "delivery": ledger.event("Delivery", number, at=NOW + timedelta(minutes=2)),
        "bounce": ledger.event("Bounce", number, at=NOW + timedelta(minutes=3)),
        "late delivery": ledger.event("Delivery", number, at=NOW + timedelta(minutes=4)),
        "complaint": ledger.event("Complaint", number, at=NOW + timedelta(days=2)),
    }


def let_happen(ledger: Ledger, number: int, what: Any) -> None:
    if what == COMMIT:
        outcome = DeliveryOutcome(delivery_id=number, status=DeliveryStatus.SUBMITTED, reference=f"0102-{number}")
        with ledger.database.write() as connection:
            _record_ours(connection, [outcome], "ses/x/1", NOW)
    else:
        ledger.take(what)


def known(ledger: Ledger, number: int) -> tuple[Any, ...]:
    return ledger.facts(), ledger.standing(number), set(ledger.suppressed())


@examples(25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_order_and_repetition_change_nothing(shared: Ledger, data: st.DataObject) -> None:
    (number,) = shared.numbers()
    begin_again(shared)
    life = happenings(shared, number)
    for what in life.values():
        let_happen(shared, number, what)
    expected = known(shared, number)
    assert expected[1] == ("submitted", f"0102-{number}")
    begin_again(shared)
    order = data.draw(st.permutations(list(life)))
    again = data.draw(st.lists(st.sampled_from(list(life)), max_size=4))
    for name in [*order, *again]:
        let_happen(shared, number, life[name])
    assert known(shared, number) == expected


@examples(12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(["send", "reject", COMMIT, "reject"]))
def test_what_was_dropped_has_failed_in_whatever_order_that_is_told(shared: Ledger, order: list[str]) -> None:
    (number,) = shared.numbers()
    begin_again(shared)
    life = {**happenings(shared, number), "reject": shared.event("Reject", number)}
    for name in order:
        let_happen(shared, number, life[name])
    assert shared.standing(number)[0] == "failed"
    assert [fact[1] for fact in shared.facts()] == ["rejected"]


def test_a_kind_is_a_dated_fact_with_reason_and_domain(ledger: Ledger) -> None:
    first, second, third = ledger.numbers()
    ledger.take(
        ledger.event("Delivery", first),
        ledger.event("Bounce", second, words="smtp; 550 5.1.1 <reader2@example.net> is gone"),
        ledger.event("DeliveryDelay", third),
        ledger.event("Open", first, at=NOW + timedelta(hours=3)),
        ledger.event("Open", first, at=NOW + timedelta(hours=5)),
    )
    assert count_by_kind(ledger.database, [ledger.mailing.id]) == {
        EventKind.DELIVERED: 1,
        EventKind.BOUNCED: 1,
        EventKind.DEFERRED: 1,
        EventKind.OPENED: 1,
    }
    bounced = next(c for c in count_facts(ledger.database, [ledger.mailing.id]) if c.kind is EventKind.BOUNCED)
    assert (bounced.reason, bounced.domain, bounced.deliveries) == ("no such mailbox", "example.net", 1)
    (back,) = list_facts(ledger.database, [second])
    assert (back.at, back.detail) == (NOW, "5.1.1 smtp; 550 5.1.1 <address> is gone")
    opened = [fact for fact in list_facts(ledger.database, [first]) if fact.kind is EventKind.OPENED]
    assert [fact.at.hour for fact in opened] == [0]


@pytest.mark.parametrize("was", ["claimed", "uncertain", "planned"])
def test_any_report_settles_what_may_have_been_taken(ledger: Ledger, was: str) -> None:
    number, *_ = ledger.numbers()
    ledger.put(was)
    assert ledger.take(ledger.event("DeliveryDelay", number)).applied.settled == 1
    assert ledger.standing(number) == ("submitted", f"0102-{number}")
    (settled,) = count_resolved(ledger.database, [ledger.mailing.id])
    assert (settled.was, settled.by, settled.number) == (was, "delivery tag", 1)


def test_a_letter_that_was_never_begun_is_not_settled_by_a_strange_report(ledger: Ledger) -> None:
    other = ledger.another("moon")
    from sqlalchemy import update

    from newsletter.delivery.tables import deliveries

    number, *_ = ledger.numbers(other)
    with ledger.database.write() as connection:
        connection.execute(update(deliveries).where(deliveries.c.id == number).values(status="planned", worker=None))
    ledger.take(ledger.event("Send", number, other))
    assert ledger.standing(number)[0] == "planned"


def test_without_tags_the_message_id_finds_it_also_when_our_commit_comes_later(ledger: Ledger) -> None:
    number, *_ = ledger.numbers()
    bare = ledger.event("Bounce", number)
    del bare["mail"]["tags"]
    bare["notificationType"] = bare.pop("eventType")
    assert ledger.take(bare).applied.states["unmatched"] == 1
    let_happen(ledger, number, COMMIT)
    ledger.now += timedelta(minutes=1)
    assert ledger.take().applied.states["applied"] == 1
    assert [fact[1] for fact in ledger.facts()] == ["bounced"]


def test_our_own_message_id_finds_it_before_any_commit(ledger: Ledger) -> None:
    number, *_ = ledger.numbers()
    bare = ledger.event("Delivery", number)
    del bare["mail"]["tags"]
    bare["mail"]["commonHeaders"] = {"messageId": f"<{number}.{ledger.mailing.edition_digest[:16]}@example.org>"}
    ledger.take(bare)
    assert ledger.standing(number)[0] == "submitted"
    bare["mail"]["commonHeaders"] = {"messageId": f"<{number + 1}.{'0' * 16}@example.org>"}
    ledger.take(bare)
    assert ledger.standing(number + 1)[0] == "claimed"


def test_an_address_that_the_author_freed_stays_free_when_an_old_event_comes_again(ledger: Ledger) -> None:
    number, *_ = ledger.numbers()
    event = ledger.event("Bounce", number)
    ledger.take(event)
    assert ledger.suppressed() == {"reader1@example.net": "bounced"}
    with ledger.database.write() as connection:
        connection.execute(delete(suppressions))
        connection.execute(delete(events))
    ledger.take(event)
    assert not ledger.suppressed()


def test_a_suppression_says_why_and_from_which_event(ledger: Ledger) -> None:
    from newsletter.audience import list_suppressions

    number, *_ = ledger.numbers()
    ledger.take(ledger.event("Bounce", number))
    (found,) = list_suppressions(ledger.database)
    assert found.suppression.at == NOW
    assert found.suppression.origin.startswith("event 1: no such mailbox: Permanent/General 5.1.1")


def test_every_envelope_holds_the_same_event(ledger: Ledger, tmp_path: Path) -> None:
    number, *_ = ledger.numbers()
    event = ledger.event("Delivery", number)
    sns = {"Type": "Notification", "MessageId": "a", "TopicArn": "t", "Message": json.dumps(event)}
    wrapped: list[Any] = [
        event,
        sns,
        {**sns, "MessageId": "b"},
        {"version": "0", "detail-type": "Email Delivered", "source": "aws.ses", "detail": event},
        {"Messages": [{"Body": json.dumps(sns)}]},
        {"Records": [{"Sns": sns}]},
        [event, event],
    ]
    first, *rest = (ledger.take(json.dumps(each)) for each in wrapped)
    assert first.new == 1
    assert all(each.new == 0 and each.received for each in rest)
    pretty = tmp_path / "pretty.json"
    pretty.write_text(json.dumps([event], indent=2))
    assert ledger.take_file(pretty).new == 0


def test_what_is_unknown_is_kept_and_counted_and_poison_is_parked(ledger: Ledger) -> None:
    from newsletter.feedback import EventState, list_events, requeue_events, summarise_events

    number, *_ = ledger.numbers()
    arrived = ledger.take(
        {"eventType": "Levitation", "mail": {}},
        {"Type": "UnsubscribeConfirmation", "Message": "You have chosen"},
        {"notificationType": "AmazonSnsSubscriptionSucceeded", "message": "x"},
        "no JSON at all",
        '{"eventType": "Bounce"}',
        "[" * 100_000,
        ledger.event("Delivery", number),
    )
    assert arrived.received == 7
    pipe = summarise_events(ledger.database)
    assert pipe.states == {EventState.UNKNOWN: 3, EventState.PARKED: 3, EventState.APPLIED: 1}
    assert set(pipe.unknown) == {"Levitation", "UnsubscribeConfirmation", "AmazonSnsSubscriptionSucceeded"}
    assert {event.reason.split(":")[0] for event in list_events(ledger.database, [EventState.PARKED])} == {
        "not JSON",
        "Bounce",
    }
    assert requeue_events(ledger.database) == 6
    ledger.take()
    assert summarise_events(ledger.database).states == pipe.states


def test_an_event_of_somebody_elses_changes_nothing(ledger: Ledger) -> None:
    number, *_ = ledger.numbers()
    foreign = ledger.event("Bounce", number)
    foreign["mail"]["tags"]["mailing"] = ["99"]
    assert ledger.take(foreign).applied.states["unmatched"] == 1
    assert (ledger.facts(), ledger.suppressed(), ledger.standing(number)[0]) == ([], {}, "claimed")
    ledger.put("submitted", numbers=[number])
    ledger.now += timedelta(days=30)
    ledger.take()
    assert not ledger.facts()


def test_events_are_forgotten_in_time_and_facts_are_not(ledger: Ledger) -> None:
    from newsletter.feedback import list_events

    number, *_ = ledger.numbers()
    ledger.take(ledger.event("Delivery", number), "poison")
    ledger.now += timedelta(days=31)
    ledger.take(ledger.event("Bounce", number))
    assert sorted(event.kind for event in list_events(ledger.database)) == ["Bounce", "unreadable"]
    assert {fact[1] for fact in ledger.facts()} == {"delivered", "bounced"}


def test_the_reader_of_an_open_is_not_kept(ledger: Ledger) -> None:
    from newsletter.feedback import list_events

    number, *_ = ledger.numbers()
    ledger.take(ledger.event("Open", number))
    assert [event.raw for event in list_events(ledger.database)] == [""]


def test_passing_bounces_suppress_when_they_go_on_mailing_after_mailing(ledger: Ledger) -> None:
    passing = {"type": "Transient", "subtype": "MailboxFull", "status": "5.2.2", "words": "552 mailbox full"}
    mailings = [ledger.mailing, *(ledger.another(slug) for slug in ("moon", "rain", "snow", "wind"))]
    first = [ledger.numbers(mailing)[0] for mailing in mailings]
    days = itertools.count()

    def bounce(place: int) -> None:
        at = NOW + timedelta(days=next(days))
        ledger.now = at
        ledger.take(ledger.event("Bounce", first[place], mailings[place], at=at, **passing))

    bounce(0)
    bounce(0)
    bounce(1)
    assert not ledger.suppressed()
    ledger.take(ledger.event("Delivery", first[2], mailings[2], at=NOW + timedelta(days=next(days))))
    bounce(3)
    bounce(4)
    assert not ledger.suppressed()  # one arrived in between
    ledger.another("frost")
    bounce(2)
    assert ledger.suppressed() == {"reader1@example.net": "bounced"}


def test_the_erased_are_told_by_the_address_that_the_event_names(ledger: Ledger) -> None:
    number, *_ = ledger.numbers()
    with ledger.database.write() as connection:
        from newsletter.address import Address
        from newsletter.audience import SuppressionReason

        gone = Address.parse("reader1@example.net")
        suppress_address(connection, KEYRING, gone, SuppressionReason.ERASED, origin="test", now=NOW)
    ledger.take(ledger.event("Complaint", number))
    assert ledger.suppressed() == {"reader1@example.net": "erased"}


def test_a_segment_knows_who_received_a_letter_and_whose_only_left(ledger: Ledger) -> None:
    from newsletter.audience.segments import SegmentContext, segmented_candidates

    first, *_ = ledger.numbers()
    ledger.put("submitted")
    ledger.take(ledger.event("Delivery", first))
    questions = ("received any of the last 5 issues", 'received "lamp"', "never received", "got anything")
    asked = segmented_candidates(questions, SegmentContext(list_name="weekly", now=NOW))
    with ledger.database.read() as connection:
        rows = {row.subscriber_id: tuple(map(bool, row[-4:])) for row in connection.execute(asked)}
    assert rows[1] == (True, True, False, True)
    assert rows[2] == (False, False, True, True)


def test_the_view_counts_by_mailing_reason_and_receiving_domain(ledger: Ledger) -> None:
    from sqlalchemy import text

    first, second, _ = ledger.numbers()
    ledger.take(ledger.event("Bounce", first), ledger.event("Bounce", second), ledger.event("Bounce", second, at=NOW))
    with ledger.database.read() as connection:
        rows = connection.execute(text("SELECT slug, act, reason, domain, deliveries FROM feedback")).all()
    assert [tuple(row) for row in rows] == [("lamp", "bounced", "no such mailbox", "example.net", 2)]


def test_with_a_reader_what_was_reported_about_them_is_forgotten_as_it_came(ledger: Ledger) -> None:
    from newsletter.feedback import delete_events_about, list_events

    first, second, _ = ledger.numbers()
    ledger.take(ledger.event("Bounce", first), ledger.event("Bounce", second))
    assert delete_events_about(ledger.database, 1) == 1
    assert [event.delivery_id for event in list_events(ledger.database)] == [second]
    assert not any("reader1" in str(fact) for fact in ledger.facts())


def test_with_an_address_the_events_that_name_it_and_are_of_no_delivery_are_forgotten(ledger: Ledger) -> None:
    from newsletter.feedback import delete_events_naming, list_events

    known, *_ = ledger.numbers()
    ledger.take(
        ledger.event("Bounce", known),
        '{"eventType":"Bounce","bounce":{"bouncedRecipients":[{"emailAddress":"<Ada@Example.net>"}]}}',
        '{"eventType":"Bounce","bounce":{"bouncedRecipients":[{"emailAddress":"nada@example.net"}]}}',
        "cut off {ada@example.net",
        '{"eventType":"Something","to":"ada@example.net.invalid"}',
    )
    assert delete_events_naming(ledger.database, "ada@example.net") == 2
    left = sorted(event.raw for event in list_events(ledger.database) if event.delivery_id is None)
    assert ["nada@" in raw or ".invalid" in raw for raw in left] == [True, True]
    assert any(event.delivery_id == known for event in list_events(ledger.database))


def test_a_notice_that_bounces_suppresses_its_address_and_is_settled(ledger: Ledger) -> None:
    from sqlalchemy import text

    from newsletter.delivery import DeliveryStatus
    from newsletter.delivery.notices import Notice, list_notices, plan_notice

    words = {"kind": "answer", "about": "x", "list_name": "weekly", "subject": "x", "text": "x"}
    notice = Notice(**words, recipient="reader2@example.net", is_automatic=False, status=DeliveryStatus.PLANNED)
    with ledger.database.write() as connection:
        assert plan_notice(connection, notice, NOW) == 1
        connection.execute(text("UPDATE notices SET status = 'uncertain'"))
    event = ledger.event("Bounce", ledger.numbers()[0], address="reader2@example.net")
    event["mail"]["tags"] = {"delivery": [str(10**12 + 1)], "mailing": ["0"]}
    ledger.take(event)
    assert ledger.suppressed() == {"reader2@example.net": "bounced"}
    assert len(list_notices(ledger.database, DeliveryStatus.SUBMITTED)) == 1
    assert not ledger.facts()


def test_looking_whether_somebody_sends_keeps_nobody_from_sending(ledger: Ledger) -> None:
    import threading

    from newsletter.delivery.queue import is_sending
    from newsletter.delivery.queue.lock import sender_lock

    is_over = threading.Event()

    def look() -> None:
        while not is_over.is_set():
            is_sending(ledger.database)

    lookers = [threading.Thread(target=look) for _ in range(2)]
    for looker in lookers:
        looker.start()
    try:
        for _ in range(300):
            with sender_lock(ledger.database, "testing"):
                assert is_sending(ledger.database)
    finally:
        is_over.set()
        for looker in lookers:
            looker.join()
    assert not is_sending(ledger.database)


def test_no_question_reads_all_deliveries_there_are(ledger: Ledger) -> None:
    from sqlalchemy import event

    from newsletter.delivery import delivery_ids_of
    from newsletter.feedback.apply.effects import count_soft_bounces

    asked: list[tuple[str, Any]] = []

    @event.listens_for(ledger.database.engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        asked.append((statement, values))

    with ledger.database.read() as connection:
        delivery_ids_of(connection, 1, NOW)
        count_soft_bounces(connection, 1, NOW, 30, 0)
        for statement, values in [each for each in asked if each[0].startswith("SELECT")]:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            assert not any(row[-1].startswith(("SCAN deliveries", "SCAN facts")) for row in plan), plan


def test_suppressing_looks_no_roster_through(ledger: Ledger) -> None:
    from sqlalchemy import event

    from newsletter.address import Address
    from newsletter.audience import SuppressionReason, suppress_subscriber

    asked: list[tuple[str, Any]] = []

    @event.listens_for(ledger.database.engine, "before_cursor_execute")
    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
        asked.append((statement, values))

    told = {"reason": SuppressionReason.BOUNCED, "origin": "test", "now": NOW}
    with ledger.database.write() as connection:
        assert suppress_address(connection, KEYRING, Address.parse("reader1@example.net"), **told)
        assert suppress_subscriber(connection, 2, **told)
        written = [each for each in asked if each[0].startswith(("SELECT", "INSERT"))]
        assert sum("consents" in statement for statement, _ in written) == 2
        for statement, values in written:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            assert not any(row[-1].startswith("SCAN sub") for row in plan), plan
