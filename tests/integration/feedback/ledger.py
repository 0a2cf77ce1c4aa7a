"""A ledger with a mailing to a few people, and the events that SES publishes about their letters."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, update

from newsletter.address import Address
from newsletter.audience import add_subscriber, ensure_lists, list_suppressions
from newsletter.compose import Edition
from newsletter.database import Database
from newsletter.delivery import Mailing
from newsletter.delivery.queue import start_mailing
from newsletter.delivery.tables import deliveries
from newsletter.feedback import IngestProgress, ingest_file
from newsletter.feedback.tables import facts
from newsletter.settings import FeedbackSettings, Settings
from newsletter.tokens import Keyring
from tests.fresh_database import fresh_database

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
KEYRING = Keyring((b"k" * 32,))


def edition(slug: str = "lamp") -> Edition:
    words = {"subject": ("x",), "preheader": "", "html": ("x",), "text": ("x",), "web": ""}
    return Edition(slug=slug, list_name="weekly", title="x", language="en", **words)


@dataclass
class Ledger:
    """A publication's database, with one mailing of which everything was begun."""

    folder: Path
    database: Database
    settings: Settings
    mailing: Mailing
    now: datetime = NOW

    def clock(self) -> datetime:
        return self.now

    def another(self, slug: str, *, status: str = "submitted") -> Mailing:
        """Start one more mailing, of another issue."""
        made = start_mailing(self.database, edition(slug), transport="ses", now=self.now).mailing
        self.put(status, made)
        return made

    def put(self, status: str, mailing: Mailing | None = None, numbers: Iterable[int] | None = None) -> None:
        """Let deliveries stand somewhere, as if a sender had begun them."""
        asked = update(deliveries).where(deliveries.c.mailing_id == (mailing or self.mailing).id)
        if numbers is not None:
            asked = asked.where(deliveries.c.id.in_(list(numbers)))
        with self.database.write() as connection:
            connection.execute(asked.values(status=status, worker="ses/x/1"))

    def numbers(self, mailing: Mailing | None = None) -> list[int]:
        asked = select(deliveries.c.id).where(deliveries.c.mailing_id == (mailing or self.mailing).id)
        with self.database.read() as connection:
            return list(connection.scalars(asked.order_by(deliveries.c.id)))

    def standing(self, number: int) -> tuple[str, str | None]:
        with self.database.read() as connection:
            row = connection.execute(select(deliveries).where(deliveries.c.id == number)).one()
        return row.status, row.reference

    def facts(self) -> list[tuple[Any, ...]]:
        with self.database.read() as connection:
            return sorted(tuple(row) for row in connection.execute(select(facts)))

    def suppressed(self) -> dict[str | None, str]:
        return {each.address: each.suppression.reason.value for each in list_suppressions(self.database)}

    def take(self, *events: dict[str, Any] | str) -> IngestProgress:
        """Take in events, each on a line of one file."""
        path = self.folder / "events.jsonl"
        path.write_text("\n".join(e if isinstance(e, str) else json.dumps(e) for e in events))
        return self.take_file(path)

    def take_file(self, path: Path) -> IngestProgress:
        return sum(ingest_file(self.database, KEYRING, self.settings, path, clock=self.clock), IngestProgress())

    def event(self, kind: str, number: int, mailing: Mailing | None = None, **more: Any) -> dict[str, Any]:
        """Return an event about a delivery, as a configuration set publishes it."""
        at = more.pop("at", NOW)
        place = (mailing or self.mailing).id
        address = more.pop("address", self.address(number))
        mail = {
            "timestamp": moment(NOW - timedelta(minutes=1)),
            "messageId": f"0102-{number}",
            "destination": [address],
            "tags": {"delivery": [str(number)], "mailing": [str(place)], "ses:configuration-set": ["news"]},
        }
        return {"eventType": kind, **said(kind, address, at, **more), "mail": mail}

    def address(self, number: int) -> str:
        """Return whom the delivery is for: they were added one by one."""
        with self.database.read() as connection:
            person = connection.scalar(select(deliveries.c.subscriber_id).where(deliveries.c.id == number))
        return f"reader{person}@example.net"


def said(kind: str, address: str, at: datetime, **more: Any) -> dict[str, Any]:
    """Return the part of an event that is its kind's own."""
    time = {"timestamp": moment(at)}
    if kind == "Bounce":
        status, words = more.get("status", "5.1.1"), more.get("words", "smtp; 550 5.1.1 user unknown")
        told = {"emailAddress": address, "action": "failed", "status": status, "diagnosticCode": words}
        kinds = {"bounceType": more.get("type", "Permanent"), "bounceSubType": more.get("subtype", "General")}
        return {"bounce": {**kinds, "bouncedRecipients": [told], "feedbackId": "f", **time}}
    if kind == "Complaint":
        told = {"complainedRecipients": [{"emailAddress": address}], "complaintSubType": more.get("subtype")}
        return {"complaint": {**told, "complaintFeedbackType": more.get("type", "abuse"), **time}}
    if kind == "DeliveryDelay":
        told = {"emailAddress": address, "status": "4.4.1", "diagnosticCode": "smtp; 421 try again"}
        return {"deliveryDelay": {"delayType": "General", "delayedRecipients": [told], **time}}
    if kind == "Delivery":
        return {"delivery": {"recipients": [address], "smtpResponse": "250 OK", **time}}
    if kind == "Reject":
        return {"reject": {"reason": "Bad content"}}
    if kind in {"Open", "Click"}:
        return {kind.lower(): {"ipAddress": "192.0.2.7", "userAgent": "Mozilla/5.0", **time}}
    return {kind.lower(): {}}


def moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


@contextmanager
def open_ledger(folder: Path, readers: int = 3, url: str | None = None, **feedback: Any) -> Iterator[Ledger]:
    """Give a ledger whose mailing has so many readers."""
    settings = Settings.model_validate(
        {
            "root": folder,
            "publication": {"title": "Tidal"},
            "lists": {"weekly": {"title": "Tidal", "from": "news@example.org", "list_id": "tidal.example.org"}},
            "replies": {"domain": "replies.example.org"},
            "feedback": FeedbackSettings(**feedback),
        }
    )
    database = fresh_database(url or f"sqlite:///{folder / 'var' / 'newsletter.db'}")
    ensure_lists(database, ["weekly"])
    for number in range(1, readers + 1):
        person = Address.parse(f"reader{number}@example.net")
        add_subscriber(database, KEYRING, person, "weekly", origin="test", now=NOW)
    mailing = start_mailing(database, edition(), transport="ses", now=NOW).mailing
    ledger = Ledger(folder, database, settings, mailing)
    ledger.put("claimed")
    try:
        yield ledger
    finally:
        database.close()
