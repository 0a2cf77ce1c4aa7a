"""A sender that is killed loses nobody and mails nobody twice: the real command, a real SMTP server, kill -9."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance import taking
from tests.acceptance.desk import Desk
from tests.acceptance.killed import STEPS
from tests.acceptance.taking import Taking
from tests.contract import relay
from tests.contract.relay import Relay

READERS = int(os.environ.get("CRASH_READERS", "800"))
KILLS = int(os.environ.get("CRASH_KILLS", "4"))
"""`make crash` asks for many more."""
PLACES = ("planned", "submitted", "failed", "uncertain")
IN_FLIGHT = 64
CONNECTIONS = 4
SENDERS: list[subprocess.Popen[str]] = []
"""Whom a test started; ended after it, however it goes."""


@pytest.fixture
def mailed(desk: Desk) -> Iterator[tuple[Desk, Relay]]:
    """A publication whose letters go to a relay, and the relay."""
    with relay.running(Relay(seconds=0.004)) as there:
        write_publication(desk, there.port)
        yield desk, there


def write_publication(desk: Desk, port: int) -> None:
    """Write a publication whose letters go to a relay, and its list."""
    rows = "".join(f"reader{number}@readers.example.org,Reader {number}\n" for number in range(READERS))
    desk.write("subscribers/crowd.csv", f"email,first_name\n{rows}")
    desk.write(
        "newsletter.toml",
        f"""
[publication]
title = "Crash"
url = "https://crash.letters-by-mail.net"
postal_address = "1 Harbour Row"
[archive]
url = "https://crash.letters-by-mail.net"
[lists.crowd]
title = "Crash"
from = "Ines <ines@letters-by-mail.net>"
list_id = "crash.letters-by-mail.net"
source = "subscribers/crowd.csv"
[replies]
domain = "replies.letters-by-mail.net"
[delivery]
transport = "smtp"
in_flight = {IN_FLIGHT}
[delivery.smtp]
host = "127.0.0.1"
port = {port}
connections = {CONNECTIONS}
""",
    )
    desk.write("issues/lamp/index.md", "---\ntitle: The lamp\nstatus: ready\ndate: 2030-01-01\n---\nIt burns.\n")


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
    _, err = sender.communicate(timeout=30)
    return sender.returncode, err


def addresses(desk: Desk, status: str) -> set[str]:
    """Return who has this status in the ledger."""
    database = sqlite3.connect(desk.folder / "var" / "newsletter.db")
    rows = database.execute(
        "SELECT s.address FROM deliveries d JOIN subscribers s ON s.id = d.subscriber_id WHERE d.status = ?",
        (status,),
    ).fetchall()
    database.close()
    return {address for (address,) in rows}


def test_kill_9_loses_nobody_and_mails_nobody_twice(desk: Desk, tmp_path: Path) -> None:
    seed = int(os.environ.get("CRASH_SEED") or random.randrange(10**6))
    print(f"seed {seed}")  # noqa: T201
    dice = random.Random(seed)
    with taking.running(tmp_path / "taken", seconds=CONNECTIONS * KILLS * 0.25 / READERS) as there:
        write_publication(desk, there.port)
        kills = sum(kill_one(desk, there, dice, number) for number in range(KILLS))
        last = desk.done("send", "lamp", "--yes", "--list", "crowd", "--json", seconds=600).json
        times = Counter(there.taken())
        assert desk.done("send", "lamp", "--yes", "--list", "crowd", "--json").json == last
    uncertain = addresses(desk, "uncertain")
    print(f"{kills} killed, {len(uncertain)} uncertain, of whom {len(uncertain & set(times))} had it")  # noqa: T201
    everybody = {f"reader{number}@readers.example.org" for number in range(READERS)}
    assert kills > KILLS / 2
    assert max(times.values()) == 1
    assert everybody - set(times) <= uncertain
    assert addresses(desk, "submitted") == everybody - uncertain
    assert last["uncertain"] == len(uncertain) <= kills * IN_FLIGHT
    assert last["submitted"] + last["uncertain"] == last["candidates"] == READERS


def kill_one(desk: Desk, there: Taking, dice: random.Random, number: int) -> bool:
    """Start a send and let it be killed, by turns at a random instant and at a labelled step; True if it was."""
    command = ("send", "lamp", "--list", "crowd", "--yes")
    if number % 2:
        step, most = dice.choice(list(STEPS.items()))
        times = dice.randint(1, most)
        print(f"  at {step}, {times}")  # noqa: T201
        sender = desk.start(*command, program=(sys.executable, "-m", "tests.acceptance.killed", step, str(times)))
        SENDERS.append(sender)
        sender.communicate(timeout=120)
    else:
        before = there.size()
        SENDERS.append(sender := desk.start(*command))
        while there.size() == before and sender.poll() is None:
            time.sleep(0.005)
        time.sleep(dice.uniform(0.0, 0.35))
        end(sender, signal.SIGKILL)
    found = desk.done("status", "lamp", "--json").json
    assert found["candidates"] in ({READERS} if found["mailings"] else {0})
    assert sum(found[place] for place in PLACES) == found["candidates"]
    return sender.returncode == -signal.SIGKILL


def test_ctrl_c_leaves_no_doubt(mailed: tuple[Desk, Relay]) -> None:
    desk, there = mailed
    sender = start(desk, there)
    code, err = end(sender, signal.SIGINT)
    assert code == 130
    assert "go on" in err.lower()
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
    assert f"on up to {CONNECTIONS} letters" in said
    assert "Ctrl-C again" in said
    code, _ = end(sender, signal.SIGINT)
    assert code == 130
    found = desk.done("status", "lamp", "--json").json
    assert (found["uncertain"], found["planned"]) == (CONNECTIONS, READERS - CONNECTIONS)


def test_a_second_send_says_who_is_at_it(mailed: tuple[Desk, Relay]) -> None:
    desk, there = mailed
    there.seconds = 0.05
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
