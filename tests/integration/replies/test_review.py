"""The queue at a real terminal: one key, one decision; and a comment's own commit."""

import os
import pty
import select
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from newsletter.content import commit_files
from newsletter.errors import NewsletterError, TemporaryError
from newsletter.replies import Reply, ReplyState, approve, list_replies
from tests.integration.replies.conftest import NOW, Harbour

Mail = Callable[..., str]
COMMAND = Path(sys.executable).parent / "newsletter"


class Terminal:
    """A command at a terminal of its own, fed one key after another."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.door, inside = pty.openpty()
        environment = {"NEWSLETTER_SECRET_KEY": "k" * 40, "COLUMNS": "80", "PATH": "/usr/bin:/bin", "TERM": "dumb"}
        self.process = subprocess.Popen(
            [str(COMMAND), *arguments], cwd=folder, env=environment, stdin=inside, stdout=inside, stderr=inside
        )
        os.close(inside)
        self.seen = ""

    def until(self, words: str, seconds: float = 600) -> str:
        """Return what is shown from the last words on up to and with these."""
        end = time.monotonic() + seconds
        while words not in self.seen:
            assert time.monotonic() < end, self.seen
            ready, _, _ = select.select([self.door], [], [], 0.5)
            if ready:
                self.seen += os.read(self.door, 65536).decode("utf-8", "replace").replace("\r\n", "\n")
        shown, _, self.seen = self.seen.partition(words)
        return shown + words

    def press(self, key: str) -> None:
        """Press a key once the program waits for one: what is typed before is thrown away."""
        end = time.monotonic() + 600
        while termios.tcgetattr(self.door)[3] & termios.ICANON:
            assert time.monotonic() < end, self.seen
            time.sleep(0.02)
        os.write(self.door, key.encode())

    def type(self, words: str) -> None:
        os.write(self.door, words.encode())

    def end(self) -> int:
        try:
            return self.process.wait(30)
        finally:
            self.process.kill()
            self.process.wait()
            os.close(self.door)


@pytest.fixture
def queue(harbour: Harbour, answer: Mail) -> Harbour:
    for number in range(4):
        harbour.deliver(answer(f"Clock {number}.", message_id=f"<{number}@x>"), f"{number}.eml")
    harbour.fetch()
    return harbour


def test_one_key_is_one_decision(queue: Harbour) -> None:
    desk = Terminal(queue.settings.root, "replies", "review", "--by", "Ed")
    first = desk.until("[q] stop")
    assert "1 of 4" in first
    assert "cut: quotation" in first
    assert "their first answer" in first
    desk.press("v")
    assert "Delivered-To:" in desk.until("[q] stop")
    desk.press("x")
    desk.until("[q] stop")
    desk.press("a")
    desk.until("2 of 4")
    desk.until("[q] stop")
    desk.press("r")
    desk.until("Why")
    desk.type("off topic\n")
    desk.until("3 of 4")
    desk.until("[q] stop")
    desk.press("s")
    desk.until("4 of 4")
    desk.until("[q] stop")
    desk.press("q")
    desk.until("2 decided, 2 waiting.")
    assert desk.end() == 0
    found = list_replies(queue.database)
    assert sorted(str(reply.state) for reply in found) == ["approved", "held", "held", "rejected"]
    (rejected,) = (reply for reply in found if reply.state is ReplyState.REJECTED)
    assert (rejected.decided_by, rejected.decided_reason) == ("Ed", "off topic")


def test_without_a_terminal_it_says_what_to_do(queue: Harbour) -> None:
    done = subprocess.run(
        [str(COMMAND), "replies", "review"],
        cwd=queue.settings.root,
        env={"NEWSLETTER_SECRET_KEY": "k" * 40, "PATH": "/usr/bin:/bin"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "needs a terminal" in done.stderr


# --- git -----------------------------------------------------------------------------


def git(folder: Path, *arguments: str, code: int = 0) -> str:
    who = {
        "GIT_AUTHOR_NAME": "A",
        "GIT_AUTHOR_EMAIL": "a@x",
        "GIT_COMMITTER_NAME": "A",
        "GIT_COMMITTER_EMAIL": "a@x",
    }
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        env={**os.environ, **who},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done
    return done.stdout


@pytest.fixture
def repository(harbour: Harbour, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    root = harbour.settings.root
    git(root, "init", "-q")
    git(root, "config", "user.email", "ines@example.org")
    git(root, "config", "user.name", "Ines")
    git(root, "add", "issues")
    git(root, "commit", "-qm", "first")
    return root


@pytest.fixture
def held(harbour: Harbour, answer: Mail) -> Reply:
    harbour.deliver(answer())
    return harbour.fetch().replies[0]


def test_only_the_comment_is_committed(harbour: Harbour, held: Reply, repository: Path) -> None:
    issue = repository / "issues" / "ferries" / "index.md"
    issue.write_text(issue.read_text() + "\nMore.\n")
    (repository / "notes.txt").write_text("mine")
    git(repository, "add", "notes.txt")
    path = approve(harbour.database, harbour.settings, held.id, now=NOW)
    assert commit_files(repository, [path], "a comment")
    assert commit_files(repository, [path], "again") == ""
    shown = git(repository, "show", "--name-only", "--format=%s", "HEAD").split()
    assert shown == ["a", "comment", str(path.relative_to(repository))]
    assert git(repository, "diff", "--cached", "--name-only") == "notes.txt\n"
    assert "More." in git(repository, "diff")


def test_a_tombstone_is_a_commit_too(harbour: Harbour, held: Reply, repository: Path) -> None:
    from newsletter.replies import withdraw_reply

    path = approve(harbour.database, harbour.settings, held.id, now=NOW)
    commit_files(repository, [path], "a comment")
    assert withdraw_reply(harbour.database, harbour.settings, held.id, now=NOW) == path
    assert commit_files(repository, [path], "withdrawn")
    assert "I own two." not in git(repository, "show", f"HEAD:{path.relative_to(repository)}")


def test_no_repository_a_merge_and_another_git_are_told_in_one_line(
    harbour: Harbour, held: Reply, repository: Path
) -> None:
    path = approve(harbour.database, harbour.settings, held.id, now=NOW)
    (repository / ".git" / "index.lock").touch()
    with pytest.raises(TemporaryError, match="another git process holds the index"):
        commit_files(repository, [path], "a comment")
    (repository / ".git" / "index.lock").unlink()
    git(repository, "checkout", "-qb", "other")
    (repository / "issues" / "ferries" / "index.md").write_text("theirs")
    git(repository, "commit", "-qam", "theirs")
    git(repository, "checkout", "-q", "-")
    (repository / "issues" / "ferries" / "index.md").write_text("ours")
    git(repository, "commit", "-qam", "ours")
    git(repository, "merge", "other", code=1)
    with pytest.raises(NewsletterError, match="merge") as told:
        commit_files(repository, [path], "a comment")
    assert "\n" not in str(told.value)
    assert path.exists()


def test_outside_a_repository_it_says_so(harbour: Harbour, held: Reply) -> None:
    path = approve(harbour.database, harbour.settings, held.id, now=NOW)
    with pytest.raises(NewsletterError, match="not in a Git repository"):
        commit_files(harbour.settings.root, [path], "a comment")


def test_of_a_long_reply_the_queue_shows_the_beginning_and_the_rest_when_asked(harbour: Harbour, answer: Mail) -> None:
    harbour.deliver(answer("".join(f"Clock number {number} of the harbour.\n\n" for number in range(400))))
    harbour.fetch()
    desk = Terminal(harbour.settings.root, "replies", "review")
    first = desk.until("[q] stop")
    assert "Clock number 1 of" in first
    assert "Clock number 399 of" not in first
    assert "words more: [l]" in first
    desk.press("l")
    assert "Clock number 399 of" in desk.until("[q] stop")
    desk.press("q")
    assert desk.end() == 0


def test_what_a_value_does_not_fit_on_stands_below_its_beginning(harbour: Harbour, answer: Mail) -> None:
    sender = "Maximiliane Theophanu of the Long Northern Shore and its Islands <jo@example.net>"
    harbour.deliver(answer(sender=sender))
    harbour.fetch()
    desk = Terminal(harbour.settings.root, "replies", "review")
    lines = desk.until("[q] stop").splitlines()
    desk.press("q")
    assert desk.end() == 0
    below = lines.index(next(line for line in lines if line.startswith("  author"))) + 1
    assert lines[below].rstrip() == " " * 12 + "<jo@example.net>"
    assert all(len(line.rstrip()) <= 80 for line in lines)
