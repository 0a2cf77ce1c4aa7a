"""Interrupted sends: Ctrl-C once and twice, a second sender, and a kill that leaves uncertain deliveries."""

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.mail_servers import CONNECTIONS, query, smtp_settings, write_publication
from tests.acceptance.publication_folder import TIMEOUT, PublicationFolder
from tests.contract import relay
from tests.contract.relay import Relay

pytestmark = pytest.mark.slow

READERS = 800
SENDERS: list[subprocess.Popen[str]] = []
"""Kill the senders that a test started, whatever its result."""


@pytest.fixture
def mailed(publication: PublicationFolder) -> Iterator[tuple[PublicationFolder, Relay]]:
    """A publication that sends to a relay, and the relay."""
    with relay.running(Relay(seconds=0.02)) as server:
        write_publication(publication, READERS, smtp_settings(server.port))
        yield publication, server


@pytest.fixture(autouse=True)
def _no_sender_is_left() -> Iterator[None]:
    yield
    for sender in SENDERS:
        sender.kill()
        sender.communicate()
    SENDERS.clear()


def start(publication: PublicationFolder, server: Relay) -> subprocess.Popen[str]:
    """Start a send, wait for its first message and return the process."""
    before = len(server.accepted)
    sender = publication.start("send", "lamp", "--list", "crowd", "--yes")
    SENDERS.append(sender)
    while len(server.accepted) == before and sender.poll() is None:
        time.sleep(0.005)
    return sender


def end(sender: subprocess.Popen[str], number: int) -> tuple[int, str]:
    """Send a signal and wait for the process to end; return the exit code and stderr."""
    sender.send_signal(number)
    _, err = sender.communicate(timeout=TIMEOUT)
    return sender.returncode, err


def addresses(publication: PublicationFolder, status: str) -> set[str]:
    """Return the addresses of the deliveries with this status."""
    return {
        address
        for (address,) in query(
            publication,
            "SELECT s.address FROM deliveries d JOIN subscribers s ON s.id = d.subscriber_id "
            f"WHERE d.status = '{status}'",
        )
    }


def test_ctrl_c_leaves_nothing_uncertain(mailed: tuple[PublicationFolder, Relay]) -> None:
    publication, server = mailed
    sender = start(publication, server)
    code, err = end(sender, signal.SIGINT)
    assert code == 130
    assert "to send the rest" in err.lower()
    results = publication.run_ok("status", "lamp", "--json").json
    assert results["uncertain"] == 0
    assert results["submitted"] == len(server.accepted)
    assert results["planned"] == READERS - len(server.accepted) > 0


def test_a_second_ctrl_c_does_not_wait(mailed: tuple[PublicationFolder, Relay]) -> None:
    publication, server = mailed
    server.seconds = 60.0
    sender = publication.start("send", "lamp", "--list", "crowd", "--yes")
    SENDERS.append(sender)
    while sum(command == "DATA" for command in server.commands) < CONNECTIONS:
        time.sleep(0.01)
    assert sender.stderr is not None
    sender.send_signal(signal.SIGINT)
    output = sender.stderr.readline()
    assert f"up to {CONNECTIONS} messages in flight" in output
    assert "Ctrl-C again" in output
    code, _ = end(sender, signal.SIGINT)
    assert code == 130
    results = publication.run_ok("status", "lamp", "--json").json
    assert (results["uncertain"], results["planned"]) == (CONNECTIONS, READERS - CONNECTIONS)


def test_a_second_send_names_the_running_one(mailed: tuple[PublicationFolder, Relay]) -> None:
    publication, server = mailed
    server.seconds = 0.2
    sender = start(publication, server)
    second = publication.run("send", "lamp", "--yes", "--list", "crowd")
    assert sender.poll() is None
    assert second.code == 75
    assert f"process {sender.pid}" in second.err
    end(sender, signal.SIGINT)


def test_uncertain_deliveries_are_sent_again_only_by_the_authors_decision(
    mailed: tuple[PublicationFolder, Relay],
) -> None:
    publication, server = mailed
    sender = start(publication, server)
    end(sender, signal.SIGKILL)
    server.seconds = 0.0
    publication.run_ok("send", "lamp", "--yes", "--list", "crowd")
    uncertain = addresses(publication, "uncertain")
    assert uncertain
    named = publication.run("resolve", "lamp")
    assert named.code == 1
    assert all(address in named.out for address in uncertain)
    publication.run_ok("resolve", "lamp", "--resend")
    publication.run_ok("send", "lamp", "--yes", "--list", "crowd")
    assert {recipient for _, recipient, _ in server.accepted} == addresses(publication, "submitted")
    assert not addresses(publication, "uncertain")


@pytest.mark.parametrize("name", ["var/outcomes.spool", "var/sender.lock"])
def test_a_send_survives_the_loss_of_its_own_files(publication: PublicationFolder, name: str) -> None:
    publication.run_ok("send")
    (publication.folder / name).unlink()
    assert publication.run_ok("send", "--again", "--json").json["submitted"] == 25


def test_a_killed_send_to_the_outbox_leaves_nothing_uncertain(publication: PublicationFolder) -> None:
    rows = "".join(f"reader{number}@readers.example.org,\n" for number in range(1500))
    publication.write("crowd.csv", f"email,first_name\n{rows}")
    publication.change_settings('source = "subscribers/sample.csv"', 'source = "crowd.csv"')
    new = publication.folder / "var" / "outbox" / "new"
    SENDERS.append(sender := publication.start("send"))
    while not (new.is_dir() and any(new.iterdir())):
        time.sleep(0.01)
    end(sender, signal.SIGKILL)
    sent = publication.run_ok("send", "--json").json
    assert sent["submitted"] == 1500
    assert sent["uncertain"] == 0
    assert len(list(Path(new).iterdir())) == 1500
