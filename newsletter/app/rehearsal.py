"""Rehearsal: a whole send against the SES simulator, faults included; no email leaves the machine.

The real sender and the real SES transport work on a copy of the database in a temporary folder, so neither the
publication's own database nor its outbox changes. The simulator writes what it accepted and the events that it
published to `var/rehearsal/`; the report compares them with the copy.

`open_rehearsal` rehearses one edition; `serve_ses_simulator` keeps the simulator up for other programs.
"""

import json
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from newsletter.app.publication import Publication
from newsletter.errors import SendingHalted, TemporaryError, TransportError, UsageError
from newsletter.settings import Settings
from newsletter.tokens import Keyring

if TYPE_CHECKING:
    from newsletter.compose import Edition
    from newsletter.database import Database
    from newsletter.delivery import Counts, Mailing, SendProgress, Transport
    from newsletter.ses_simulator import Account, SesSimulator

REHEARSAL_FOLDER = Path("var") / "rehearsal"
"""Where the simulator writes accepted.jsonl and events.jsonl, below the publication's folder."""

_MAX_RUNS = 5
"""How often a send that stopped is run again, as its author would."""
_MAX_WAIT = 60.0
"""Seconds that a rehearsal waits for a larger quota or rate."""
_CONFIGURATION_SET = "rehearsal"
_REGION = "eu-west-1"
_EVENTS_PER_TRANSACTION = 500
_ACCEPTED = {"Send", "Delivery", "Bounce", "Complaint", "DeliveryDelay", "Open", "Click", "Subscription"}
_DROPPED = {"Reject", "Rendering Failure"}
"""Events after which SES delivers the message to nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalReport:
    """What happened in a rehearsal; numbers count messages unless stated otherwise."""

    mailing: "Mailing"
    counts: "Counts"
    accepted: int
    """Accepted by the simulator."""
    accepted_twice: int
    """Subscribers for whom it accepted more than one message."""
    uncertain_before_events: int
    settled_by_events: int
    """Uncertain deliveries that the published events settled."""
    uncertain_but_accepted: int
    """Still uncertain afterwards, although the simulator accepted them."""
    stops: tuple[str, ...]
    """Why the sender stopped before it had tried everybody; it was run again each time."""
    seconds: float
    max_per_second: int
    faults: dict[str, int]
    """How often each fault was injected."""
    errors: dict[str, int]
    """How often the simulator answered each error, by its code."""
    events: dict[str, int]
    """Published events, by their type."""
    publishes_events: bool


@dataclass(slots=True, kw_only=True)
class Rehearsal:
    """One mailing of the copied database, ready to be sent to a running simulator."""

    mailing: "Mailing"
    _database: "Database"
    _keyring: Keyring
    _settings: Settings
    _transport: "Transport"
    _simulator: "SesSimulator"
    _events: Path
    """The file of published events."""
    _publishes_events: bool
    _stops: list[str] = field(default_factory=list)
    _seconds: float = 0.0

    def run(
        self, clock: Callable[[], datetime], is_hurried: Callable[[], bool]
    ) -> Generator["SendProgress", None, None]:
        """Send, yielding progress; after a stop run the sender again, until everybody was tried or it is no use."""
        from newsletter.delivery import send

        started = time.monotonic()
        try:
            for _ in range(_MAX_RUNS):
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
                    time.sleep(min(_MAX_WAIT, self._simulator.account.seconds_to_next_change() or 0.0))
                else:
                    return
        finally:
            self._seconds = time.monotonic() - started

    def report(self, now: datetime) -> RehearsalReport:
        """Settle what the published events settle, and compare the copy with what the simulator accepted."""
        from newsletter.delivery import DeliveryStatus, list_delivery_problems, mailing_counts

        before = mailing_counts(self._database, self.mailing.id)
        events = list(read_events(self._events)) if self._events.is_file() else []
        settled = settle_by_events(self._database, events, now=now)
        times_accepted = Counter(int(message.tags["delivery"]) for message in self._simulator.accepted)
        still_uncertain = list_delivery_problems(
            self._database, self.mailing, DeliveryStatus.UNCERTAIN, limit=max(1, before.uncertain)
        )
        account = self._simulator.account
        return RehearsalReport(
            mailing=self.mailing,
            counts=mailing_counts(self._database, self.mailing.id),
            accepted=len(self._simulator.accepted),
            accepted_twice=sum(times > 1 for times in times_accepted.values()),
            uncertain_before_events=before.uncertain,
            settled_by_events=settled,
            uncertain_but_accepted=sum(delivery.delivery_id in times_accepted for delivery in still_uncertain),
            stops=tuple(self._stops),
            seconds=self._seconds,
            max_per_second=account.max_per_second,
            faults=dict(account.injected),
            errors=dict(account.errors),
            events=dict(Counter(str(event["eventType"]) for event in events)),
            publishes_events=self._publishes_events,
        )


@contextmanager
def open_rehearsal(
    publication: Publication, edition: "Edition", account: "Account", *, segment: str = "", now: datetime
) -> Iterator[Rehearsal]:
    """Start the simulator and plan `edition` on a copy of the database; both are gone when the block ends.

    The files in var/rehearsal/ are written anew. If everybody has had the issue already, all get it again.
    UsageError on PostgreSQL.
    """
    from newsletter.audience import ensure_lists
    from newsletter.audience.importer import import_list_source
    from newsletter.aws import Credentials  # costly to import
    from newsletter.delivery import open_ses
    from newsletter.delivery.queue import start_mailing
    from newsletter.ses_simulator import publish_events, run_simulator

    settings, keyring = publication.settings, publication.unchecked_keyring
    folder = settings.root / REHEARSAL_FOLDER
    configuration_set = settings.delivery.ses.configuration_set
    if configuration_set is None and settings.delivery.transport != "ses":
        configuration_set = _CONFIGURATION_SET
    if configuration_set is not None:
        publish_events(account, configuration_set)
    with (
        tempfile.TemporaryDirectory(prefix="rehearsal-") as temporary,
        _open_database_copy(settings, Path(temporary)) as database,
    ):
        ensure_lists(database, settings.lists)
        import_list_source(database, keyring, settings, edition.list_name, now=now)
        plan = start_mailing(database, edition, transport="ses", segment=segment, now=now)
        if not plan.counts.planned:
            plan = start_mailing(database, edition, transport="ses", segment=segment, again=True, now=now)
        for path in (folder / "accepted.jsonl", folder / "events.jsonl"):
            path.unlink(missing_ok=True)
        with run_simulator(account, folder=folder) as simulator:
            ses = settings.delivery.ses.model_copy(
                update={
                    "endpoint": simulator.url,
                    "region": settings.delivery.ses.region or _REGION,
                    "configuration_set": configuration_set,
                    "refresh": 1.0,
                }
            )
            credentials = Credentials(access="rehearsal", secret="rehearsal")  # noqa: S106
            with closing(open_ses(ses, credentials, state={"XDG_STATE_HOME": temporary})) as transport:
                yield Rehearsal(
                    mailing=plan.mailing,
                    _database=database,
                    _keyring=keyring,
                    _settings=_settings_in(settings, Path(temporary)),
                    _transport=transport,
                    _simulator=simulator,
                    _events=folder / "events.jsonl",
                    _publishes_events=configuration_set is not None,
                )


@contextmanager
def serve_ses_simulator(
    publication: Publication,
    account: "Account",
    *,
    port: int,
    queue_url: str | None = None,
    on_error: Callable[[str], None] = lambda _message: None,
) -> Iterator["SesSimulator"]:
    """Run the SES simulator for other programs while the block runs; var/rehearsal/ is appended to.

    Events go to the SQS queue at `queue_url`, else to one that the simulator itself offers. `on_error` is called,
    from another thread, with what that queue refuses.
    """
    from newsletter.aws import SqsQueue  # costly to import
    from newsletter.ses_simulator import SqsTarget, publish_events, run_simulator

    ses, folder = publication.settings.delivery.ses, publication.settings.root / REHEARSAL_FOLDER
    publish_events(account, ses.configuration_set or _CONFIGURATION_SET)
    if queue_url is None:
        with run_simulator(account, folder=folder, port=port, has_queue=True) as simulator:
            yield simulator
        return
    queue = SqsQueue(queue_url, region=ses.region)
    with (
        closing(SqsTarget(queue, on_error)) as target,
        run_simulator(account, folder=folder, port=port, event_target=target) as simulator,
    ):
        simulator.queue_url = queue_url
        yield simulator


def read_events(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the SES events of a file of JSON lines, unwrapped; lines that hold no event are skipped."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            event = unwrap_event(line)
            if event is not None:
                yield event


def unwrap_event(text: str) -> dict[str, Any] | None:
    """Return the SES event in a message, bare or in the envelope of SNS or EventBridge; None if there is none."""
    event = _json_object(text)
    for key in ("Message", "detail"):
        if event is not None and key in event:
            event = _json_object(event[key])
    return event


def settle_by_events(database: "Database", events: Iterable[Mapping[str, Any]], *, now: datetime) -> int:
    """Settle each uncertain delivery that an event proves accepted or dropped; return how many. Idempotent.

    An event counts only if it names both the delivery and its mailing, as our message tags do.
    """
    from newsletter.delivery import DeliveryStatus, SubmissionEvidence, apply_evidence, find_reported_deliveries

    settled, facts = 0, (fact for event in events if (fact := _fact_of(event)) is not None)
    while group := list(islice(facts, _EVENTS_PER_TRANSACTION)):
        with database.write() as connection:
            known = find_reported_deliveries(connection, (delivery_id for delivery_id, *_ in group))
            proofs = [
                SubmissionEvidence(delivery=known[delivery_id], reference=reference, dropped=dropped)
                for delivery_id, mailing_id, reference, dropped in group
                if delivery_id in known and known[delivery_id].mailing_id == mailing_id
            ]
            changed = apply_evidence(connection, proofs, now)
        settled += sum(delivery.status is DeliveryStatus.UNCERTAIN for delivery in changed)
    return settled


def _fact_of(event: Mapping[str, Any]) -> tuple[int, int, str, str] | None:
    """Return an event's delivery id, mailing id, SES message id, and why SES dropped the message ("" if not)."""
    kind, mail = event.get("eventType"), event.get("mail")
    tags = mail.get("tags") if isinstance(mail, dict) else None
    if not isinstance(tags, dict) or not isinstance(mail, dict) or (kind not in _ACCEPTED and kind not in _DROPPED):
        return None
    delivery_id, mailing_id = (_number_of(tags.get(name)) for name in ("delivery", "mailing"))
    if delivery_id is None or mailing_id is None:
        return None
    dropped = f"SES accepted it and dropped it: {kind}" if kind in _DROPPED else ""
    return delivery_id, mailing_id, str(mail.get("messageId") or ""), dropped


