"""A killed sender loses nobody and mails nobody twice: the real command, a real mail server, kill -9.

`make crash` kills a send 200 times over each transport, with 10,000 readers; every test run does it a few times.
"""

import os
import random
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from tests.acceptance.kill_points import AT_THE_END, KILL_POINTS, call_at_point, find_point, start_preloaded
from tests.acceptance.mail_servers import IN_FLIGHT, MAIL_SERVERS, MailServer
from tests.acceptance.publication_folder import TIMEOUT, PublicationFolder

pytestmark = pytest.mark.slow

READERS = int(os.environ.get("CRASH_READERS", "600"))
KILLS = int(os.environ.get("CRASH_KILLS", "6"))
SEND = ("send", "lamp", "--list", "crowd", "--yes")
SLACK = 0.35
"""Seconds after its first message within which a sender is killed."""


@dataclass
class Killing:
    """A mailing whose sender is killed again and again, and what was observed."""

    mail_server: MailServer
    way: str
    dice: random.Random
    kills: int = 0
    missed: list[str] = field(default_factory=list)
    """Kill points that a sender did not reach before it ended."""
    most_claimed: int = 0
    most_doubt: int = 0
    """The most deliveries that one kill made uncertain."""
    slowest: float = 0.0
    """The longest time from the start of a command to its first message, in seconds."""
    running: list["subprocess.Popen[str] | BaseProcess"] = field(default_factory=list)

    def kill_one(self, number: int) -> None:
        """Kill a sender: in turn while it sends, at a kill point, or at any instant of its life."""
        before = self.mail_server.statuses()
        way = ("sending", "step", "sending", "step", "anywhere", "step")[number % 6]
        code = self._killed_anywhere() if way == "anywhere" else self._killed(way, number // 2)
        self.kills += code == -signal.SIGKILL
        self._look(before)

    def _killed_anywhere(self) -> int:
        """Kill a command that was started cold."""
        sender = self.mail_server.publication.start(*SEND, environment=self.mail_server.environment)
        self.running.append(sender)
        time.sleep(self.dice.uniform(0.0, 1.5))
        sender.send_signal(signal.SIGKILL)
        sender.communicate(timeout=TIMEOUT)
        self.running.remove(sender)
        return sender.returncode

    def _killed(self, way: str, turn: int) -> int | None:
        """Kill a command that was started preloaded."""
        step, times = self._step(turn) if way == "step" else ("", 0)
        environment = self.mail_server.publication.environment(**self.mail_server.environment)
        size, started = self.mail_server.size(), time.monotonic()
        sender = start_preloaded(self.mail_server.publication.folder, environment, SEND, step, times)
        self.running.append(sender)
        if not step:
            while self.mail_server.size() == size and sender.is_alive():
                time.sleep(0.005)
            self.slowest = max(self.slowest, time.monotonic() - started)
            time.sleep(self.dice.uniform(0.0, SLACK))
            sender.kill()
        sender.join(timeout=TIMEOUT)
        self.running.remove(sender)
        if step and sender.exitcode != -signal.SIGKILL:
            self.missed.append(step)
        return sender.exitcode

    def _step(self, turn: int) -> tuple[str, int]:
        steps = list(KILL_POINTS[self.way].items())
        if turn == KILLS // 2 - 1 and KILLS >= 100:
            self.mail_server.remove_delay()
            return self.dice.choice(AT_THE_END), 1
        step, most = steps[turn % len(steps)] if 2 * len(steps) <= KILLS else self.dice.choice(steps)
        times = self.dice.randint(1, most)
        print(f"  at {step}, {times}")  # noqa: T201
        return step, times

    def _look(self, before: dict[str, set[str]]) -> None:
        """Assert that everybody is accounted for at this instant."""
        results = self.mail_server.statuses()
        assert sum(map(len, results.values())) in ({READERS} if before else {0, READERS})
        self.most_claimed = max(self.most_claimed, len(results.get("claimed", ())))
        doubts = results.get("uncertain", set()) - before.get("uncertain", set())
        self.most_doubt = max(self.most_doubt, len(doubts))
        assert not before.get("uncertain", set()) - results.get("uncertain", set())
        assert not before.get("submitted", set()) - results.get("submitted", set())


@pytest.fixture(params=list(MAIL_SERVERS))
def killing(request: pytest.FixtureRequest, publication: PublicationFolder, tmp_path: Path) -> Iterator[Killing]:
    seed = int(os.environ.get("CRASH_SEED") or random.randrange(10**6))
    print(f"\n{request.param}: seed {seed}")  # noqa: T201
    (tmp_path / "log").mkdir()
    rate = READERS / (KILLS * SLACK)
    with MAIL_SERVERS[request.param](publication, tmp_path / "log", READERS, rate) as mail_server:
        killing = Killing(mail_server, request.param, random.Random(seed))
        yield killing
        for sender in killing.running:
            sender.kill()


def test_kill_9_loses_nobody_and_mails_nobody_twice(killing: Killing) -> None:
    mail_server, started = killing.mail_server, time.monotonic()
    for number in range(KILLS):
        killing.kill_one(number)
    mail_server.remove_delay()
    last = mail_server.publication.run_ok(*SEND, "--json", seconds=900, environment=mail_server.environment).json
    times, results = mail_server.accepted(), mail_server.statuses()
    uncertain, submitted = results.get("uncertain", set()), results.get("submitted", set())
    everybody = {f"reader{number}@readers.example.org" for number in range(READERS)}
    taken = set(times)
    print(  # noqa: T201
        f"{killing.way}: {killing.kills} killed in {time.monotonic() - started:.0f} s; "
        f"{len(taken):,} of {READERS:,} taken, {sum(times.values()) - len(times)} twice, "
        f"{len(everybody - taken - uncertain)} lost; {len(uncertain)} uncertain, of whom {len(uncertain & taken)} "
        f"had been taken; at most {killing.most_claimed} claimed at a kill and {killing.most_doubt} uncertain by "
        f"one; at most {killing.slowest:.1f} s to the first letter"
    )
    assert killing.kills > KILLS / 2
    assert KILLS < 100 or not killing.missed
    assert max(times.values()) == 1
    assert everybody - taken <= uncertain
    assert submitted == everybody - uncertain
    assert max(killing.most_claimed, killing.most_doubt) <= IN_FLIGHT
    assert last["uncertain"] == len(uncertain) <= killing.kills * IN_FLIGHT
    assert last["submitted"] + last["uncertain"] == last["candidates"] == READERS
    assert mail_server.publication.run_ok(*SEND, "--json", environment=mail_server.environment).json == last
    assert mail_server.accepted() == times
    if mail_server.events is not None:
        result = mail_server.publication.run(
            "resolve", "lamp", "--events", str(mail_server.events), environment=mail_server.environment
        )
        settled = mail_server.statuses()
        print(f"{killing.way}: {result.out.strip()}")  # noqa: T201
        assert settled.get("submitted", set()) == taken
        assert settled.get("uncertain", set()) == uncertain - taken


@pytest.mark.parametrize(
    "point", sorted({*AT_THE_END, *(point for points in KILL_POINTS.values() for point in points)})
)
def test_every_kill_point_of_a_send_exists(point: str) -> None:
    path, _, _ = find_point(point)
    assert {"delivery", "database"} & set(path.parts)


@pytest.mark.parametrize(
    "point", ["claim.py:no_such_function:call", "no_such_module.py:claim:call", "claim.py:record_and_claim:line"]
)
def test_a_kill_point_that_does_not_exist_is_an_error(point: str) -> None:
    with pytest.raises(LookupError), call_at_point(point, 1, lambda: None):
        pass
