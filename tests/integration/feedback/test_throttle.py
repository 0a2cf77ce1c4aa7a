"""Events are taken in at ease, in short turns beside a sender, and no bounce makes the database read everybody."""

import gc
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import event

from newsletter.address import Address
from newsletter.audience import SuppressionReason, suppress
from newsletter.delivery.queue.lock import sender_lock
from newsletter.feedback import ingest_file
from tests.integration.feedback.ledger import KEYRING, NOW, Ledger, open_ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path) as found:
        yield found


def groups(ledger: Ledger, events: int) -> list[int]:
    """Take in so many events, and return how many were applied in each turn."""
    path = ledger.folder / "events.jsonl"
    path.write_text("".join(f'{{"eventType": "Unheard of", "n": {number}}}\n' for number in range(events)))
    arrived = ingest_file(ledger.database, KEYRING, ledger.settings, path, clock=ledger.clock)
    return [each.applied.events for each in arrived if each.applied.events]


def test_alone_events_are_applied_in_large_groups_and_beside_a_sender_in_small_ones(ledger: Ledger) -> None:
    assert groups(ledger, 250) == [250]
    with sender_lock(ledger.database, "sending"):
        (ledger.folder / "events.jsonl").unlink()
        assert groups(ledger, 500) == [50, 100, 100], "half of them were here before"


def test_the_collector_is_as_it_was_once_a_file_is_taken_in_or_given_up(ledger: Ledger) -> None:
    before = gc.get_threshold()
    groups(ledger, 10)
    assert gc.get_threshold() == before
    path = ledger.folder / "events.jsonl"
    with closing(ingest_file(ledger.database, KEYRING, ledger.settings, path, clock=ledger.clock)) as arriving:
        next(arriving)
    assert gc.get_threshold() == before


def test_suppressing_an_address_reads_nobody_but_its_holder(ledger: Ledger) -> None:
    asked: list[tuple[str, object]] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if "subscribers" in statement:
            asked.append((statement, parameters))

    event.listen(ledger.database.engine, "before_cursor_execute", note)
    address = Address.parse("reader1@example.net")
    suppress(ledger.database, KEYRING, address, SuppressionReason.BOUNCED, origin="test", now=NOW)
    event.remove(ledger.database.engine, "before_cursor_execute", note)
    assert asked
    with ledger.database.read() as connection:
        for statement, parameters in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            assert not [row for row in plan if row[3].startswith("SCAN")], (statement, plan)
