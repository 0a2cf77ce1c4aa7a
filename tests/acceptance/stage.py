"""A publication on a stage: its letters go to a pretend SES, whose account the test holds in its hand."""

import json
import os
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from newsletter.app.rehearsal import read_events, settle_by_events
from newsletter.database import open_database
from newsletter.ses_simulator import Account
from newsletter.ses_simulator.server import SesSimulator, publish_events, run_simulator
from tests.acceptance.desk import Desk
from tests.acceptance.hops import write_crowd

READERS = 300
IN_FLIGHT = 32
SEND = ("send", "lamp", "--list", "crowd", "--yes", "--json")


@dataclass(frozen=True)
class Stage:
    """A publication whose letters go to a pretend SES."""

    desk: Desk
    ses: SesSimulator
    folder: Path
    """Of the journals."""

    @property
    def account(self) -> Account:
        return self.ses.account

    def taken(self) -> Counter[int]:
        """How often each delivery was taken, by the synced journal."""
        lines = (self.folder / "accepted.jsonl").read_text().splitlines()
        return Counter(int(json.loads(line)["delivery"]) for line in lines)

    def deliveries(self, status: str) -> set[int]:
        """The deliveries of this status, by the ledger."""
        database = sqlite3.connect(self.desk.folder / "var" / "newsletter.db")
        rows = database.execute("SELECT id FROM deliveries WHERE status = ?", (status,)).fetchall()
        database.close()
        return {number for (number,) in rows}

    def settle(self) -> int:
        """Settle by the events that were published."""
        database = open_database(f"sqlite:///{self.desk.folder / 'var' / 'newsletter.db'}")
        settled = settle_by_events(database, read_events(self.folder / "events.jsonl"), now=datetime.now(UTC))
        database.close()
        return settled


@contextmanager
def on_stage(desk: Desk, folder: Path, readers: int = READERS) -> Iterator[Stage]:
    """Give a publication whose letters go to a pretend SES that writes its journals into `folder`."""
    ses = 'transport = "ses"\n[delivery.ses]\nregion = "eu-west-1"\nconfiguration_set = "news"\nrefresh = 1\n'
    write_crowd(desk, readers, ses, in_flight=IN_FLIGHT)
    account = Account(rate=1000, hang_seconds=0.2)
    publish_events(account, "news")
    with run_simulator(account, folder=folder) as ses:
        os.environ["AWS_ENDPOINT_URL_SESV2"] = ses.url
        yield Stage(desk, ses, folder)
