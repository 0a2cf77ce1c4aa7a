"""A publication on disk with one issue sent to two readers, and mail that comes back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from newsletter.address import Address
from newsletter.audience import add_subscriber, ensure_lists
from newsletter.compose import Edition
from newsletter.database import Database
from newsletter.delivery.queue import start_mailing
from newsletter.replies import FetchResult, Sandbox, fetch_replies, open_mailbox
from newsletter.settings import Settings, read_settings
from newsletter.tokens import Keyring, Purpose
from tests.fresh_database import fresh_database
from tests.unit.replies.signing import Names

NOW = datetime(2025, 3, 4, 12, 0, tzinfo=UTC)
TOML = """
[publication]
title = "Tidal Notes"

[lists.weekly]
title = "Tidal Notes"
from = "Tidal Notes <notes@example.org>"
list_id = "tidal.example.org"

[replies]
domain = "reply.example.org"
mailbox = "maildir:answers"
"""
ISSUE = """---
title: Ferries
status: ready
date: 2025-03-03
---

The harbour wakes at five and nobody owns an alarm clock.
"""


@dataclass(frozen=True)
class Harbour:
    """The publication, and verbs of its reader and its author."""

    settings: Settings
    database: Database
    keyring: Keyring
    sandbox: Sandbox
    names: Names = field(default_factory=Names)
    """The name server that knows the keys of those who write."""

    def address(self, number: int = 1, purpose: Purpose = Purpose.REPLY) -> str:
        """The signed address of a delivery."""
        letter = {Purpose.REPLY: "r", Purpose.BOUNCE: "b", Purpose.UNSUBSCRIBE: "u"}[purpose]
        return f"{letter}+{self.keyring.sign(purpose, number)}@reply.example.org"

    def deliver(self, raw: str | bytes, name: str = "1.eml") -> Path:
        """Put a mail into the Maildir, as a delivering server does."""
        for room in ("new", "cur", "tmp"):
            (self.settings.root / "answers" / room).mkdir(parents=True, exist_ok=True)
        path = self.settings.root / "answers" / "new" / name
        path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
        return path

    def fetch(self, now: datetime = NOW) -> FetchResult:
        """Take in what is there."""
        mailbox = open_mailbox(self.settings.replies.mailbox, self.settings.root)
        return fetch_replies(
            self.database, self.keyring, self.settings, mailbox, now=now, keys=self.names, sandbox=self.sandbox
        )


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """The process that reads mail: one for all tests, as it is for all mails of a fetch."""
    with Sandbox() as found:
        yield found


@pytest.fixture
def harbour(tmp_path: Path, sandbox: Sandbox) -> Iterator[Harbour]:
    (tmp_path / "newsletter.toml").write_text(TOML)
    (tmp_path / "issues" / "ferries").mkdir(parents=True)
    (tmp_path / "issues" / "ferries" / "index.md").write_text(ISSUE)
    settings = read_settings(tmp_path, {"NEWSLETTER_SECRET_KEY": "k" * 40})
    database = fresh_database(settings.database_url)
    keyring = Keyring((b"k" * 40,))
    ensure_lists(database, ["weekly"])
    for address, first, last in (("jo@example.net", "Jo", "Winter"), ("ada@example.net", "Ada", "")):
        add_subscriber(
            database,
            keyring,
            Address.parse(address),
            "weekly",
            first_name=first,
            last_name=last,
            origin="test",
            now=NOW,
        )
    text = "Ferries\n\nThe harbour wakes at five and nobody owns an alarm clock.\n\nAnswer: "
    edition = Edition(
        slug="ferries", list_name="weekly", title="Ferries", language="en", subject=("Ferries",), preheader="",
        html=(f"<p>{text}</p>",), text=(text,), web="",
    )  # fmt: skip
    start_mailing(database, edition, transport="outbox", now=NOW)
    yield Harbour(settings, database, keyring, sandbox)
    database.close()


@pytest.fixture
def answer(harbour: Harbour) -> Callable[..., str]:
    """Write a mail as Gmail would."""

    def write(
        said: str = "I own two.",
        *,
        to: str | None = None,
        sender: str = "Jo Winter <jo@example.net>",
        headers: str = "",
        message_id: str = "<one@example.net>",
    ) -> str:
        to = to or harbour.address()
        return (
            f"From: {sender}\nTo: Tidal Notes <{to}>\nDelivered-To: {to}\nSubject: Re: Ferries\n"
            f"Date: Mon, 3 Mar 2025 20:00:00 +0000\nMessage-ID: {message_id}\n{headers}"
            f"Content-Type: text/plain; charset=utf-8\n\n{said}\n\n"
            f"On Mon, Mar 3, 2025 at 9:12 AM Tidal Notes <notes@example.org> wrote:\n\n"
            f"> The harbour wakes at five and nobody owns an alarm clock.\n>\n"
            f"> Answer: {to}\n"
        )

    return write
