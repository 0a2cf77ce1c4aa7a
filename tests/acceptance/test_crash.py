"""A sender that is broken off: by Ctrl-C once and twice, by a second sender, by a kill that leaves doubt."""

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.desk import PATIENCE, Desk
from tests.acceptance.hops import CONNECTIONS, query, smtp_settings, write_crowd
from tests.contract import relay
from tests.contract.relay import Relay

pytestmark = pytest.mark.slow

READERS = 800
SENDERS: list[subprocess.Popen[str]] = []
"""Whom a test started; ended after it, however it goes."""


@pytest.fixture
def mailed(desk: Desk) -> Iterator[tuple[Desk, Relay]]:
    """A publication whose letters go to a relay, and the relay."""
    with relay.running(Relay(seconds=0.02)) as there:
        write_crowd(desk, READERS, smtp_settings(there.port))
        yield desk, there


@pytest.fixture(autouse=True)
def _no_sender_is_left() -> Iterator[None]:
    yield
    for sender in SENDERS:
        sender.kill()
        sender.communicate()
    SENDERS.clear()


def start(desk: Desk, there: Relay) -> subprocess.Popen[str]:
    """Start a send, wait for its first letter and return it."""
    before = len(there.taken)
    sender = desk.start("send", "lamp", "--list", "crowd", "--yes")
    SENDERS.append(sender)
    while len(there.taken) == before and sender.poll() is None:
        time.sleep(0.005)
    return sender


def end(sender: subprocess.Popen[str], number: int) -> tuple[int, str]:
    """Send a signal and wait for the end; return the exit code and stderr."""
    sender.send_signal(number)
    _, err = sender.communicate(timeout=PATIENCE)
    return sender.returncode, err


def addresses(desk: Desk, status: str) -> set[str]:
    """Return who has this status in the ledger."""
    return {
        address
        for (address,) in query(
            desk,
            "SELECT s.address FROM deliveries d JOIN subscribers s ON s.id = d.subscriber_id "
            f"WHERE d.status = '{status}'",
        )
    }


def test_ctrl_c_leaves_no_doubt(mailed: tuple[Desk, Relay]) -> None:
    desk, there = mailed
    sender = start(desk, there)
    code, err = end(sender, signal.SIGINT)
    assert code == 130
    assert "to send the rest" in err.lower()
    found = desk.done("status", "lamp", "--json").json
    assert found["uncertain"] == 0
    assert found["submitted"] == len(there.taken)
    assert found["planned"] == READERS - len(there.taken) > 0


def test_a_second_ctrl_c_waits_for_nobody(mailed: tuple[Desk, Relay]) -> None:
    desk, there = mailed
    there.seconds = 60.0
    sender = desk.start("send", "lamp", "--list", "crowd", "--yes")
    SENDERS.append(sender)
    while sum(command == "DATA" for command in there.commands) < CONNECTIONS:
        time.sleep(0.01)
    assert sender.stderr is not None
    sender.send_signal(signal.SIGINT)
    said = sender.stderr.readline()
    assert f"up to {CONNECTIONS} messages in flight" in said
    assert "Ctrl-C again" in said
    code, _ = end(sender, signal.SIGINT)
    assert code == 130
    found = desk.done("status", "lamp", "--json").json
    assert (found["uncertain"], found["planned"]) == (CONNECTIONS, READERS - CONNECTIONS)


def test_a_second_send_says_who_is_at_it(mailed: tuple[Desk, Relay]) -> None:
    desk, there = mailed
    there.seconds = 0.2
    sender = start(desk, there)
    second = desk.run("send", "lamp", "--yes", "--list", "crowd")
    assert sender.poll() is None
    assert second.code == 75
    assert f"process {sender.pid}" in second.err
    end(sender, signal.SIGINT)


def test_what_is_uncertain_is_sent_again_by_the_authors_word_only(mailed: tuple[Desk, Relay]) -> None:
    desk, there = mailed
    sender = start(desk, there)
    end(sender, signal.SIGKILL)
    there.seconds = 0.0
    desk.done("send", "lamp", "--yes", "--list", "crowd")
    uncertain = addresses(desk, "uncertain")
    assert uncertain
    named = desk.run("resolve", "lamp")
    assert named.code == 1
    assert all(address in named.out for address in uncertain)
    desk.done("resolve", "lamp", "--resend")
    desk.done("send", "lamp", "--yes", "--list", "crowd")
    assert {recipient for _, recipient, _ in there.taken} == addresses(desk, "submitted")
    assert not addresses(desk, "uncertain")


@pytest.mark.parametrize("name", ["var/outcomes.spool", "var/sender.lock"])
def test_files_of_the_sender_may_be_gone(desk: Desk, name: str) -> None:
    desk.done("send")
    (desk.folder / name).unlink()
    assert desk.done("send", "--again", "--json").json["submitted"] == 25


def test_the_outbox_leaves_no_doubt_even_when_killed(desk: Desk) -> None:
    rows = "".join(f"reader{number}@readers.example.org,\n" for number in range(1500))
    desk.write("crowd.csv", f"email,first_name\n{rows}")
    desk.set('source = "subscribers/sample.csv"', 'source = "crowd.csv"')
    new = desk.folder / "var" / "outbox" / "new"
    SENDERS.append(sender := desk.start("send"))
    while not (new.is_dir() and any(new.iterdir())):
        time.sleep(0.01)
    end(sender, signal.SIGKILL)
    sent = desk.done("send", "--json").json
    assert sent["submitted"] == 1500
    assert sent["uncertain"] == 0
    assert len(list(Path(new).iterdir())) == 1500
