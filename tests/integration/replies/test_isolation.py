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
from newsletter.replies.headers import Headers
from newsletter.replies.isolation import Reader, Unreadable
from newsletter.replies.parse import MAX_RAW_BYTES, Mail, read_mail
from tests.integration.replies.conftest import NOW, Harbour

Answer = Callable[..., str]
ORDINARY = b"From: Jo <jo@example.net>\nSubject: Hi\n\nI own two.\n\nOn Monday Ann <a@x.org> wrote:\n> One?\n"
HOSTILE = b"Subject: long\n\n" + b"1/1/1 a@b.cc 10:00:\n" * 13_000
"""What takes the longest of what is known: more than half a second of CPU, for 250 KB."""


@pytest.fixture
def reader() -> Iterator[Reader]:
    with Reader() as found:
        yield found


def _child(reader: Reader) -> int:
    child = reader._child
    assert child is not None
    return child.pid


def test_what_comes_back_is_what_would_be_read_here(reader: Reader) -> None:
    mail = reader.read(ORDINARY)
    assert mail == read_mail(ORDINARY)
    assert reader.extract(mail).text == "I own two."


def test_every_mail_comes_back_with_all_that_it_says(reader: Reader) -> None:
    mails = sorted((Path(__file__).parents[2] / "corpus" / "verdicts").glob("*.eml"))
    assert len(mails) > 100
    for path in mails:
        raw = path.read_bytes()
        assert reader.read(raw) == read_mail(raw), path.name


def test_a_child_serves_many_mails(reader: Reader) -> None:
    reader.read(ORDINARY)
    first = _child(reader)
    for number in range(50):
        assert reader.read(b"X-Number: %d\\n" % number + ORDINARY).headers.get("subject") == "Hi"
    assert _child(reader) == first


@pytest.mark.parametrize("signal", [9, 11])
def test_a_child_that_dies_is_replaced(reader: Reader, signal: int) -> None:
    reader.read(ORDINARY)
    first = _child(reader)
    os.kill(first, signal)
    for _ in range(3):
        mail = reader.read(ORDINARY)
    assert mail.headers.get("subject") == "Hi"
    assert _child(reader) != first


def test_a_new_child_is_told_the_letter_again(reader: Reader) -> None:
    letter = ("The harbour wakes at five and nobody owns an alarm clock.", "")
    mail = reader.read(f"Subject: x\n\nI own two.\n\n{letter[0]}\n".encode())
    assert reader.extract(mail, words=letter).text == "I own two."
    for _ in range(2):
        os.kill(_child(reader), 9)
        time.sleep(0.1)
        assert reader.extract(mail, words=letter).text == "I own two."


def test_a_forked_child_reads_as_another_does() -> None:
    done = _in_a_process(
        """
        from newsletter.replies.isolation.fork import Fork
        with Reader(is_brief=True) as reader:
            for number in range(20):
                mail = reader.read_whole(b"X-Number: %d\\n" % number + ORDINARY)
                print(reader.extract(mail).text, isinstance(reader._child, Fork), reader._child.pid)
        """
    )
    assert len(set(done.splitlines())) == 1
    assert done.startswith("I own two. True")


def test_a_forked_child_that_dies_or_lingers_is_replaced() -> None:
    done = _in_a_process(
        """
        import os
        import time
        from newsletter.replies.isolation import Unreadable
        from newsletter.replies.reading import read_raw
        begun = time.process_time()
        read_raw(HOSTILE)
        third = (time.process_time() - begun) / 3
        with Reader(is_brief=True, seconds=third) as reader:
            for raw in (ORDINARY, HOSTILE, ORDINARY, b"dies", ORDINARY):
                if raw == b"dies":
                    os.kill(reader._child.pid, 9)
                    reader._child.wait()
                    continue
                try:
                    print(reader.extract(reader.read_whole(raw)).text)
                except Unreadable as error:
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
        from newsletter.replies.isolation import Unreadable, child
        import resource
        from pathlib import Path
        used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        child.MEMORY = used + 24 * 1024 * 1024
        with Reader(is_brief=True) as reader:
            try:
                reader.read_whole(b"Subject: x\\n\\n" + b"x" * 10_000_000)
            except Unreadable as error:
                print(error)
            print(reader.extract(reader.read_whole(ORDINARY)).text)
        """
    )
    assert done.splitlines() == ["it cannot be read within its limits of time and memory", "I own two."]


