"""A whole send as a rehearsal: the real sender and SES transport, on a copy of the ledger, to a pretend SES.

Nothing leaves the machine, and neither the real ledger nor the outbox is touched.
"""

import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import literal_column, make_url, select

from newsletter import settings as toml
from newsletter.compose import Edition
from newsletter.database import Database, open_database, upgrade
from newsletter.delivery.counts import mailing_counts
from newsletter.delivery.models import Counts, Mailing
from newsletter.delivery.queue.plan import start_mailing
from newsletter.delivery.rehearsal.account import Account, Taken
from newsletter.delivery.rehearsal.evidence import read_events, settle_by_events
from newsletter.delivery.sender.progress import SendProgress
from newsletter.delivery.sender.send import send
from newsletter.delivery.tables import deliveries
from newsletter.delivery.transports import Transport
from newsletter.durable_file import make_private_folder
from newsletter.errors import SendingHalted, TemporaryError, TransportError, UsageError
from newsletter.tokens import Keyring

_MOST_RUNS = 5
"""How often a send that stopped is run again, as its author would."""
_MOST_WAIT = 60.0
"""Seconds that a rehearsal waits for what its account is granted later."""
_SET = "rehearsal"
_REGION = "eu-west-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """What happened in a rehearsal."""

    mailing: Mailing
    counts: Counts
    taken: int
    """Messages that the pretend SES took."""
    twice: int
    """People of whom it took more than one."""
    uncertain: int
    """Deliveries of which the sender did not know, before events came in."""
    settled: int
    """Of these, by events."""
    unknown_taken: int
    """Of those that no event settled: had been taken."""
    stops: tuple[str, ...]
    """Why the sender stopped before everybody was tried; it was run again each time."""
    seconds: float
    most_in_a_second: int
    mishaps: dict[str, int]
    refusals: dict[str, int]
    """What it answered instead of taking a message, by class."""
    events: dict[str, int]
    publishes_events: bool


@contextmanager
def copy_ledger(settings: toml.Settings, stage: Path) -> Iterator[Database]:
    """Give a copy of the database in the folder `stage`, brought to its newest shape; the real one is only read.

    UsageError on PostgreSQL, which has no copy in a file.
    """
    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise UsageError("a rehearsal needs a copy of the database, which can be made of SQLite only")
    make_private_folder(stage / "var")
    real, copy = Path(url.database), stage / "var" / "newsletter.db"
    if real.is_file():
        with (
            closing(sqlite3.connect(f"{real.resolve().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
    database = open_database(f"sqlite:///{copy}")
    try:
        upgrade(database)
        yield database
    finally:
        database.close()


class Rehearsal:
    """One mailing on the stage."""

    def __init__(
        self,
        database: Database,
        keyring: Keyring,
        settings: toml.Settings,
        mailing: Mailing,
        transport: Transport,
        *,
        account: Account,
        taken: list[Taken],
        events: Path,
        has_set: bool,
    ) -> None:
        self.mailing = mailing
        self._database = database
        self._keyring = keyring
        self._settings = settings
        self._transport = transport
        self._account = account
        self._taken = taken
        self._events = events
        self._has_set = has_set
        self._stops: list[str] = []
        self._seconds = 0.0

    def run(self, clock: Callable[[], datetime], is_hurried: Callable[[], bool]) -> Generator[SendProgress, None, None]:
        """Send, and after a stop once more, until everybody was tried or going on is of no use."""
        started = time.monotonic()
        try:
            for _ in range(_MOST_RUNS):
                sending = send(
                    self._database,
                    self._keyring,
                    self._settings,
                    self.mailing,
                    self._transport,
                    clock=clock,
                    is_hurried=is_hurried,
                )
                try:
                    yield from sending
                except SendingHalted as error:
                    self._stops.append(str(error))
                    return
                except (TransportError, TemporaryError) as error:
                    self._stops.append(str(error))
                    time.sleep(min(_MOST_WAIT, self._account.next_change() or 0.0))
                else:
                    return
        finally:
            self._seconds = time.monotonic() - started

    def report(self, now: datetime) -> Rehearsed:
        """Settle what events settle, compare the ledger with what was taken, and say so."""
        before = mailing_counts(self._database, self.mailing.id).uncertain
        events = list(read_events(self._events)) if self._events.is_file() else []
        settled = settle_by_events(self._database, events, now=now)
        times = Counter(int(taken.tags["delivery"]) for taken in self._taken)
        return Rehearsed(
            mailing=self.mailing,
            counts=mailing_counts(self._database, self.mailing.id),
            taken=len(self._taken),
            twice=sum(number > 1 for number in times.values()),
            uncertain=before,
            settled=settled,
            unknown_taken=len(self._uncertain() & set(times)),
            stops=tuple(self._stops),
            seconds=self._seconds,
            most_in_a_second=self._account.most_in_a_second,
            mishaps=dict(self._account.spoilt),
            refusals=dict(self._account.answered),
            events=dict(Counter(str(event["eventType"]) for event in events)),
            publishes_events=self._has_set,
        )

    def _uncertain(self) -> set[int]:
        asked = select(deliveries.c.id).where(
            deliveries.c.mailing_id == self.mailing.id, deliveries.c.status == literal_column("'uncertain'")
        )
        with self._database.read() as connection:
            return set(connection.scalars(asked))


@contextmanager
def open_rehearsal(
    database: Database,
    keyring: Keyring,
    settings: toml.Settings,
    edition: Edition,
    account: Account,
    *,
    segment: str = "",
    stage: Path,
    folder: Path,
    now: datetime,
) -> Iterator[Rehearsal]:
    """Give a rehearsal of `edition` on `database`, which must be a copy; journals go into `folder`, made anew.

    Whoever has the issue already gets it again if nobody else is left.
    """
    from newsletter.aws import Keys  # boto3 takes a while to import
    from newsletter.delivery.rehearsal.server import pretend_ses, publish_events
    from newsletter.delivery.transports.ses import open_ses

    name = settings.delivery.ses.configuration_set
    if name is None and settings.delivery.transport != "ses":
        name = _SET
    if name is not None:
        publish_events(account, name)
    plan = start_mailing(database, edition, transport="ses", segment=segment, now=now)
    if not plan.counts.planned:
        plan = start_mailing(database, edition, transport="ses", segment=segment, again=True, now=now)
    for journal in (folder / "accepted.jsonl", folder / "events.jsonl"):
        journal.unlink(missing_ok=True)
    with pretend_ses(account, folder=folder) as ses:
        wanted = {
            "endpoint": ses.url,
            "region": settings.delivery.ses.region or _REGION,
            "configuration_set": name,
            "refresh": 1.0,
        }
        there = settings.delivery.ses.model_copy(update=wanted)
        keys = Keys(access="rehearsal", secret="rehearsal")  # noqa: S106
        with closing(open_ses(there, keys, state={"XDG_STATE_HOME": str(stage)})) as transport:
            yield Rehearsal(
                database,
                keyring,
                _staged(settings, stage),
                plan.mailing,
                transport,
                account=account,
                taken=ses.taken,
                events=folder / "events.jsonl",
                has_set=name is not None,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """A pretend SES that is up for other programs."""

    url: str
    queue_url: str
    """Of the SQS queue where its events are published."""


@contextmanager
def serve_ses(
    settings: toml.Settings,
    account: Account,
    *,
    folder: Path,
    port: int,
    queue_url: str | None = None,
    complain: Callable[[str], None] = lambda _words: None,
) -> Iterator[Serving]:
    """Run a pretend SES for other programs while the block runs. Its journals are added to.

    Its events go into the queue at `queue_url`, else into one of its own; `complain` hears what a queue refuses.
    """
    from newsletter.aws import Queue  # boto3 and its model take a while to import
    from newsletter.delivery.rehearsal.outlets import RealQueue
    from newsletter.delivery.rehearsal.server import pretend_ses, publish_events

    publish_events(account, settings.delivery.ses.configuration_set or _SET)
    if queue_url is None:
        with pretend_ses(account, folder=folder, port=port, has_queue=True) as ses:
            yield Serving(url=ses.url, queue_url=ses.queue_url)
        return
    queue = Queue(queue_url, region=settings.delivery.ses.region)
    with (
        closing(RealQueue(queue, complain)) as outlet,
        pretend_ses(account, folder=folder, port=port, outlet=outlet) as ses,
    ):
        yield Serving(url=ses.url, queue_url=queue_url)


def _staged(settings: toml.Settings, stage: Path) -> toml.Settings:
    """Return the settings as if the publication stood on the stage: whatever is written is written there."""
    seals = tuple(
        seal.model_copy(update={"key": seal.key and settings.root / seal.key}) for seal in settings.delivery.dkim
    )
    delivery = settings.delivery.model_copy(update={"transport": "ses", "dkim": seals})
    return settings.model_copy(update={"root": stage, "delivery": delivery, "database": toml.Database()})
