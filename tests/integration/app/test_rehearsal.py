"""Rehearsal: events settle uncertain deliveries and nothing else, in any order and however often they come."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from newsletter.app.rehearsal import read_events, settle_by_events
from newsletter.compose import Edition
from newsletter.database import Database
from newsletter.delivery import DeliveryStatus
from newsletter.delivery.models import Mailing
from newsletter.delivery.queue import start_test_mailing
from newsletter.delivery.tables import deliveries
from tests.fresh_database import fresh_database

NOW = datetime(2030, 1, 1, tzinfo=UTC)
EDITION = Edition(
    slug="lamp",
    list_name="weekly",
    title="The lamp",
    language="en",
    subject=("The lamp",),
    preheader="",
    html=("<p>x</p>",),
    text=("x",),
    web="",
)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, Mailing]]:
    """A database with a mailing, to which each test adds deliveries."""
    database = fresh_database(f"sqlite:///{tmp_path_factory.mktemp('ledger') / 'newsletter.db'}")
    mailing = start_test_mailing(database, EDITION, ["a@example.net"], transport="ses", now=NOW)
    yield database, mailing
    database.close()


def add(ledger: tuple[Database, Mailing], *statuses: str) -> list[int]:
    database, mailing = ledger
    with database.write() as connection:
        return [
            connection.execute(
                insert(deliveries).values(mailing_id=mailing.id, status=status, address="a@example.net")
            ).inserted_primary_key[0]
            for status in statuses
        ]


def event(kind: str, delivery: object, mailing: object = 1, message_id: str = "0102-a") -> dict[str, Any]:
    tags = {"delivery": [str(delivery)], "mailing": [str(mailing)]}
    return {"eventType": kind, "mail": {"messageId": message_id, "tags": tags}}


def status_of(ledger: tuple[Database, Mailing], number: int) -> tuple[str, str | None]:
    with ledger[0].read() as connection:
        row = connection.execute(select(deliveries).where(deliveries.c.id == number)).one()
    return row.status, row.reference


@pytest.mark.parametrize("kind", ["Send", "Delivery", "Bounce", "Complaint", "DeliveryDelay", "Open", "Click"])
def test_every_event_of_an_accepted_message_settles_its_delivery(ledger: tuple[Database, Mailing], kind: str) -> None:
    (number,) = add(ledger, "uncertain")
    assert settle_by_events(ledger[0], [event(kind, number)], now=NOW) == 1
    assert status_of(ledger, number) == ("submitted", "0102-a")
    assert settle_by_events(ledger[0], [event(kind, number)], now=NOW) == 0


@pytest.mark.parametrize("kind", ["Reject", "Rendering Failure"])
def test_a_message_that_ses_accepted_and_dropped_has_failed(ledger: tuple[Database, Mailing], kind: str) -> None:
    (number,) = add(ledger, "uncertain")
    settle_by_events(ledger[0], [event("Send", number), event(kind, number)], now=NOW)
    assert status_of(ledger, number)[0] == "failed"


@pytest.mark.parametrize(
    "status", [s for s in DeliveryStatus if s not in {DeliveryStatus.UNCERTAIN, DeliveryStatus.CLAIMED}]
)
def test_only_uncertain_deliveries_are_settled(ledger: tuple[Database, Mailing], status: str) -> None:
    (number,) = add(ledger, status)
    assert settle_by_events(ledger[0], [event("Send", number)], now=NOW) == 0
    assert status_of(ledger, number) == (status, None)


@pytest.mark.parametrize(
    "strange",
    [
        {},
        {"eventType": "Send"},
        {"eventType": "Send", "mail": None},
        {"eventType": "Send", "mail": {"tags": []}},
        {"eventType": "Send", "mail": {"tags": {"delivery": ["NUMBER"]}}},
        event("Send", "NUMBER", 99),
        event("Send", "NUMBER; DROP"),
        event("Send", "²"),
        event("Send", "9" * 30),
        event("Subscribed", "NUMBER"),
    ],
)
def test_an_event_of_another_mailing_settles_nothing(ledger: tuple[Database, Mailing], strange: dict[str, Any]) -> None:
    (number,) = add(ledger, "uncertain")
    said = json.loads(json.dumps(strange).replace("NUMBER", str(number)))
    assert settle_by_events(ledger[0], [said], now=NOW) == 0


def test_events_are_read_from_a_file_bare_or_in_envelopes(ledger: tuple[Database, Mailing], tmp_path: Path) -> None:
    numbers = add(ledger, *["uncertain"] * 1200)
    lines = [json.dumps(event("Send", number)) for number in numbers[:600]]
    lines += [json.dumps({"Type": "Notification", "Message": json.dumps(event("Send", n))}) for n in numbers[600:]]
    (tmp_path / "events.jsonl").write_text("\n".join([*lines, "", "no JSON", "[1]", '{"Message": "no"}']))
    assert settle_by_events(ledger[0], read_events(tmp_path / "events.jsonl"), now=NOW) == 1200
