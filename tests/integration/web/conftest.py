"""Fixtures: a running web server over a publication with two lists, one per module."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from newsletter.address import Address
from newsletter.audience import SubscriberRecord, read_subscriber_record
from newsletter.database import open_database
from newsletter.settings import read_or_make_keys, read_settings
from newsletter.tokens import Keyring, Purpose
from tests.acceptance.publication_folder import PublicationFolder
from tests.acceptance.web_server import RunningWebServer, run_web_server

WEEKLY = """[lists.weekly]
title = "Harbour notes"
from = "Ines Moreau <ines@lamplighter.example>"
list_id = "weekly.lamplighter.example"

[delivery]"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWebServer]:
    """A web server whose sample list was mailed the newest issue."""
    publication = PublicationFolder(tmp_path_factory.mktemp("server"))
    publication.run_ok("init", ".")
    publication.change_settings("[delivery]", WEEKLY)
    publication.change_settings(
        'url = "https://lamplighter.example"\n', ""
    )  # so that the web server shows the web version
    publication.run_ok("send")
    with run_web_server(publication, settings='sites = ["https://blog.example"]\nattack_from = 1000\n') as opened:
        yield opened


def keyring_of(server: RunningWebServer) -> Keyring:
    """Return the publication's keyring."""
    return Keyring(read_or_make_keys(read_settings(server.publication.folder, {})))


def token(server: RunningWebServer, purpose: Purpose, number: int) -> str:
    """Return a token signed with the publication's key."""
    return keyring_of(server).sign(purpose, number)


def subscriber_record(server: RunningWebServer, address: str) -> SubscriberRecord | None:
    """Return the subscriber record of an address."""
    database = open_database(f"sqlite:///{server.publication.folder / 'var' / 'newsletter.db'}")
    results = read_subscriber_record(database, keyring_of(server), Address.parse(address))
    database.close()
    return results


def subscription_states(server: RunningWebServer, address: str) -> dict[str, str]:
    """Return the subscription state of an address by list."""
    results = subscriber_record(server, address)
    return {s.list_name: s.state.value for s, _ in results.subscriptions} if results else {}


def count_signup_requests(server: RunningWebServer) -> int:
    """Return the number of stored sign-up requests."""
    database = open_database(f"sqlite:///{server.publication.folder / 'var' / 'newsletter.db'}")
    with database.read() as connection:
        number = connection.exec_driver_sql("SELECT count(*) FROM signup_requests").scalar_one()
    database.close()
    return int(number)


def sign_up_and_confirm(server: RunningWebServer, address: str, *lists: str) -> None:
    """Sign up an address and confirm it."""
    assert (
        server.post_form("/subscribe", [("email", address), *(("list", name) for name in lists or ("sample",))]).status
        == 200
    )
    assert server.post_form(server.link_to(address)).status == 200


def now() -> datetime:
    """Return the current time in UTC."""
    return datetime.now(UTC)
