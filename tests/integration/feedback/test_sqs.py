"""A queue pulled onto a full disk: what is not stored is not acknowledged, and what is stored is not lost."""

import json
import random
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from newsletter.aws import Credentials, SqsQueue
from newsletter.database import open_database, upgrade
from newsletter.errors import DiskFull
from newsletter.feedback import IngestProgress, list_events, pull_from_queue
from newsletter.ses_simulator import Account
from newsletter.ses_simulator.server import SesSimulator, run_simulator
from newsletter.settings import Settings
from newsletter.tokens import Keyring
from tests.acceptance.test_feedback import show_again

KEYS = Credentials(access="testing", secret="testing")
MESSAGES = 320
"""More than are kept in one transaction."""


@pytest.fixture
def ses() -> Iterator[SesSimulator]:
    with run_simulator(Account(), has_queue=True) as up:
        yield up


def left_in(queue: SqsQueue) -> int:
    state = queue.state()
    return state.waiting + state.hidden


@pytest.mark.parametrize("room", [0, 75])
def test_on_a_full_disk_no_event_is_acknowledged_that_is_not_stored(
    ses: SesSimulator, tmp_path: Path, room: int
) -> None:
    chance = random.Random(7)
    bodies = [
        json.dumps({"eventType": "Sent by nobody", "n": number, "words": chance.randbytes(1000).hex()})
        for number in range(MESSAGES)
    ]
    settings = Settings.model_validate({"root": tmp_path, "publication": {"title": "x"}})
    keyring = Keyring((b"k" * 32,))
    with (
        closing(open_database(f"sqlite:///{tmp_path / 'newsletter.db'}")) as database,
        closing(SqsQueue(ses.queue_url, KEYS, region="eu-west-1")) as queue,
    ):
        upgrade(database)
        for start in range(0, MESSAGES, 10):
            queue.send(bodies[start : start + 10])
        with database.read() as connection:
            most = connection.exec_driver_sql("PRAGMA page_count").scalar_one() + room

        def fill(connection: Any) -> None:
            connection.connection.driver_connection.execute(f"PRAGMA max_page_count={most}")

        def pulled() -> IngestProgress:
            return sum(
                pull_from_queue(database, keyring, settings, queue, clock=lambda: datetime.now(UTC), wait_seconds=0),
                IngestProgress(),
            )

        event.listen(database.engine, "begin", fill)
        with pytest.raises(DiskFull):
            pulled()
        stored = len(list_events(database, limit=10 * MESSAGES))
        assert stored + left_in(queue) == MESSAGES
        assert bool(stored) == (room > 0)
        event.remove(database.engine, "begin", fill)
        database.engine.dispose()  # there is room again
        show_again(ses)
        pulled()
        assert left_in(queue) == 0
        kept = {each.raw for each in list_events(database, limit=10 * MESSAGES)}
        assert len(kept) == MESSAGES
