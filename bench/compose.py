"""How long an issue takes from Markdown to a finished edition, warm, against 60 ms (asked of 2,000 words).

    .venv/bin/python bench/compose.py [FOLDER]

FOLDER is a publication; by default the sample that this repository is.
"""

import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path

from newsletter.compose import compose
from newsletter.content import Issue, Slug, read_issues
from newsletter.settings import Settings, read_settings

RUNS = 15
LIMIT_MS = 60.0
LIMIT_WORDS = 2000


def measure(issue: Issue, settings: Settings, list_name: str) -> tuple[float, float, int]:
    """Return median wall ms, median CPU ms and bytes of HTML of composing `issue` warm."""
    wall, cpu, size = [], [], 0
    for _ in range(RUNS + 2):
        started, worked = time.perf_counter(), time.process_time()
        edition = compose(issue, list_name, settings).edition
        wall.append((time.perf_counter() - started) * 1000)
        cpu.append((time.process_time() - worked) * 1000)
        size = sum(len(piece) for piece in edition.html if isinstance(piece, str))
    return statistics.median(wall[2:]), statistics.median(cpu[2:]), size


def main(folder: Path) -> None:
    """Print a line an issue, and the slowest against the limit."""
    settings = read_settings(folder)
    list_name = settings.publication.default_list or next(iter(settings.lists))
    print(f"{'issue':32} {'words':>6} {'wall ms':>8} {'CPU ms':>8} {'HTML kB':>8} {'of the limit':>13}")
    issues = read_issues(settings).issues
    longest = max(issues, key=lambda issue: len(issue.body))
    times = -(-LIMIT_WORDS // len(longest.body.split()))
    for issue in (*issues, replace(longest, slug=Slug("two-thousand-words"), body=longest.body * times)):
        words = len(issue.body.split())
        wall, cpu, size = measure(issue, settings, list_name)
        print(f"{issue.slug!s:32} {words:6} {wall:8.1f} {cpu:8.1f} {size / 1000:8.1f} {wall / LIMIT_MS:12.0%}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1])
