"""Controlling a mailing: schedule, pause, cancel, `send_before`, and a restored database."""

import os
import pty
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.acceptance import relay_process
from tests.acceptance.publication_folder import COMMAND, TIMEOUT, PublicationFolder
from tests.acceptance.web_server import eventually

pytestmark = pytest.mark.slow

READERS = 120


@pytest.fixture
def slow(publication: PublicationFolder) -> Iterator[PublicationFolder]:
    """A publication that sends two emails a second, so that commands can run meanwhile."""
    rows = "".join(f"reader{number}@readers.example.org,\n" for number in range(READERS))
    publication.write("crowd.csv", f"email,first_name\n{rows}")
    publication.change_settings('source = "subscribers/sample.csv"', 'source = "crowd.csv"')
    publication.change_settings("[delivery]\n", "[delivery]\nrate = 2\n")
    publication.write("issues/lamp/index.md", "---\ntitle: The lamp\nstatus: ready\n---\nIt burns.\n")
    return publication


def mailing_status(publication: PublicationFolder, slug: str = "lamp") -> dict[str, object]:
    """Return the only mailing of an issue as `status` has it."""
    (mailing,) = publication.run_ok("status", slug, "--json").json["mailings"]
    return dict(mailing)


def wait_for_letters(publication: PublicationFolder) -> None:
    """Wait until some messages have been sent."""
    eventually(lambda: any((publication.folder / "var").glob("outbox/new/*")))


def soon(seconds: float) -> str:
    """Return the time in some seconds."""
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def test_another_process_pauses_a_running_send(slow: PublicationFolder) -> None:
    sender = slow.start("send", "lamp")
    wait_for_letters(slow)
    slow.run_ok("pause", "lamp")
    _, err = sender.communicate(timeout=TIMEOUT)
    assert sender.returncode == 1
    assert "paused" in err
    assert "To send the rest" not in err
    left = mailing_status(slow)
    assert left["state"] == "paused"
    assert left["uncertain"] == 0
    assert left["submitted"] == len(slow.messages()) < READERS
    refused = slow.run("send", "lamp")
    assert refused.code == 1
    assert "resume" in refused.err
    assert len(slow.messages()) == left["submitted"]
    slow.run_ok("resume", "lamp")
    slow.change_settings("rate = 2\n", "")
    assert slow.run_ok("send", "lamp", "--json").json["submitted"] == len(slow.messages()) == READERS
    for verb in ("pause", "resume"):
        refused = slow.run(verb, "lamp")
        assert refused.code == 2
        assert f"has ended: there is nothing to {verb}" in refused.err


def test_a_cancelled_mailing_is_never_sent_again(slow: PublicationFolder) -> None:
    sender = slow.start("send", "lamp")
    wait_for_letters(slow)
    slow.run_ok("cancel", "lamp")
    sender.communicate(timeout=TIMEOUT)
    assert sender.returncode == 1
    left = mailing_status(slow)
    assert left["state"] == "cancelled"
    assert left["planned"] == left["uncertain"] == 0
    assert left["excluded"] == {"cancelled": READERS - len(slow.messages())}
    slow.run_ok("subscribers", "add", "late@example.net", "--list", "sample")
    refused = slow.run("send", "lamp")
    assert refused.code == 1
    assert "cancelled" in refused.err
    assert mailing_status(slow)["candidates"] == READERS
    assert slow.run("resume", "lamp").code == 2
    assert slow.run_ok("cancel", "lamp").code == 0


def test_a_scheduled_mailing_is_sent_once(slow: PublicationFolder) -> None:
    slow.change_settings("rate = 2\n", "")
    result = slow.run_ok("send", "lamp", "--at", soon(3600))
    assert "scheduled" in result.out
    assert "send --due" in result.err
    assert mailing_status(slow)["state"] == "scheduled"
    assert "the next mailing is on" in slow.run_ok("send", "--due").err
    assert "scheduled" in slow.run_ok("send", "lamp").out
    assert not slow.messages()
    slow.run_ok("subscribers", "add", "late@example.net", "--list", "sample")
    slow.make_scheduled_due()
    while mailing_status(slow)["state"] != "finished":
        racers = [slow.start("send", "--due", "--json") for _ in range(3)]
        for racer in racers:
            racer.communicate(timeout=TIMEOUT)
            assert racer.returncode in {0, 75}
    assert len(slow.messages()) == READERS + 1
    assert mailing_status(slow)["state"] == "finished"
    slow.run_ok("send", "--due")
    assert len(slow.messages()) == READERS + 1


