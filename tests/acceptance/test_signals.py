"""A sender that is stopped, frozen, hung up on, or not alone: in order, without doubt, and nobody twice."""

import os
import pty
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.desk import COMMAND, PATIENCE, Desk
from tests.acceptance.hops import Hop, query, smtp_hop, smtp_settings, write_crowd
from tests.contract import relay
from tests.contract.relay import Relay

pytestmark = pytest.mark.slow

READERS = 400
SEND = ("send", "lamp", "--list", "crowd", "--yes")
EVERYBODY = Counter(f"reader{number}@readers.example.org" for number in range(READERS))


@pytest.fixture
def hop(desk: Desk, tmp_path: Path) -> Iterator[Hop]:
    """A relay that takes 50 letters a second until it is to hurry."""
    (tmp_path / "log").mkdir()
    with smtp_hop(desk, tmp_path / "log", READERS, 50) as hop:
        yield hop


def wait_for_letters(hop: Hop, sender: "subprocess.Popen[str]") -> None:
    while not hop.size() and sender.poll() is None:
        time.sleep(0.005)


def counts(hop: Hop) -> dict[str, int]:
    return {status: len(addresses) for status, addresses in hop.statuses().items()}


def go_on(hop: Hop) -> None:
    """Send the rest, and see that everybody has it once."""
    hop.hurry()
    hop.desk.done(*SEND)
    assert hop.taken() == EVERYBODY
    assert counts(hop) == {"submitted": READERS}


def test_being_told_to_end_leaves_no_doubt(hop: Hop) -> None:
    sender = hop.desk.start(*SEND)
    wait_for_letters(hop, sender)
    sender.send_signal(signal.SIGTERM)
    _, err = sender.communicate(timeout=PATIENCE)
    assert sender.returncode == 130
    assert "to send the rest" in err.lower()
    taken = len(hop.taken())
    assert counts(hop) == {"submitted": taken, "planned": READERS - taken}
    go_on(hop)


@pytest.mark.parametrize("is_ignored", [False, True])
def test_a_terminal_that_is_closed_leaves_no_doubt(hop: Hop, is_ignored: bool) -> None:
    """With nohup the sender goes on to the end; without, it stops in order."""
    ours, theirs = pty.openpty()
    sender = subprocess.Popen(
        ["nohup", str(COMMAND), *SEND] if is_ignored else [str(COMMAND), *SEND],
        cwd=hop.desk.folder,
        env=hop.desk.environment(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=_own_the_terminal,
    )
    os.close(theirs)
    wait_for_letters(hop, sender)
    os.close(ours)
    if is_ignored:
        hop.hurry()
    sender.wait(timeout=PATIENCE)
    taken = len(hop.taken())
    if is_ignored:
        assert taken == READERS
    else:
        assert 0 < taken < READERS
    left = {"planned": READERS - taken} if taken < READERS else {}
    assert counts(hop) == {"submitted": taken, **left}
    go_on(hop)


def _own_the_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_a_sender_that_was_frozen_while_its_relay_hung_up_goes_on(desk: Desk) -> None:
    with relay.running(Relay(seconds=0.04, patience=2)) as there:
        write_crowd(desk, READERS, smtp_settings(there.port))
        sender = desk.start(*SEND)
        while not there.taken and sender.poll() is None:
            time.sleep(0.005)
        for _ in range(2):
            sender.send_signal(signal.SIGSTOP)
            time.sleep(4)  # the relay waits for two seconds only
            sender.send_signal(signal.SIGCONT)
            time.sleep(0.3)
        there.seconds = 0.0
        _, err = sender.communicate(timeout=PATIENCE)
        assert sender.returncode == 0, err
        times = Counter(recipient for _, recipient, _ in there.taken)
    found = Counter(dict(query(desk, "SELECT status, count(*) FROM deliveries GROUP BY status")))
    who = "FROM deliveries JOIN subscribers ON subscribers.id = subscriber_id WHERE status = 'uncertain'"
    doubted = query(desk, f"SELECT subscribers.address {who}")
    assert max(times.values()) == 1
    assert set(EVERYBODY) - set(times) <= {address for (address,) in doubted}
    assert found["submitted"] + found["uncertain"] == READERS
    assert found["uncertain"] <= 2 * 4  # what was being submitted when it was frozen


@pytest.mark.parametrize("seed", [1, 2])
def test_many_senders_at_once_send_everybody_one_letter(hop: Hop, seed: int) -> None:
    """On a publication that nobody has used yet: they make its key and its database at once, too."""
    dice = random.Random(seed)
    hop.hurry()
    senders = []
    for _ in range(4):
        senders.append(hop.desk.start(*SEND))
        time.sleep(dice.uniform(0, 0.3))
    said = [(sender.communicate(timeout=PATIENCE)[1], sender.returncode) for sender in senders]
    assert all(code in {0, 75} for _, code in said), said
    assert any(code == 0 for _, code in said)
    assert not any("Traceback" in err or "fault of newsletter" in err for err, _ in said)
    go_on(hop)


@pytest.mark.parametrize("step", ["recipients.py:fill_mailing:return", "run.py:import_list_source:return"])
def test_a_sender_that_is_killed_while_it_plans_leaves_nothing_half_planned(hop: Hop, step: str) -> None:
    """As the system does when memory runs out."""
    sender = hop.desk.start(*SEND, program=(sys.executable, "-m", "tests.acceptance.killed", step, "1"))
    sender.communicate(timeout=PATIENCE)
    assert sender.returncode == -signal.SIGKILL
    assert counts(hop) == {}
    assert not hop.taken()
    go_on(hop)
