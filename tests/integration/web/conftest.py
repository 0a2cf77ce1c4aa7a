"""An open door over a publication with two lists, one for all tests of a module."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from newsletter.address import Address
from newsletter.audience import SubscriberRecord, read_subscriber_record
from newsletter.database import open_database
from newsletter.settings import read_or_make_keys, read_settings
from newsletter.tokens import Keyring, Purpose
from tests.acceptance.desk import Desk
from tests.acceptance.doorway import Doorway, open_door

WEEKLY = """[lists.weekly]
title = "Harbour notes"
from = "Ines Moreau <ines@lamplighter.example>"
list_id = "weekly.lamplighter.example"

[delivery]"""


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doorway]:
    """A door whose sample list has got the newest issue."""
    desk = Desk(tmp_path_factory.mktemp("door"))
    desk.done("init", ".")
    desk.set("[delivery]", WEEKLY)
    desk.set('url = "https://lamplighter.example"\n', "")  # so that letters are read on the door's own page
    desk.done("send")
    with open_door(desk, settings='sites = ["https://blog.example"]\nattack_from = 1000\n') as opened:
        yield opened


def keyring_of(door: Doorway) -> Keyring:
    """The publication's keys."""
    return Keyring(read_or_make_keys(read_settings(door.desk.folder, {})))


def token(door: Doorway, purpose: Purpose, number: int) -> str:
    """A token of the publication's."""
    return keyring_of(door).sign(purpose, number)


def record(door: Doorway, address: str) -> SubscriberRecord | None:
    """What the roster holds of an address."""
    database = open_database(f"sqlite:///{door.desk.folder / 'var' / 'newsletter.db'}")
    found = read_subscriber_record(database, keyring_of(door), Address.parse(address))
    database.close()
    return found


def states(door: Doorway, address: str) -> dict[str, str]:
    """How somebody stands on each list."""
    found = record(door, address)
    return {s.list_name: s.state.value for s, _ in found.subscriptions} if found else {}


def enquiries(door: Doorway) -> int:
    """How many enquiries are kept."""
    database = open_database(f"sqlite:///{door.desk.folder / 'var' / 'newsletter.db'}")
    with database.read() as connection:
        number = connection.exec_driver_sql("SELECT count(*) FROM signup_requests").scalar_one()
    database.close()
    return int(number)


def joined(door: Doorway, address: str, *lists: str) -> None:
    """Let somebody sign up and confirm."""
    assert (
        door.send("/subscribe", [("email", address), *(("list", name) for name in lists or ("sample",))]).status == 200
    )
    assert door.send(door.link_to(address)).status == 200


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)