def test_send_at_is_observed_until_at_now(publication: PublicationFolder) -> None:
    publication.write("issues/lamp/index.md", f"---\ntitle: T\nstatus: ready\nsend_at: {soon(3600)}\n---\nIt burns.\n")
    assert publication.run_ok("send", "lamp", "--json").json["state"] == "scheduled"
    assert not publication.messages()
    assert publication.run_ok("send", "lamp", "--at", "now", "--json").json["submitted"] == 25
    assert publication.run("send", "lamp", "--at", soon(60)).code == 2


def test_send_without_an_issue_sends_due_mailings_first(publication: PublicationFolder) -> None:
    publication.write("issues/lamp/index.md", "---\ntitle: T\nstatus: draft\n---\nIt burns.\n")
    publication.run_ok("send", "lamp", "--yes", "--at", soon(3600))
    publication.make_scheduled_due()
    newest = publication.run_ok("send", "--json").json
    assert newest["issue"] != "lamp"
    assert len(publication.messages()) == 50
    assert mailing_status(publication)["state"] == "finished"


def test_an_issue_past_its_send_before_waits_for_a_decision(publication: PublicationFolder) -> None:
    publication.write(
        "issues/lamp/index.md", "---\ntitle: T\nstatus: ready\nsend_before: 2026-01-02\n---\nHappy new year.\n"
    )
    late = publication.run("send", "lamp")
    assert late.code == 1
    assert "2026-01-02" in late.err
    assert not publication.messages()
    assert publication.run_ok("send", "lamp", "--yes", "--json").json["submitted"] == 25
    assert publication.run_ok("send", "lamp").code == 0


def test_a_restored_copy_sends_nothing_twice(publication: PublicationFolder) -> None:
    publication.write("issues/lamp/index.md", "---\ntitle: The lamp\nstatus: ready\n---\nIt burns.\n")
    publication.run_ok("lists")
    database = publication.folder / "var" / "newsletter.db"
    shutil.copy(database, publication.folder / "copy.db")
    publication.run_ok("send", "lamp")
    for old in database.parent.glob("newsletter.db*"):
        old.unlink()
    shutil.copy(publication.folder / "copy.db", database)
    refused = publication.run("send", "lamp", "--yes")
    assert refused.code == 1
    assert "older copy" in refused.err
    assert len(publication.messages()) == 25
    publication.run_ok("send", "lamp", "--restored")
    assert len(publication.messages()) == 50
    assert (
        len({message["X-Delivery"] for message in publication.messages()}) == 50
    )  # what readers may answer to is theirs
    assert publication.run_ok("send", "lamp").code == 0


def test_progress_without_a_terminal_is_plain_lines(slow: PublicationFolder) -> None:
    slow.change_settings("rate = 2\n", "rate = 60\n")
    log = slow.run_ok("send", "lamp").err
    assert f"of {READERS}, " in log
    assert "\r" not in log
    assert "\x1b" not in log


@pytest.mark.parametrize(("typed", "code", "letters"), [("120\n", 0, READERS), ("119\n", 1, 0)])
def test_real_sending_requires_typing_the_number_of_recipients(
    slow: PublicationFolder, tmp_path: Path, typed: str, code: int, letters: int
) -> None:
    with relay_process.running(tmp_path / "taken", seconds=0.0) as server:
        relay = f'[delivery.smtp]\nhost = "127.0.0.1"\nport = {server.port}\n'
        slow.change_settings('transport = "outbox"', 'transport = "smtp"')
        slow.change_settings("rate = 2\n", "")
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
        _, err = sender.communicate(timeout=TIMEOUT)
        os.close(ours)
        os.close(theirs)
        assert sender.returncode == code, err
        assert f"({READERS})" in err
        assert len(server.accepted()) == letters
