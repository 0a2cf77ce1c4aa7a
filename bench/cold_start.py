"""How long each command takes from nothing: a new process each time, everything compiled.

    .venv/bin/python bench/cold_start.py [RUNS]

Milliseconds move with what else the machine does, so each command is also set against `python -c pass` and against
importing the bare libraries that it cannot do without, all in turn within the same minutes.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
RUNS = 10
WORDS = 2000
ANSWER = "From: jo@example.net\nSubject: Re: Lamps\nMessage-ID: <1@example.net>\n\nFine.\n\n> quoted\n"
NEWSLETTER = ("-m", "newsletter")
CASES: dict[str, tuple[str, ...]] = {
    "python -c pass": ("-c", "pass"),
    "import pydantic, typer, rich": ("-c", "import pydantic.type_adapter, typer, rich.console"),
    "import markdown_it, jinja2, lxml, mjml": ("-c", "import markdown_it, jinja2, lxml.html, mjml"),
    "--version": (*NEWSLETTER, "--version"),
    "--help": (*NEWSLETTER, "--help"),
    "new --help": (*NEWSLETTER, "new", "--help"),
    "compose, 2,000 words": (*NEWSLETTER, "compose", "long", "--out", "out"),
    "check": (*NEWSLETTER, "check"),
    "plan": (*NEWSLETTER, "plan", "nothing-to-report"),
    "status": (*NEWSLETTER, "status"),
    "send, nothing to do": (*NEWSLETTER, "send", "nothing-to-report", "--yes"),
    "outbox list": (*NEWSLETTER, "outbox", "list"),
    "replies list": (*NEWSLETTER, "replies", "list"),
    "replies extract FILE --json": (*NEWSLETTER, "replies", "extract", "answer.eml", "--json"),
}


@dataclass(frozen=True, slots=True)
class Took:
    """One run, in milliseconds."""

    wall: float
    cpu: float


def run(arguments: tuple[str, ...], folder: Path) -> Took:
    """Run Python once, as a user does."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run([sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, check=False)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)}: {done.stderr.decode()}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(wall * 1000, cpu * 1000)


def prepare(folder: Path) -> None:
    """Make the sample publication, one issue of it sent, and an issue of 2,000 words."""
    run((*NEWSLETTER, "init", "."), folder)
    issues = folder / "issues"
    longest = max(issues.glob("*/index.md"), key=lambda path: path.stat().st_size).read_text()
    body = longest.split("---\n", 2)[2]
    (issues / "long.md").write_text("---\ntitle: Long\n---\n" + body * -(-WORDS // len(body.split())))
    (folder / "answer.eml").write_text(ANSWER)
    run((*NEWSLETTER, "send", "nothing-to-report", "--yes"), folder)


def main(runs: int) -> None:
    """Print a line a command."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        took: dict[str, list[Took]] = {case: [] for case in CASES}
        for turn in range(runs + 1):
            for case, arguments in CASES.items():
                one = run(arguments, folder)
                if turn:  # the first one compiles
                    took[case].append(one)
    floor = statistics.median(one.cpu for one in took["python -c pass"])
    print(f"{'':40} {'wall ms':>8} {'least':>6} {'CPU ms':>7} {'of pass':>8}   load {os.getloadavg()[0]:.1f}")
    for case, times in took.items():
        wall = [one.wall for one in times]
        cpu = statistics.median(one.cpu for one in times)
        print(f"{case:40} {statistics.median(wall):8.0f} {min(wall):6.0f} {cpu:7.0f} {cpu / floor:8.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else RUNS)
