"""A mailing obeys its author while it is on its way: scheduled, paused, cancelled, too late, or restored."""

import os
import pty
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance import taking
from tests.acceptance.desk import COMMAND, PATIENCE, Desk
from tests.acceptance.doorway import eventually

pytestmark = pytest.mark.slow

READERS = 120


@pytest.fixture
def slow(desk: Desk) -> Iterator[Desk]:
    """A publication whose letters leave at two a second, so that a command comes while they do."""
    rows = "".join(f"reader{number}@readers.example.org,\n" for number in range(READERS))
    desk.write("crowd.csv", f"email,first_name\n{rows}")
    desk.set('source = "subscribers/sample.csv"', 'source = "crowd.csv"')
    desk.set("[delivery]\n", "[delivery]\nrate = 2\n")
    desk.write("issues/lamp/index.md", "---\ntitle: The lamp\nstatus: ready\n---\nIt burns.\n")
    return desk


def standing(desk: Desk, slug: str = "lamp") -> dict[str, object]:
    """Return the only mailing of an issue as `status` has it."""
    (mailing,) = desk.done("status", slug, "--json").json["mailings"]
    return dict(mailing)


def wait_for_letters(desk: Desk) -> None:
    """Wait until something has left."""
    eventually(lambda: any((desk.folder / "var").glob("outbox/new/*")))


