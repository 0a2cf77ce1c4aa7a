"""The commands as an author types them, in a process of their own."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.command_runner import environment, run_command
from tests.integration.replies.conftest import Harbour
from tests.unit.replies.whole import read_raw

pytestmark = pytest.mark.slow

WriteReply = Callable[..., str]
EDITOR = """sh -c 'echo "From my editor." | cat - "$1" > "$1.new" && mv "$1.new" "$1"' --"""
COMMAND = Path(sys.executable).parent / "newsletter"


@pytest.fixture
def run(harbour: Harbour) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `newsletter replies ...` at the harbour."""

    def at_harbour(*arguments: str, code: int = 0, group: str = "replies") -> subprocess.CompletedProcess[str]:
        done = run_command(
            [group, *arguments],
            cwd=harbour.settings.root,
            environment=environment(NEWSLETTER_SECRET_KEY="k" * 40, COLUMNS="80", PATH="/usr/bin:/bin", EDITOR=EDITOR),
        )
        assert done.returncode == code, done
        assert "Traceback" not in done.stderr
        return done

    return at_harbour


def test_from_the_mailbox_to_the_comment(
    harbour: Harbour, answer: WriteReply, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    harbour.deliver(answer("I own two.\x1b[31m"))
    harbour.deliver(answer(headers="Auto-Submitted: auto-replied\n", message_id="<two@x>"), "2.eml")
    assert json.loads(run("fetch", "--json").stdout)["verdicts"] == {"auto-reply": 1, "human": 1}
    (held,) = [line for line in map(json.loads, run("list", "--json").stdout.splitlines()) if line["state"] == "held"]
    assert {"id", "issue", "author", "received", "state"} <= set(held)
    listed = run("list").stdout
    assert held["id"] in listed
    assert max(map(len, listed.splitlines())) <= 80
    shown = run("show", held["id"]).stdout
    assert "cut: quotation" in shown
    assert "\x1b" not in shown + run("show", held["id"], "--raw").stdout
    written = run("approve", held["id"], "--by", "Ed").stdout.split()[1]
    assert "I own two." in (harbour.settings.root / written).read_text()
    assert run("approve", held["id"], "nonsense", code=2).stdout.split()[1] == written
    assert "is published" in run("reject", held["id"], code=2).stderr
    assert "Did you mean 'held'" in run("list", "--state", "hold", code=2).stderr
    assert "known already" in run("fetch").stdout


def test_extract_has_one_line_for_each_file(
    harbour: Harbour, answer: WriteReply, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    root = harbour.settings.root
    (root / "a.eml").write_text(answer())
    (root / "b.html").write_text("<p>Fine.</p><blockquote type=cite>x</blockquote>")
    (root / "c.txt").write_text("Fine too.\n\n> x\n")
    done = run("extract", "--json", "a.eml", "missing.eml", "b.html", "c.txt", code=1)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["text"] for line in lines] == ["I own two.", "", "Fine.", "Fine too."]
    assert [line["file"] for line in lines] == ["a.eml", "missing.eml", "b.html", "c.txt"]


def test_extract_has_a_line_for_a_file_whose_reader_was_ended(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_text("Subject: x\n\nI own two.\n")
    hostile = b"Subject: long\n\n" + b"1/1/1 a@b.cc 10:00:\n" * 13_000
    (tmp_path / "b.eml").write_bytes(hostile)
    begun = time.process_time()
    read_raw(hostile)
    third = (time.process_time() - begun) / 3  # so that it is too long on any machine, and the others are not
    (tmp_path / "c.txt").write_text("Fine too.\n")
    hasty = (
        f"from newsletter.replies.sandbox import sandbox; sandbox.SECONDS = {third};"
        "from newsletter.cli.main import run; run()"
    )
    done = subprocess.run(
        [sys.executable, "-c", hasty, "replies", "extract", "--json", "a.eml", "b.eml", "c.txt"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["file"] for line in lines] == ["a.eml", "b.eml", "c.txt"]
    assert [line["text"] for line in lines] == ["I own two.", "", "Fine too."]
    assert lines[1]["reason"] == "b.eml: it cannot be read within its limits of time and memory"
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_extract_waits_for_no_database() -> None:
    program = (
        "import sys; from newsletter.cli.commands import replies; from newsletter.replies import Sandbox, extract_file;"
        "from pathlib import Path; extract_file(Path(sys.argv[1]), Sandbox(is_forked=True));"
        "assert not {'sqlalchemy', 'pydantic', 'premailer'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program, __file__], check=True, timeout=60)


def test_an_answer_by_command_is_mailed_once(
    harbour: Harbour, answer: WriteReply, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    harbour.deliver(answer("I own two."))
    run("fetch")
    (held,) = map(json.loads, run("list", "--json").stdout.splitlines())
    shown = run("answer", held["id"], "--text", "Three!", "--dry-run").stdout
    assert "In-Reply-To: <one@example.net>" in shown
    assert not list((harbour.settings.var / "outbox").glob("new/*"))
    run("approve", held["id"])
    said = json.loads(run("answer", held["id"][:5], "--text", "Three!", "--json").stdout)
    assert said["to"] == "jo@example.net"
    assert "by_author: true" in (harbour.settings.root / said["file"]).read_text()
    assert "sent as an answer already" in run("answer", held["id"], "--text", "Three!").stderr
    notices = [json.loads(line) for line in run("list", "--json", group="notices").stdout.splitlines()]
    assert [(notice["kind"], notice["status"]) for notice in notices] == [
        ("published", "submitted"),
        ("answer", "submitted"),
    ]
    assert len(list((harbour.settings.var / "outbox").glob("new/*"))) == 2
    assert "empty" in run("answer", held["id"], "--text", "", code=2).stderr


def test_an_answer_may_be_written_in_an_editor(
    harbour: Harbour, answer: WriteReply, run: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    harbour.deliver(answer("I own two."))
    run("fetch")
    (held,) = map(json.loads, run("list", "--json").stdout.splitlines())
    shown = run("answer", held["id"], "--dry-run").stdout
    assert "From my editor." in shown
    assert "Write above this line" not in shown