def test_a_process_with_threads_is_not_forked() -> None:
    from newsletter.replies.isolation.fork import can_fork

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
    head = f"from newsletter.replies.isolation import Reader\n{names}"
    code = head + textwrap.dedent(program)
    done = subprocess.run([sys.executable, "-"], input=code, capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


def test_a_child_ends_itself_when_a_mail_takes_too_long() -> None:
    long = b"Subject: long\n\n" + b"On 2020-01-01 10:00 a@b.cc wrote:\n> x\ny\n" * 6_000
    with Reader(seconds=0.005) as hasty:
        begun = time.monotonic()
        with pytest.raises(Unreadable):
            hasty.extract(read_mail(long))
        assert time.monotonic() - begun < 120
        assert hasty._child is None
    with Reader() as patient:
        assert patient.extract(patient.read(ORDINARY)).text == "I own two."


def test_memory_is_bounded(reader: Reader) -> None:
    largest = b"Content-Transfer-Encoding: base64\n\n" + b"QUJD" * (MAX_RAW_BYTES // 4)
    assert reader.read(largest).is_cut
    with Path(f"/proc/{_child(reader)}/limits").open() as limits:
        (line,) = [line for line in limits if line.startswith("Max address space")]
    assert line.split()[3] == str(256 * 1024 * 1024)


def test_a_child_knows_no_secret_of_ours(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEWSLETTER_SECRET_KEY", "k" * 40)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    reader.read(ORDINARY)
    assert "SECRET" not in Path(f"/proc/{_child(reader)}/environ").read_text()


@pytest.mark.parametrize(
    "answer", [b"\xff" * 8, b"\0" * 8, b"\0\0\0\2\0\0\0\0[]", b"\0\0\0\4\0\0\0\0null", b"\0\0\0\2\0\0\0\0{}", b"x"]
)
def test_nonsense_from_a_child_is_no_mail(answer: bytes) -> None:
    program = f"import sys; sys.stdin.buffer.read(9); sys.stdout.buffer.write({answer!r})"
    with Reader(command=(sys.executable, "-c", program)) as deceived:
        assert deceived.read(ORDINARY) == Mail(headers=Headers(()), is_cut=True)
        with pytest.raises(Unreadable):
            deceived.extract(read_mail(ORDINARY))
        assert deceived.verify(ORDINARY, read_mail(b"DKIM-Signature: x\n\n").headers, {}, NOW) == ()


def test_a_mail_that_takes_too_long_is_held_and_stops_no_other(harbour: Harbour, answer: Answer) -> None:
    harbour.deliver(answer("On 2020-01-01 10:00 a@b.cc wrote:\n> x\ny\n" * 6_000, message_id="<1@x>"), "1.eml")
    harbour.deliver(answer("Fine.", message_id="<2@x>"), "2.eml")
    with Reader(seconds=0.04) as hasty:
        first, second = replace(harbour, reader=hasty).fetch().replies
    assert (first.state, first.text, first.slug) == (ReplyState.HELD, "", "ferries")
    assert "too large to be read whole" in first.note
    assert second.text == "Fine."


def test_a_mail_nobody_can_read_is_kept_for_its_moderator(harbour: Harbour, answer: Answer) -> None:
    harbour.deliver(b"\x00" * 100_000, "1.eml")
    harbour.deliver(b"", "2.eml")
    harbour.deliver(answer("Fine."), "3.eml")
    states = [reply.state for reply in harbour.fetch().replies]
    assert len(states) == 3
    assert ReplyState.APPROVED not in states
