"""A publication that sends to the SES simulator, whose account the test controls."""

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
from tests.acceptance.mail_servers import write_publication
from tests.acceptance.publication_folder import PublicationFolder

READERS = 300
IN_FLIGHT = 32
SEND = ("send", "lamp", "--list", "crowd", "--yes", "--json")


@dataclass(frozen=True)
class SesPublication:
    """A publication that sends to the SES simulator."""

    publication: PublicationFolder
    ses: SesSimulator
    folder: Path
    """The folder of the simulator's files."""

    @property
    def account(self) -> Account:
        return self.ses.account

    def accepted(self) -> Counter[int]:
        """Return how often each delivery was accepted, from the synced file."""
        lines = (self.folder / "accepted.jsonl").read_text().splitlines()
        return Counter(int(json.loads(line)["delivery"]) for line in lines)

    def deliveries(self, status: str) -> set[int]:
        """Return the ids of the deliveries with this status."""
        database = sqlite3.connect(self.publication.folder / "var" / "newsletter.db")
        rows = database.execute("SELECT id FROM deliveries WHERE status = ?", (status,)).fetchall()
        database.close()
        return {number for (number,) in rows}

    def settle(self) -> int:
        """Settle uncertain deliveries from the published events; returns how many."""
        database = open_database(f"sqlite:///{self.publication.folder / 'var' / 'newsletter.db'}")
        settled = settle_by_events(database, read_events(self.folder / "events.jsonl"), now=datetime.now(UTC))
        database.close()
        return settled


@contextmanager
def run_ses_publication(
    publication: PublicationFolder, folder: Path, readers: int = READERS
) -> Iterator[SesPublication]:
    """Run an SES simulator that writes its files to `folder`, and a publication that sends to it."""
    ses = 'transport = "ses"\n[delivery.ses]\nregion = "eu-west-1"\nconfiguration_set = "news"\nrefresh = 1\n'
    write_publication(publication, readers, ses, in_flight=IN_FLIGHT)
    account = Account(rate=1000, hang_seconds=0.2)
    publish_events(account, "news")
    with run_simulator(account, folder=folder) as ses:
        os.environ["AWS_ENDPOINT_URL_SESV2"] = ses.url
        yield SesPublication(publication, ses, folder)