def _number_of(values: object) -> int | None:
    """Return the number that is a tag's first value."""
    text = values[0] if isinstance(values, list) and values else values
    return int(text) if isinstance(text, str) and text.isascii() and text.isdigit() and len(text) < 19 else None


def _json_object(text: object) -> dict[str, Any] | None:
    if isinstance(text, dict):
        return text
    try:
        value = json.loads(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


@contextmanager
def _open_database_copy(settings: Settings, folder: Path) -> Iterator["Database"]:
    """Open a migrated copy of the database in `folder`; the original is only read, and may be missing."""
    from sqlalchemy import make_url

    from newsletter.atomic_file import make_private_folder
    from newsletter.database import open_database, upgrade

    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite" or not url.database:
        raise UsageError("rehearse works on a copy of the database, which can be made of SQLite only")
    make_private_folder(folder / "var")
    original, copy = Path(url.database), folder / "var" / "newsletter.db"
    if original.is_file():
        with (
            closing(sqlite3.connect(f"{original.resolve().as_uri()}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(copy)) as target,
        ):
            source.backup(target)
    database = open_database(f"sqlite:///{copy}")
    try:
        upgrade(database)
        yield database
    finally:
        database.close()


def _settings_in(settings: Settings, folder: Path) -> Settings:
    """Return the settings of the same publication in another folder, so that all files are written there."""
    dkim = tuple(
        entry.model_copy(update={"key": entry.key and settings.root / entry.key}) for entry in settings.delivery.dkim
    )
    delivery = settings.delivery.model_copy(update={"transport": "ses", "dkim": dkim})
    database = type(settings.database)()
    return settings.model_copy(update={"root": folder, "delivery": delivery, "database": database})
