"""A hostile mail takes its own reader along, and nothing else."""

import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.replies import ReplyState
from newsletter.replies.extract import SentText
from newsletter.replies.parsing.headers import Headers
from newsletter.replies.parsing.message import MAX_RAW_BYTES, ParsedMessage, parse_message
from newsletter.replies.sandbox import Sandbox, UnreadableMessage
from tests.integration.replies.conftest import NOW, Harbour

WriteReply = Callable[..., str]
ORDINARY = b"From: Jo <jo@example.net>\nSubject: Hi\n\nI own two.\n\nOn Monday Ann <a@x.org> wrote:\n> One?\n"
HOSTILE = b"Subject: long\n\n" + b"1/1/1 a@b.cc 10:00:\n" * 13_000
"""What takes the longest of what is known: more than half a second of CPU, for 250 KB."""


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as found:
        yield found


def _child(sandbox: Sandbox) -> int:
    child = sandbox._child
    assert child is not None
    return child.pid


def test_what_comes_back_is_what_would_be_read_here(sandbox: Sandbox) -> None:
    mail = sandbox.parse(ORDINARY)
    assert mail == parse_message(ORDINARY)
    assert sandbox.extract(mail).text == "I own two."


def test_every_mail_comes_back_with_all_that_it_says(sandbox: Sandbox) -> None:
    mails = sorted((Path(__file__).parents[2] / "corpus" / "verdicts").glob("*.eml"))
    assert len(mails) > 100
    for path in mails:
        raw = path.read_bytes()
        assert sandbox.parse(raw) == parse_message(raw), path.name


def test_a_child_serves_many_mails(sandbox: Sandbox) -> None:
    sandbox.parse(ORDINARY)
    first = _child(sandbox)
    for number in range(50):
        assert sandbox.parse(b"X-Number: %d\\n" % number + ORDINARY).headers.get("subject") == "Hi"
    assert _child(sandbox) == first


@pytest.mark.parametrize("signal", [9, 11])
def test_a_child_that_dies_is_replaced(sandbox: Sandbox, signal: int) -> None:
    sandbox.parse(ORDINARY)
    first = _child(sandbox)
    os.kill(first, signal)
    for _ in range(3):
        mail = sandbox.parse(ORDINARY)
    assert mail.headers.get("subject") == "Hi"
    assert _child(sandbox) != first


def test_a_new_child_is_told_the_letter_again(sandbox: Sandbox) -> None:
    letter = ("The harbour wakes at five and nobody owns an alarm clock.", "")
    mail = sandbox.parse(f"Subject: x\n\nI own two.\n\n{letter[0]}\n".encode())
    assert sandbox.extract(mail, SentText(issue=letter)).text == "I own two."
    for _ in range(2):
        os.kill(_child(sandbox), 9)
        time.sleep(0.1)
        assert sandbox.extract(mail, SentText(issue=letter)).text == "I own two."


def test_a_forked_child_reads_as_another_does() -> None:
    done = _in_a_process(
        """
        from newsletter.replies.sandbox.fork import Fork
        with Sandbox(is_forked=True) as sandbox:
            for number in range(20):
                mail = sandbox.parse_whole(b"X-Number: %d\\n" % number + ORDINARY)
                print(sandbox.extract(mail).text, isinstance(sandbox._child, Fork), sandbox._child.pid)
        """
    )
    assert len(set(done.splitlines())) == 1
    assert done.startswith("I own two. True")


def test_a_forked_child_that_dies_or_lingers_is_replaced() -> None:
    done = _in_a_process(
        """
        import os
        import time
        from newsletter.replies.sandbox import UnreadableMessage
        from tests.unit.replies.whole import read_raw
        begun = time.process_time()
        read_raw(HOSTILE)
        third = (time.process_time() - begun) / 3
        with Sandbox(is_forked=True, seconds=third) as sandbox:
            for raw in (ORDINARY, HOSTILE, ORDINARY, b"dies", ORDINARY):
                if raw == b"dies":
                    os.kill(sandbox._child.pid, 9)
                    sandbox._child.wait()
                    continue
                try:
                    print(sandbox.extract(sandbox.parse_whole(raw)).text)
                except UnreadableMessage as error:
                    print(error)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            print("none is left")
        """
    )
    assert done.splitlines() == [
        "I own two.",
        "it cannot be read within its limits of time and memory",
        *["I own two."] * 2,
        "none is left",
    ]