def soon(seconds: float) -> str:
    """Return a time some seconds away."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def test_a_running_send_is_paused_from_outside(slow: Desk) -> None:
    sender = slow.start("send", "lamp")
    wait_for_letters(slow)
    slow.done("pause", "lamp")
    _, err = sender.communicate(timeout=PATIENCE)
    assert sender.returncode == 1
    assert "paused" in err
    assert "To send the rest" not in err
    left = standing(slow)
    assert left["state"] == "paused"
    assert left["uncertain"] == 0
    assert left["submitted"] == len(slow.messages()) < READERS
    refused = slow.run("send", "lamp")
    assert refused.code == 1
    assert "resume" in refused.err
    assert len(slow.messages()) == left["submitted"]
    slow.done("resume", "lamp")
    slow.set("rate = 2\n", "")
    assert slow.done("send", "lamp", "--json").json["submitted"] == len(slow.messages()) == READERS
    for verb in ("pause", "resume"):
        refused = slow.run(verb, "lamp")
        assert refused.code == 2
        assert f"has ended: there is nothing to {verb}" in refused.err


def test_a_cancelled_mailing_is_cancelled_for_good(slow: Desk) -> None:
    sender = slow.start("send", "lamp")
    wait_for_letters(slow)
    slow.done("cancel", "lamp")
    sender.communicate(timeout=PATIENCE)
    assert sender.returncode == 1
    left = standing(slow)
    assert left["state"] == "cancelled"
    assert left["planned"] == left["uncertain"] == 0
    assert left["excluded"] == {"cancelled": READERS - len(slow.messages())}
    slow.done("subscribers", "add", "late@example.net", "--list", "sample")
    refused = slow.run("send", "lamp")
    assert refused.code == 1
    assert "cancelled" in refused.err
    assert standing(slow)["candidates"] == READERS
    assert slow.run("resume", "lamp").code == 2
    assert slow.done("cancel", "lamp").code == 0


def test_a_scheduled_mailing_leaves_once(slow: Desk) -> None:
    slow.set("rate = 2\n", "")
    told = slow.done("send", "lamp", "--at", soon(3600))
    assert "scheduled" in told.out
    assert "send --due" in told.err
    assert standing(slow)["state"] == "scheduled"
    assert "the next mailing is on" in slow.done("send", "--due").err
    assert "scheduled" in slow.done("send", "lamp").out
    assert not slow.messages()
    slow.done("subscribers", "add", "late@example.net", "--list", "sample")
    slow.let_time_come()
    while standing(slow)["state"] != "finished":
        racers = [slow.start("send", "--due", "--json") for _ in range(3)]
        for racer in racers:
            racer.communicate(timeout=PATIENCE)
            assert racer.returncode in {0, 75}
    assert len(slow.messages()) == READERS + 1
    assert standing(slow)["state"] == "finished"
    slow.done("send", "--due")
    assert len(slow.messages()) == READERS + 1


def test_send_at_holds_until_now_is_said(desk: Desk) -> None:
    desk.write("issues/lamp/index.md", f"---\ntitle: T\nstatus: ready\nsend_at: {soon(3600)}\n---\nIt burns.\n")
    assert desk.done("send", "lamp", "--json").json["state"] == "scheduled"
    assert not desk.messages()
    assert desk.done("send", "lamp", "--at", "now", "--json").json["submitted"] == 25
    assert desk.run("send", "lamp", "--at", soon(60)).code == 2


def test_send_without_an_issue_sends_what_is_due_first(desk: Desk) -> None:
    desk.write("issues/lamp/index.md", "---\ntitle: T\nstatus: draft\n---\nIt burns.\n")
    desk.done("send", "lamp", "--yes", "--at", soon(3600))
    desk.let_time_come()
    newest = desk.done("send", "--json").json
    assert newest["issue"] != "lamp"
    assert len(desk.messages()) == 50
    assert standing(desk)["state"] == "finished"


def test_a_letter_that_is_too_late_waits_for_a_word(desk: Desk) -> None:
    desk.write("issues/lamp/index.md", "---\ntitle: T\nstatus: ready\nsend_before: 2026-01-02\n---\nHappy new year.\n")
    late = desk.run("send", "lamp")
    assert late.code == 1
    assert "2026-01-02" in late.err
    assert not desk.messages()
    assert desk.done("send", "lamp", "--yes", "--json").json["submitted"] == 25
    assert desk.done("send", "lamp").code == 0


def test_a_restored_copy_sends_nothing_twice(desk: Desk) -> None:
    desk.write("issues/lamp/index.md", "---\ntitle: The lamp\nstatus: ready\n---\nIt burns.\n")
    desk.done("lists")
    database = desk.folder / "var" / "newsletter.db"
    shutil.copy(database, desk.folder / "copy.db")
    desk.done("send", "lamp")
    for old in database.parent.glob("newsletter.db*"):
        old.unlink()
    shutil.copy(desk.folder / "copy.db", database)
    refused = desk.run("send", "lamp", "--yes")
    assert refused.code == 1
    assert "older copy" in refused.err
    assert len(desk.messages()) == 25
    desk.done("send", "lamp", "--restored")
    assert len(desk.messages()) == 50
    assert len({message["X-Delivery"] for message in desk.messages()}) == 50  # what readers may answer to is theirs
    assert desk.done("send", "lamp").code == 0


def test_progress_in_a_log_is_plain_lines(slow: Desk) -> None:
    slow.set("rate = 2\n", "rate = 60\n")
    log = slow.done("send", "lamp").err
    assert f"of {READERS}, " in log
    assert "\r" not in log
    assert "\x1b" not in log


@pytest.mark.parametrize(("typed", "code", "letters"), [("120\n", 0, READERS), ("119\n", 1, 0)])
def test_real_mail_wants_the_number_of_recipients_typed(
    slow: Desk, tmp_path: Path, typed: str, code: int, letters: int
) -> None:
    with taking.running(tmp_path / "taken", seconds=0.0) as there:
        relay = f'[delivery.smtp]\nhost = "127.0.0.1"\nport = {there.port}\n'
        slow.set('transport = "outbox"', 'transport = "smtp"')
        slow.set("rate = 2\n", "")
        toml = slow.folder / "newsletter.toml"
        toml.write_text(f"{toml.read_text().replace('lamplighter.example', 'letters-by-mail.net')}\n{relay}")
        ours, theirs = pty.openpty()
        sender = subprocess.Popen(
            [str(COMMAND), "send", "lamp"],
            cwd=slow.folder,
            env=slow.environment(),
            stdin=theirs,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        os.write(ours, typed.encode())
        _, err = sender.communicate(timeout=PATIENCE)
        os.close(ours)
        os.close(theirs)
        assert sender.returncode == code, err
        assert f"({READERS})" in err
        assert len(there.taken()) == letters
