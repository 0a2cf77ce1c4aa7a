"""Senders that are stopped, suspended, disconnected or not alone leave nothing uncertain and mail nobody twice."""

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

from tests.acceptance.mail_servers import MailServer, query, smtp_server, smtp_settings, write_publication
from tests.acceptance.publication_folder import COMMAND, TIMEOUT, PublicationFolder
from tests.contract import relay
from tests.contract.relay import Relay

pytestmark = pytest.mark.slow

READERS = 400
SEND = ("send", "lamp", "--list", "crowd", "--yes")
EVERYBODY = Counter(f"reader{number}@readers.example.org" for number in range(READERS))


@pytest.fixture
def mail_server(publication: PublicationFolder, tmp_path: Path) -> Iterator[MailServer]:
    """A relay that accepts 50 messages a second until its delay is removed."""
    (tmp_path / "log").mkdir()
    with smtp_server(publication, tmp_path / "log", READERS, 50) as mail_server:
        yield mail_server


def wait_for_letters(mail_server: MailServer, sender: "subprocess.Popen[str]") -> None:
    while not mail_server.size() and sender.poll() is None:
        time.sleep(0.005)


def counts(mail_server: MailServer) -> dict[str, int]:
    return {status: len(addresses) for status, addresses in mail_server.statuses().items()}


def go_on(mail_server: MailServer) -> None:
    """Send the rest, and assert that everybody got one email."""
    mail_server.remove_delay()
    mail_server.publication.run_ok(*SEND)
    assert mail_server.accepted() == EVERYBODY
    assert counts(mail_server) == {"submitted": READERS}


def test_sigterm_leaves_nothing_uncertain(mail_server: MailServer) -> None:
    sender = mail_server.publication.start(*SEND)
    wait_for_letters(mail_server, sender)
    sender.send_signal(signal.SIGTERM)
    _, err = sender.communicate(timeout=TIMEOUT)
    assert sender.returncode == 130
    assert "to send the rest" in err.lower()
    taken = len(mail_server.accepted())
    assert counts(mail_server) == {"submitted": taken, "planned": READERS - taken}
    go_on(mail_server)


@pytest.mark.parametrize("is_ignored", [False, True])
def test_a_closed_terminal_leaves_nothing_uncertain(mail_server: MailServer, is_ignored: bool) -> None:
    """With nohup the sender continues to the end; without it, it stops cleanly."""
    ours, theirs = pty.openpty()
    sender = subprocess.Popen(
        ["nohup", str(COMMAND), *SEND] if is_ignored else [str(COMMAND), *SEND],
        cwd=mail_server.publication.folder,
        env=mail_server.publication.environment(),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=_own_the_terminal,
    )
    os.close(theirs)
    wait_for_letters(mail_server, sender)
    os.close(ours)
    if is_ignored:
        mail_server.remove_delay()
    sender.wait(timeout=TIMEOUT)
    taken = len(mail_server.accepted())
    if is_ignored:
        assert taken == READERS
    else:
        assert 0 < taken < READERS
    left = {"planned": READERS - taken} if taken < READERS else {}
    assert counts(mail_server) == {"submitted": taken, **left}
    go_on(mail_server)


def _own_the_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def test_a_suspended_sender_continues_after_the_relay_hung_up(publication: PublicationFolder) -> None:
    with relay.running(Relay(seconds=0.04, patience=2)) as server:
        write_publication(publication, READERS, smtp_settings(server.port))
        sender = publication.start(*SEND)
        while not server.accepted and sender.poll() is None:
            time.sleep(0.005)
        for _ in range(2):
            sender.send_signal(signal.SIGSTOP)
            time.sleep(4)  # the relay waits for two seconds only
            sender.send_signal(signal.SIGCONT)
            time.sleep(0.3)
        server.seconds = 0.0
        _, err = sender.communicate(timeout=TIMEOUT)
        assert sender.returncode == 0, err
        times = Counter(recipient for _, recipient, _ in server.accepted)
    results = Counter(dict(query(publication, "SELECT status, count(*) FROM deliveries GROUP BY status")))
    who = "FROM deliveries JOIN subscribers ON subscribers.id = subscriber_id WHERE status = 'uncertain'"
    doubted = query(publication, f"SELECT subscribers.address {who}")
    assert max(times.values()) == 1
    assert set(EVERYBODY) - set(times) <= {address for (address,) in doubted}
    assert results["submitted"] + results["uncertain"] == READERS
    assert results["uncertain"] <= 2 * 4  # what was being submitted when it was frozen


@pytest.mark.parametrize("seed", [1, 2])
def test_concurrent_senders_send_everybody_one_email(mail_server: MailServer, seed: int) -> None:
    """On a new publication, so that they also create its key and its database concurrently."""
    dice = random.Random(seed)
    mail_server.remove_delay()
    senders = []
    for _ in range(4):
        senders.append(mail_server.publication.start(*SEND))
        time.sleep(dice.uniform(0, 0.3))
    output = [(sender.communicate(timeout=TIMEOUT)[1], sender.returncode) for sender in senders]
    assert all(code in {0, 75} for _, code in output), output
    assert any(code == 0 for _, code in output)
    assert not any("Traceback" in err or "bug in newsletter" in err for err, _ in output)
    go_on(mail_server)


@pytest.mark.parametrize("step", ["recipients.py:fill_mailing:return", "run.py:import_list_source:return"])
def test_a_sender_killed_while_planning_leaves_nothing_half_planned(mail_server: MailServer, step: str) -> None:
    """As the kernel does when memory runs out."""
    sender = mail_server.publication.start(
        *SEND, program=(sys.executable, "-m", "tests.acceptance.kill_points", step, "1")
    )
    sender.communicate(timeout=TIMEOUT)
    assert sender.returncode == -signal.SIGKILL
    assert counts(mail_server) == {}
    assert not mail_server.accepted()
    go_on(mail_server)