def test_a_forked_child_that_takes_too_much_memory_is_unreadable() -> None:
    done = _in_a_process(
        """
        from newsletter.replies.sandbox import UnreadableMessage, child
        import resource
        from pathlib import Path
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        child.MEMORY = used + 24 * 1024 * 1024
        with Sandbox(is_forked=True) as sandbox:
            try:
                sandbox.parse_whole(b"Subject: x\\n\\n" + b"x" * 10_000_000)
            except UnreadableMessage as error:
                print(error)
            print(sandbox.extract(sandbox.parse_whole(ORDINARY)).text)
        """
    )
    assert done.splitlines() == ["it cannot be read within its limits of time and memory", "I own two."]


def test_a_process_with_threads_is_not_forked() -> None:
    from newsletter.replies.sandbox.fork import can_fork

    end = threading.Event()
    other = threading.Thread(target=end.wait)
    other.start()
    try:
        assert not can_fork()
    finally:
        end.set()
        other.join()


def _in_a_process(program: str) -> str:
    """Run a program in a process of its own, without threads, and return what it prints."""
    names = f"ORDINARY = {ORDINARY!r}\nHOSTILE = {HOSTILE!r}\n"
    head = f"from newsletter.replies.sandbox import Sandbox\n{names}"
    code = head + textwrap.dedent(program)
    done = subprocess.run([sys.executable, "-"], input=code, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


def test_a_child_ends_itself_when_a_mail_takes_too_long() -> None:
    long = b"Subject: long\n\n" + b"On 2020-01-01 10:00 a@b.cc wrote:\n> x\ny\n" * 6_000
    with Sandbox(seconds=0.005) as hasty:
        begun = time.monotonic()
        with pytest.raises(UnreadableMessage):
            hasty.extract(parse_message(long))
        assert time.monotonic() - begun < 120
        assert hasty._child is None
    with Sandbox() as patient:
        assert patient.extract(patient.parse(ORDINARY)).text == "I own two."


def test_memory_is_bounded(sandbox: Sandbox) -> None:
    largest = b"Content-Transfer-Encoding: base64\n\n" + b"QUJD" * (MAX_RAW_BYTES // 4)
    assert sandbox.parse(largest).is_cut
    with Path(f"/proc/{_child(sandbox)}/limits").open() as limits:
        (line,) = [line for line in limits if line.startswith("Max address space")]
    assert line.split()[3] == str(256 * 1024 * 1024)


def test_a_child_knows_no_secret_of_ours(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLETTER_SECRET_KEY", "k" * 40)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    sandbox.parse(ORDINARY)
    assert "SECRET" not in Path(f"/proc/{_child(sandbox)}/environ").read_text()


@pytest.mark.parametrize(
    "answer", [b"\xff" * 8, b"\0" * 8, b"\0\0\0\2\0\0\0\0[]", b"\0\0\0\4\0\0\0\0null", b"\0\0\0\2\0\0\0\0{}", b"x"]
)
def test_nonsense_from_a_child_is_no_mail(answer: bytes) -> None:
    program = f"import sys; sys.stdin.buffer.read(9); sys.stdout.buffer.write({answer!r})"
    with Sandbox(command=(sys.executable, "-c", program)) as deceived:
        assert deceived.parse(ORDINARY) == ParsedMessage(headers=Headers(()), is_cut=True)
        with pytest.raises(UnreadableMessage):
            deceived.extract(parse_message(ORDINARY))
        assert deceived.verify(ORDINARY, parse_message(b"DKIM-Signature: x\n\n").headers, {}, NOW) == ()


def test_a_mail_that_takes_too_long_is_held_and_stops_no_other(harbour: Harbour, answer: WriteReply) -> None:
    harbour.deliver(answer("On 2020-01-01 10:00 a@b.cc wrote:\n> x\ny\n" * 6_000, message_id="<1@x>"), "1.eml")
    harbour.deliver(answer("Fine.", message_id="<2@x>"), "2.eml")
    with Sandbox(seconds=0.04) as hasty:
        first, second = replace(harbour, sandbox=hasty).fetch().replies
    assert (first.state, first.text, first.slug) == (ReplyState.HELD, "", "ferries")
    assert "too large to be read whole" in first.note
    assert second.text == "Fine."


def test_a_mail_nobody_can_read_is_kept_for_its_moderator(harbour: Harbour, answer: WriteReply) -> None:
    harbour.deliver(b"\x00" * 100_000, "1.eml")
    harbour.deliver(b"", "2.eml")
    harbour.deliver(answer("Fine."), "3.eml")
    states = [reply.state for reply in harbour.fetch().replies]
    assert len(states) == 3
    assert ReplyState.APPROVED not in states
