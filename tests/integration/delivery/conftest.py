"""A real database with people on lists, editions made by hand, and a next hop that does as it is told."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.address import Address
from newsletter.audience import add_subscriber, ensure_lists
from newsletter.compose import Edition, EscapeContext, MergeTag
from newsletter.database import Database
from newsletter.delivery import Counts, Mailing, SendProgress, mailing_counts, send
from newsletter.delivery.queue import Plan, start_mailing
from newsletter.delivery.rate.limiter import RetryDelays
from newsletter.delivery.transports.base import Envelope, Receipt
from newsletter.delivery.transports.thread_connection import BlockingTransport
from newsletter.settings import Settings
from newsletter.tokens import Keyring
from tests.fresh_database import fresh_database


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Hop(BlockingTransport):
    """A provider that answers each recipient as the test says; a real transport."""

    name: str = "hop"
    connections: int = 3
    rate: float | None = None
    notices: tuple[str, ...] = ()
    answer: Callable[[Envelope, int], Exception | None] = lambda _envelope, _times: None
    taken: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def submit(self, envelope: Envelope, message: bytes) -> Receipt:
        self.asked.append(envelope.recipient)
        fault = self.answer(envelope, self.asked.count(envelope.recipient))
        if fault is not None:
            raise fault
        assert envelope.recipient.encode() in message.partition(b"\r\n\r\n")[0]
        self.taken.append(envelope.recipient)
        return Receipt(reference=f"ref-{envelope.delivery_id}")

    def close(self) -> None:
        """Nothing is held."""


@dataclass
class Press:
    """A publication's database and the verbs that tests use most."""

    database: Database
    keyring: Keyring
    settings: Settings
    delays: RetryDelays = field(default_factory=RetryDelays)

    def join(self, list_name: str, *names: str) -> None:
        for name in names:
            add_subscriber(
                self.database,
                self.keyring,
                Address.parse(f"{name}@readers.example"),
                list_name,
                first_name=name.title(),
                origin="test",
                now=now(),
            )

    def start(self, edition: Edition, *, again: bool = False) -> Plan:
        return start_mailing(self.database, edition, transport="hop", again=again, now=now())

    def send(self, mailing: Mailing, hop: Hop) -> list[SendProgress]:
        return list(send(self.database, self.keyring, self.settings, mailing, hop, clock=now, delays=self.delays))

    def mail(self, edition: Edition, hop: Hop, *, again: bool = False) -> Counts:
        plan = self.start(edition, again=again)
        self.send(plan.mailing, hop)
        return self.counts(plan.mailing)

    def counts(self, mailing: Mailing) -> Counts:
        return mailing_counts(self.database, mailing.id)


@pytest.fixture
def press(tmp_path: Path) -> Iterator[Press]:
    sender = "Ines <ines@lamplighter.example>"
    lists = {
        name: {"title": name.title(), "from": sender, "list_id": f"{name}.lamplighter.example"}
        for name in ("weekly", "daily")
    }
    settings = Settings.model_validate(
        {
            "root": tmp_path,
            "publication": {"title": "The Lamplighter"},
            "lists": lists,
            "replies": {"domain": "replies.lamplighter.example"},
            "delivery": {"in_flight": 8},
        }
    )
    settings.var.mkdir()
    database = fresh_database(settings.database_url)
    ensure_lists(database, settings.lists)
    yield Press(database, Keyring((b"k" * 32,)), settings)
    database.close()


@pytest.fixture
def edition() -> Callable[..., Edition]:
    def make(list_name: str = "weekly", *, text: str = "It burns.\n", slug: str = "lamp") -> Edition:
        leave = MergeTag(name="links.unsubscribe", context=EscapeContext.PLAIN)
        return Edition(
            slug=slug,
            list_name=list_name,
            title="The lamp",
            language="en",
            subject=("The lamp",),
            preheader="",
            html=(f"<p>{text}</p>",),
            text=(text, leave),
            web="",
        )

    return make
