"""Files of events come as programs write them, and readers leave by whatever door the next hop has."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from newsletter.audience.tables import subscriptions
from tests.integration.feedback.ledger import Ledger, open_ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path) as ledger:
        yield ledger


def pretty(events: list[dict[str, Any]]) -> bytes:
    return "\n".join(json.dumps(event, indent=2) for event in events).encode()


SPELLINGS = {
    "one after the other over several lines": pretty,
    "the same from Windows": lambda events: pretty(events).replace(b"\n", b"\r\n"),
    "with nothing between them": lambda events: "".join(map(json.dumps, events)).encode(),
    "some lines with two": lambda events: ("\n".join(map(json.dumps, events)) + json.dumps(events[0])).encode(),
    "UTF-16": lambda events: "\n".join(map(json.dumps, events)).encode("utf-16"),
    "UTF-8 with a mark": lambda events: b"\xef\xbb\xbf" + "\n".join(map(json.dumps, events)).encode(),
    "a list over several lines": lambda events: json.dumps(events, indent=1).encode(),
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_file_holds_its_events_however_they_are_parted(ledger: Ledger, tmp_path: Path, spelling: str) -> None:
    path = tmp_path / "events.json"
    path.write_bytes(SPELLINGS[spelling]([ledger.event("Delivery", number) for number in ledger.numbers()]))
    arrived = ledger.take_file(path)
    assert arrived.new == len(ledger.facts()) == 3
    assert {state.value for state, number in arrived.applied.states.items() if number} == {"applied"}


def test_a_value_that_is_cut_off_costs_itself_alone(ledger: Ledger, tmp_path: Path) -> None:
    first, second, third = (ledger.event("Delivery", number) for number in ledger.numbers())
    path = tmp_path / "events.json"
    path.write_bytes(pretty([first]) + b"\n" + pretty([second])[:-40] + b"\n" + pretty([third]))
    arrived = ledger.take_file(path)
    assert {state.value: number for state, number in arrived.applied.states.items()} == {"applied": 2, "parked": 1}


def preferences(*, is_all: bool = False, **topics: str) -> dict[str, Any]:
    told = [{"topicName": name, "subscriptionStatus": status} for name, status in topics.items()]
    return {"unsubscribeAll": is_all, "topicSubscriptionStatus": told}


@pytest.mark.parametrize(
    ("old", "new", "state"),
    [
        (preferences(), preferences(is_all=True), "ended"),
        (preferences(news="OptIn"), preferences(news="OptOut"), "ended"),
        (preferences(is_all=True), preferences(news="OptIn"), "confirmed"),
        (preferences(ads="OptOut"), preferences(ads="OptOut", news="OptIn"), "confirmed"),
        (None, None, "confirmed"),
    ],
)
def test_who_opts_out_at_the_next_hop_leaves(
    ledger: Ledger, old: dict[str, Any] | None, new: dict[str, Any] | None, state: str
) -> None:
    event = ledger.event("Subscription", ledger.numbers()[0])
    event["subscription"] = {"source": "UnsubscribeHeader", "oldTopicPreferences": old, "newTopicPreferences": new}
    ledger.take(event)
    ledger.take(event)
    with ledger.database.read() as connection:
        assert connection.scalars(select(subscriptions.c.state).order_by(subscriptions.c.id)).first() == state
